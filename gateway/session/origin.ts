/**
 * From where a request with a cookie may come. A cookie is sent by every page of this machine's name, whatever its port, so it alone
 * proves nothing about who asks: the origin must be exactly ours.
 */

/** What a browser and its page say about a request. */
export interface Provenance {
  readonly origin: string;
  readonly fetchSite: string;
  readonly contentType: string;
  /** `x-mw-session`. */
  readonly sessionKey: string;
  readonly host: string;
}

/** Whether `Origin` names the very place that was called: sessions exist over HTTPS only. `host` was found to be one of our names. */
export function isOwnOrigin(origin: string, host: string): boolean {
  return host !== '' && origin.toLowerCase() === `https://${host.toLowerCase().replace(/:443$/, '')}`;
}

/** Why a request that only reads must not count its cookie, or undefined. Without the header it is no browser, or an old one. */
export function foreignRead({ fetchSite, origin, host }: Provenance): string | undefined {
  if (fetchSite !== '' && fetchSite !== 'same-origin' && fetchSite !== 'none') return 'Sec-Fetch-Site: must be same-origin';
  return origin === '' || isOwnOrigin(origin, host) ? undefined : 'Origin: must be this service';
}

const JSON_TYPE = /^application\/json\s*(?:;.*)?$/i;

/** Why a request that changes something must not be done by its cookie, or undefined. */
export function foreignChange(from: Provenance, hasBody: boolean, expectedKey: string): string | undefined {
  if (!isOwnOrigin(from.origin, from.host)) return 'Origin: must be this service';
  if (from.fetchSite !== 'same-origin') return 'Sec-Fetch-Site: must be same-origin';
  if ((hasBody || from.contentType !== '') && !JSON_TYPE.test(from.contentType)) return 'Content-Type: must be application/json';
  return from.sessionKey === expectedKey ? undefined : 'X-MW-Session: must be the key that GET /ops/v1/session gives';
}

/** Why a sign-in must not be done: before it there is no session, so only the page that asks is looked at. */
export function foreignSignIn({ origin, host, fetchSite, contentType }: Provenance): string | undefined {
  if (origin !== '' && !isOwnOrigin(origin, host)) return 'Origin: must be this service';
  if (fetchSite !== '' && fetchSite !== 'same-origin') return 'Sec-Fetch-Site: must be same-origin';
  return JSON_TYPE.test(contentType) ? undefined : 'Content-Type: must be application/json';
}
