import { render } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { type Session, useSession, type Who } from '../parts/session.ts';
import { Shell } from '../parts/shell.tsx';
import { SignIn } from '../parts/sign-in.tsx';
import { Keys } from './keys.tsx';
import { Tokens } from './tokens.tsx';

/** *Extras – MTS API*: tokens for programs, keys for suppliers. */
function MtsApi() {
  const session = useSession();
  const { state } = session;
  return (
    <Shell session={session}>
      {state.kind === 'asking' && <p class="muted">Loading…</p>}
      {state.kind === 'out' && <SignIn notice={state.notice} onSignIn={session.signIn} />}
      {state.kind === 'in' && <Credentials session={session} who={state.who} />}
    </Shell>
  );
}

function Credentials({ session, who }: { readonly session: Session; readonly who: Who }) {
  const heading = useRef<HTMLHeadingElement>(null);
  // Whoever has just signed in by keyboard stands nowhere: the form is gone.
  useEffect(() => {
    if (document.activeElement === null || document.activeElement === document.body) heading.current?.focus({ preventScroll: true });
  }, []);
  const mayChange = who.role === 'operator';
  return (
    <>
      <h1 ref={heading} tabIndex={-1}>
        Extras – MTS API
      </h1>
      <p class="lead">
        Who may have the clocks of meters set, and who may appoint. A secret is shown once, when it is made; here it can be deleted at any time.
      </p>
      {!mayChange && <p class="note">Your role is viewer: you may look at everything here and change nothing.</p>}
      <Tokens session={session} mayChange={mayChange} />
      <Keys session={session} mayChange={mayChange} />
    </>
  );
}

const app = document.getElementById('app');
if (app) render(<MtsApi />, app);
