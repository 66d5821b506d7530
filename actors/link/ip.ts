/** IP addresses as text: one way of writing each, and v4 addresses that come in v6 clothes. Pure. */
import { isIPv4, isIPv6 } from 'node:net';

/** `::ffff:a.b.c.d` in the canonical writing. */
const MAPPED = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/;

/**
 * The canonical writing: dotted for v4 and for v4 mapped into v6, else v6 in lower case with the longest run of zeros left out.
 *
 * @returns undefined when it is no IP address, or one with a zone
 */
export function canonicalIp(text: string): string | undefined {
  if (isIPv4(text)) return text;
  if (!isIPv6(text) || text.includes('%')) return undefined;
  const v6 = new URL(`http://[${text}]`).hostname.slice(1, -1);
  const mapped = MAPPED.exec(v6);
  if (mapped === null) return v6;
  const [high, low] = [Number.parseInt(mapped[1] ?? '', 16), Number.parseInt(mapped[2] ?? '', 16)];
  return `${high >> 8}.${high & 0xff}.${low >> 8}.${low & 0xff}`;
}

export type IpFamily = 'ipv4' | 'ipv6';

export const familyOf = (ip: string): IpFamily => (ip.includes(':') ? 'ipv6' : 'ipv4');
