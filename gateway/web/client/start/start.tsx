import { render } from 'preact';
import { Shell } from '../parts/shell.tsx';

const PLACES = [
  { href: '/extras/mts-api', name: 'Extras – MTS API', text: 'Tokens for the MTS Actions API, and keys for the API of suppliers' },
  { href: '/docs', name: 'Documentation', text: 'Both contracts to read and to try: HTTP calls, events, live sockets' },
  { href: '/health/ready', name: 'Health', text: 'Whether the engine and what it leans on are well, as JSON' },
] as const;

function Start() {
  return (
    <Shell>
      <h1>Meterwright</h1>
      <p class="lead">An actor engine for electricity metering services in Great Britain. This one is running.</p>
      <ul class="places">
        {PLACES.map(({ href, name, text }) => (
          <li key={href}>
            <a href={href}>
              <strong>{name}</strong>
              <span class="muted">{text}</span>
            </a>
          </li>
        ))}
      </ul>
    </Shell>
  );
}

// Signing in is a matter of the other page.
if (/[#&]link=/.test(location.hash)) location.replace(`/extras/mts-api${location.hash}`);

const app = document.getElementById('app');
if (app) render(<Start />, app);
