/** SNTP (RFC 4330), the little of it that a client needs. Pure: octets in, times out. */
import type { EpochMs } from '../../machines/common/effects.ts';

export const SNTP_OCTETS = 48;
const NTP_EPOCH_MS = Date.UTC(1900, 0, 1);
const ERA_MS = 0x1_0000_0000 * 1_000;
const CLIENT = 0x23; // no leap warning, version 4, mode 3
const MODE_SERVER = 4;
const NOT_SYNCHRONISED = 3;
const TRANSMIT = 40;
const RECEIVE = 32;
const ORIGINATE = 24;

/** A request; `cookie` (8 octets) comes back in the reply and shows that it is ours. */
export function sntpRequest(cookie: Uint8Array): Uint8Array {
  const octets = new Uint8Array(SNTP_OCTETS);
  octets[0] = CLIENT;
  octets.set(cookie.subarray(0, 8), TRANSMIT);
  return octets;
}

export type SntpReply =
  /** The server's times of receiving the request and sending the reply. */
  | { readonly kind: 'time'; readonly receivedAt: EpochMs; readonly sentAt: EpochMs }
  /** Not a reply to this request: the real one may still come. */
  | { readonly kind: 'foreign' }
  | { readonly kind: 'fault'; readonly text: string };

export function parseSntpReply(octets: Uint8Array, cookie: Uint8Array): SntpReply {
  if (octets.length < SNTP_OCTETS) return { kind: 'foreign' };
  const first = octets[0] ?? 0;
  if ((first & 0x07) !== MODE_SERVER || cookie.some((octet, i) => octets[ORIGINATE + i] !== octet)) return { kind: 'foreign' };
  const stratum = octets[1] ?? 0;
  if (stratum === 0) return { kind: 'fault', text: `the server refuses: ${refusal(octets)}` };
  if (first >> 6 === NOT_SYNCHRONISED || stratum > 15) return { kind: 'fault', text: 'the server is not synchronised itself' };
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  const sentAt = timeOf(view, TRANSMIT);
  if (sentAt === undefined) return { kind: 'fault', text: 'the server gave no time' };
  return { kind: 'time', receivedAt: timeOf(view, RECEIVE) ?? sentAt, sentAt };
}

/** What to add to our clock to have the server's, milliseconds. */
export function sntpOffsetMs(
  ours: { readonly sentAt: EpochMs; readonly receivedAt: EpochMs },
  theirs: { readonly sentAt: EpochMs; readonly receivedAt: EpochMs },
): number {
  return (theirs.receivedAt - ours.sentAt + (theirs.sentAt - ours.receivedAt)) / 2;
}

/** The word of a kiss of death, as far as it can be printed. */
function refusal(octets: Uint8Array): string {
  return String.fromCharCode(...octets.subarray(12, 16)).replace(/[^ -~]/g, '?');
}

/** Seconds since 1900 wrap in 2036: those without the top bit are of the next era. */
function timeOf(view: DataView, offset: number): EpochMs | undefined {
  const whole = view.getUint32(offset);
  const fraction = view.getUint32(offset + 4);
  if (whole === 0 && fraction === 0) return undefined;
  const era = whole >= 0x8000_0000 ? 0 : ERA_MS;
  return NTP_EPOCH_MS + era + whole * 1_000 + (fraction * 1_000) / 0x1_0000_0000;
}
