/** The cookie of a session: never readable by a page's code, never sent without TLS, never sent along from another site. */
import type { Headers } from '../http/index.ts';

export const SESSION_COOKIE = '__Secure-mw-session';

/** Where it is sent to; nothing else of ours takes it. */
const PATHS = ['/ops', '/live'] as const;

const FORM = /^[A-Za-z0-9_-]{43}$/;
const MOST_CHARS = 8_192;

/** The session's secret in a `Cookie` header; undefined when there is none, or several that differ (somebody planted one). */
export function sessionSecret(header: string): string | undefined {
  if (header.length > MOST_CHARS || !header.includes(SESSION_COOKIE)) return undefined;
  let found: string | undefined;
  for (const pair of header.split(';')) {
    const at = pair.indexOf('=');
    if (at < 0 || pair.slice(0, at).trim() !== SESSION_COOKIE) continue;
    const value = pair.slice(at + 1).trim();
    if (found !== undefined && found !== value) return undefined;
    found = value;
  }
  return found !== undefined && FORM.test(found) ? found : undefined;
}

/** Headers that set it, one for each path. @param maxAgeMs how long the session lasts at most */
export function setSession(secret: string, maxAgeMs: number): Headers {
  return PATHS.map((path) => ['set-cookie', cookie(secret, path, Math.max(0, Math.floor(maxAgeMs / 1_000)))]);
}

/** Headers that take it away. */
export function clearSession(): Headers {
  return PATHS.map((path) => ['set-cookie', cookie('', path, 0)]);
}

function cookie(value: string, path: string, seconds: number): string {
  return `${SESSION_COOKIE}=${value}; Path=${path}; Max-Age=${seconds}; HttpOnly; Secure; SameSite=Strict`;
}
