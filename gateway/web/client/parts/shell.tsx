import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { Button } from './button.tsx';
import { textOf } from './problem.ts';
import type { Session, Who } from './session.ts';
import { ThemeSwitch } from './theme-switch.tsx';

const PLACES = [
  { path: '/extras/mts-api', name: 'MTS API' },
  { path: '/docs', name: 'Docs' },
] as const;

/** The frame of a page: the bar with the ways to the others, who is signed in, the theme; then what the page is about. */
export function Shell({ session, children }: { readonly session?: Session; readonly children: ComponentChildren }) {
  const { state } = session ?? {};
  return (
    <>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <header class="bar">
        <div class="bar-inner">
          <a class="brand" href="/">
            <Mark />
            Meterwright
          </a>
          <nav class="nav" aria-label="Pages">
            {PLACES.map(({ path, name }) => (
              <a key={path} href={path} aria-current={location.pathname === path ? 'page' : undefined}>
                {name}
              </a>
            ))}
          </nav>
          <div class="bar-end">
            {session && state?.kind === 'in' && <Account session={session} who={state.who} />}
            <ThemeSwitch />
          </div>
        </div>
      </header>
      <main class="main" id="main" tabIndex={-1}>
        {children}
      </main>
    </>
  );
}

/** Who is signed in, and the way out. */
function Account({ session, who }: { readonly session: Session; readonly who: Who }) {
  const [trouble, setTrouble] = useState<string>();
  const leave = (): void => {
    setTrouble(undefined);
    session.signOut().catch((error: unknown) => setTrouble(`Not logged out. ${textOf(error)}`));
  };
  return (
    <div class="who">
      <span>
        <span class="visually-hidden">Signed in as </span>
        <strong>{who.operator}</strong> <span class="muted">{who.role}</span>
      </span>
      <Button kind="quiet" onClick={leave}>
        Log out
      </Button>
      <span role="alert">{trouble}</span>
    </div>
  );
}

/** A dial and its hand. */
function Mark() {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="7" fill="#0c5f52" />
      <path d="M6.5 20.5a9.5 9.5 0 0 1 19 0" fill="none" stroke="#fff" stroke-width="2.6" stroke-linecap="round" />
      <path d="M16 20.5 21 13" stroke="#ffd479" stroke-width="2.6" stroke-linecap="round" />
      <circle cx="16" cy="20.5" r="2.3" fill="#fff" />
    </svg>
  );
}
