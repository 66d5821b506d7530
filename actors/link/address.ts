/** Remote addresses (meter-protocols 3.1): what callers write, and the one canonical form of it. Pure. */
import { isIPv4 } from 'node:net';
import { canonicalIp } from './ip.ts';
import { GB_NUMBERING, type Numbering, nationalForm } from './numbering.ts';

export type RemoteAddress =
  | { readonly kind: 'telephone' /** As dialled: digits, an optional leading +, commas for pauses. */; readonly dial: string; readonly canonical: string }
  | {
      readonly kind: 'tcp' /** A name in lower case, or an IP address without brackets. */;
      readonly host: string;
      readonly port: number;
      readonly canonical: string;
    }
  | { readonly kind: 'paknet'; readonly digits: string; readonly canonical: string };

/** A text that is no remote address, or one that may not be reached. */
export interface AddressRefusal {
  readonly kind: 'refused';
  /** The sentence for the caller (mts-actions-api 2). */
  readonly error: string;
}

export const ADDRESS_NOT_RECOGNISED = 'Remote address is not in a recognised format';
export const ADDRESS_NOT_ALLOWED = 'Remote address is not allowed';

/** A host name of 253, brackets, a port. */
const MAX_LENGTH = 300;
const MAX_DIALLED = 64;
const MAX_NAME = 253;

const NOT_RECOGNISED: AddressRefusal = { kind: 'refused', error: ADDRESS_NOT_RECOGNISED };

const PAKNET = /^paknet:([0-9]{4,14})$/i;
const TELEPHONE = /^\+?[0-9](?:[0-9, -]*[0-9])?$/;
const DIGITS = { least: 3, most: 20 };
const HOST_PORT = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]]+)):([1-9][0-9]{0,4})$/;
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** Resolvers of some systems read `0x7f` as a number. */
const NUMBER_LIKE = /^(?:[0-9]+|0x[0-9a-f]*)$/;

/**
 * Reads a remote address as a caller writes it: a telephone number, `a.b.c.d:port`, `name:port`, `[v6]:port`, `PAKNET:digits`.
 * Whether it may be reached is another question: see `createAddressRules`.
 */
export function parseRemoteAddress(text: string, numbering: Numbering = GB_NUMBERING): RemoteAddress | AddressRefusal {
  if (text.length > MAX_LENGTH) return NOT_RECOGNISED;
  const trimmed = text.replace(/^ +| +$/g, '');
  // PAKNET: is never a host name, though `paknet:1234` would pass for one.
  if (/^paknet:/i.test(trimmed)) return paknet(trimmed);
  if (TELEPHONE.test(trimmed)) return telephone(trimmed, numbering);
  return hostAndPort(trimmed);
}

function paknet(text: string): RemoteAddress | AddressRefusal {
  const digits = PAKNET.exec(text)?.[1];
  return digits === undefined ? NOT_RECOGNISED : { kind: 'paknet', digits, canonical: `paknet:${digits}` };
}

function telephone(text: string, numbering: Numbering): RemoteAddress | AddressRefusal {
  const dialled = text.replace(/[ -]/g, '');
  const count = dialled.replace(/[+,]/g, '').length;
  if (count < DIGITS.least || count > DIGITS.most || dialled.length > MAX_DIALLED) return NOT_RECOGNISED;
  const canonical = nationalForm(dialled.replaceAll(',', ''), numbering, numbering.internationalPrefix);
  return { kind: 'telephone', dial: nationalForm(dialled, numbering, '+'), canonical: `tel:${canonical}` };
}

function hostAndPort(text: string): RemoteAddress | AddressRefusal {
  const match = HOST_PORT.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) return NOT_RECOGNISED;
  const host = match[1] === undefined ? nameOrV4(match[2] ?? '') : canonicalIp(match[1]);
  if (host === undefined) return NOT_RECOGNISED;
  const shown = host.includes(':') ? `[${host}]` : host;
  return { kind: 'tcp', host, port, canonical: `tcp:${shown}:${port}` };
}

/** @returns undefined for what is neither a dotted address nor a name that holds a letter in its last label */
function nameOrV4(text: string): string | undefined {
  if (isIPv4(text)) return text;
  const name = text.toLowerCase().replace(/\.$/, '');
  const labels = name.split('.');
  const isName = name.length <= MAX_NAME && labels.every((label) => LABEL.test(label)) && !NUMBER_LIKE.test(labels.at(-1) ?? '');
  return isName ? name : undefined;
}
