/** Who is signed in at this browser, and how that begins and ends. */
import { useCallback, useEffect, useState } from 'preact/hooks';
import { call, isOvertaken, isSignedOut, setProof } from './engine.ts';
import { takeLink } from './link.ts';
import { textOf } from './problem.ts';

const PATH = '/ops/v1/session';

/** What `GET` and `POST /ops/v1/session` answer, as far as it is used. */
export interface Who {
  readonly operator: string;
  readonly role: 'viewer' | 'operator';
  /** For the header of changes. */
  readonly key: string;
}

export type SessionState =
  | { readonly kind: 'asking' }
  /** `notice`: why nobody is signed in, where there is something to say. */
  | { readonly kind: 'out'; readonly notice?: string }
  | { readonly kind: 'in'; readonly who: Who };

export interface Session {
  readonly state: SessionState;
  /** @throws Problem when name or password is wrong */
  signIn(name: string, password: string): Promise<void>;
  signOut(): Promise<void>;
  /** Call with whatever a call threw: an ended session leads back to the sign-in, a later one is taken over. True when nothing is left to show. */
  ended(error: unknown): boolean;
}

const ENDED = 'You have been signed out.';
const USED_UP = 'This sign-in link is not good any more: it works once, and for ten minutes.';

export function useSession(): Session {
  const [state, setState] = useState<SessionState>({ kind: 'asking' });

  const leave = useCallback((notice?: string): void => {
    setProof('');
    setState(notice === undefined ? { kind: 'out' } : { kind: 'out', notice });
  }, []);

  const enter = useCallback((who: Who): void => {
    setProof(who.key);
    setState({ kind: 'in', who });
  }, []);

  const signInByLink = useCallback(
    async (link: string): Promise<void> => {
      try {
        enter(await call<Who>('POST', PATH, { link }));
      } catch (error) {
        leave(isSignedOut(error) ? USED_UP : textOf(error));
      }
    },
    [enter, leave],
  );

  useEffect(() => {
    const begin = async (): Promise<void> => {
      const link = takeLink();
      if (link !== undefined) return signInByLink(link);
      try {
        enter(await call<Who>('GET', PATH));
      } catch (error) {
        leave(isSignedOut(error) ? undefined : textOf(error));
      }
    };
    // A link that is pasted into the address bar of an open page loads nothing.
    const onLink = (): void => {
      const link = takeLink();
      if (link !== undefined) void signInByLink(link);
    };
    void begin();
    addEventListener('hashchange', onLink);
    return () => removeEventListener('hashchange', onLink);
  }, [enter, leave, signInByLink]);

  const signIn = useCallback(
    async (name: string, password: string): Promise<void> => {
      enter(await call<Who>('POST', PATH, { name, password }));
    },
    [enter],
  );

  const signOut = useCallback(async (): Promise<void> => {
    try {
      await call('DELETE', PATH);
      leave();
    } catch (error) {
      if (!isSignedOut(error)) throw error;
      leave();
    }
  }, [leave]);

  const ended = useCallback(
    (error: unknown): boolean => {
      if (isOvertaken(error)) {
        // What was asked for is not done by somebody else's leave: who it is now is shown first.
        call<Who>('GET', PATH).then(enter, () => {});
      }
      if (!isSignedOut(error)) return false;
      leave(ENDED);
      return true;
    },
    [enter, leave],
  );

  return { state, signIn, signOut, ended };
}
