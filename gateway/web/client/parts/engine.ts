/** Calls to the engine that served the page. The browser sends the session's cookie by itself; changes carry the session's own word. */
import { Problem, readProblem } from './problem.ts';

export type Verb = 'GET' | 'POST' | 'DELETE';

/** What proves, beside the cookie, that a change is asked for by a page of ours. */
const PROOF_HEADER = 'x-mw-session';

let proof = '';

/** The word of the session that is now signed in; empty for none. */
export function setProof(value: string): void {
  proof = value;
}

/**
 * One call, and the answer's JSON.
 * @throws Problem when the engine refuses; TypeError when it cannot be reached
 */
export async function call<T>(method: Verb, path: string, body?: unknown): Promise<T> {
  const answer = await fetch(path, {
    method,
    credentials: 'same-origin',
    cache: 'no-store',
    redirect: 'error',
    headers: {
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(method === 'GET' || proof === '' ? {} : { [PROOF_HEADER]: proof }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const said: unknown = await answer.json().catch(() => undefined);
  if (!answer.ok) throw readProblem(answer.status, said, answer.headers.get('retry-after'));
  return said as T;
}

/** The cookie is that of a later session: somebody signed in anew in another window. */
export function isOvertaken(error: unknown): boolean {
  return error instanceof Problem && error.code === 'foreign_request';
}

/** The session has ended, or there was none. */
export function isSignedOut(error: unknown): boolean {
  return error instanceof Problem && error.status === 401;
}
