/** Where a webhook may go: what is written of it, and which resolved addresses may be connected to. */

import { RefusedError } from '../errors/error.ts';
import { canonicalIp, createNetworkRules, type OwnPlace } from '../link/index.ts';

/** May this resolved address be connected to? */
export type AddressCheck = (ip: string, port: number) => boolean;

/** Every network that is not for reaching somebody on the public internet (IANA's special-purpose registries). */
const NOT_PUBLIC_V4 = [
  '0.0.0.0/8', // this network
  '10.0.0.0/8', // private
  '100.64.0.0/10', // carrier-grade NAT
  '127.0.0.0/8', // loopback
  '169.254.0.0/16', // link-local, metadata of clouds
  '172.16.0.0/12', // private
  '192.0.0.0/24', // protocol assignments
  '192.0.2.0/24', // documentation
  '192.88.99.0/24', // relays of 6to4
  '192.168.0.0/16', // private
  '198.18.0.0/15', // benchmarks
  '198.51.100.0/24', // documentation
  '203.0.113.0/24', // documentation
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, broadcast
];
const NOT_PUBLIC_V6 = [
  '::/3', // unspecified, loopback, v4 in v6 clothes, NAT64, discard-only
  '2001::/23', // protocol assignments, Teredo
  '2001:db8::/32', // documentation
  '2002::/16', // 6to4: a v4 address of anybody's choice
  '3fff::/20', // documentation
  '4000::/2', // not given out
  '8000::/1', // unique local, link-local, site-local, multicast
];

/** @throws MeterwrightError `config_invalid` when a rule cannot be read */
export function createAddressCheck(options: { readonly allow: readonly string[]; readonly deny: readonly string[] }, own: OwnPlace): AddressCheck {
  // One set for each family: a v6 network that has the mapped addresses in it would cover all of v4.
  const rulesFor = (denied: readonly string[]) => createNetworkRules({ ...options, others: 'allowed' }, own, { denied, section: 'webhook' });
  const [v4, v6] = [rulesFor(NOT_PUBLIC_V4), rulesFor(NOT_PUBLIC_V6)];
  return (ip, port) => {
    const canonical = canonicalIp(ip);
    // A v4 address in v6 clothes is nobody's honest address.
    if (canonical === undefined || (ip.includes(':') && !canonical.includes(':'))) return false;
    return canonical.includes(':') ? v6(canonical, port) : v4(canonical, port);
  };
}

const HTTPS_PORT = 443;

/** Host and port that a URL of ours connects to; no brackets. */
function placeOf(url: URL): { readonly host: string; readonly port: number } {
  return { host: url.hostname.replace(/^\[|\]$/g, '').toLowerCase(), port: url.port === '' ? HTTPS_PORT : Number(url.port) };
}

/**
 * The URL of a receiver in its canonical writing. A name is judged when it is connected to, an address here already.
 * @throws RefusedError `invalid_value`
 */
export function checkAddress(text: string, check: AddressCheck): string {
  const refuse = (rule: string): RefusedError => new RefusedError('invalid_value', `url: ${rule}`);
  if (!URL.canParse(text)) throw refuse('must be a URL');
  const url = new URL(text);
  if (url.protocol !== 'https:') throw refuse('must begin with https://');
  if (url.username !== '' || url.password !== '') throw refuse('must carry no user or password');
  if (url.hash !== '') throw refuse('must have no fragment');
  const { host, port } = placeOf(url);
  if (port === 0) throw refuse('must name a port from 1 to 65535');
  if (canonicalIp(host) !== undefined && !check(host, port)) throw refuse('must name an address that may be reached (`webhook.allow` says which else may be)');
  return url.href;
}
