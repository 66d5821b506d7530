/**
 * Whom the dialogue calls: client and server address (meter-protocols 5.1, 6.9).
 *
 * | `outstationAddress` | `client/upper/lower`      | `lower`        |
 * | ------------------- | ------------------------- | -------------- |
 * | none                | as the profile says; lower from the serial number where the profile says so |
 * | `17`                | lower 17                                   |
 * | `100/1/17`          | client 100, upper 1, lower 17 | refused    |
 */
import { hdlc } from '../../../workers/codec/index.ts';
import type { MeterProfile } from '../../profile/profile.ts';
import { DialogueError } from '../dialogue.ts';

export type DlmsOptions = NonNullable<MeterProfile['dlms']>;

export interface Station {
  readonly client: number;
  /** Logical device; the wPort of the server on the wrapper. */
  readonly upper: number;
  /** Physical device; null: the address has no lower part. */
  readonly lower: number | null;
}

const MOST_CLIENT = 0x7f;
const MOST_PART = 0x3fff;

/** @throws DialogueError `config`: the outstation address is none */
export function stationOf(dlms: DlmsOptions, outstationAddress: string | undefined, serialNumber: string | undefined): Station {
  const given = outstationAddress?.trim() ?? '';
  if (given !== '') return givenStation(dlms, given);
  return { client: dlms.client, upper: dlms.serverUpper, lower: dlms.serverLower ?? (dlms.lowerFromSerial ? lowerFromSerial(serialNumber) : null) };
}

/** The server's address on HDLC: with a lower part as many octets as the profile wants or the parts need, without one a single octet. */
export function hdlcServer({ upper, lower }: Station, octets: 1 | 2 | 4): hdlc.HdlcAddress {
  if (lower === null) return hdlc.serverAddress(upper, undefined, upper > 0x7f ? 4 : undefined);
  const needed = hdlc.serverAddress(upper, lower).size;
  return hdlc.serverAddress(upper, lower, octets > needed ? octets : needed);
}

function givenStation(dlms: DlmsOptions, given: string): Station {
  const parts = given.split('/');
  const numbers = parts.map((part) => (/^\d{1,5}$/.test(part.trim()) ? Number(part) : Number.NaN));
  const [first = Number.NaN, upper = Number.NaN, lower = Number.NaN] = numbers;
  if (parts.length === 1 && first <= MOST_PART) return { client: dlms.client, upper: dlms.serverUpper, lower: first };
  const isWhole = parts.length === 3 && first >= 1 && first <= MOST_CLIENT && upper <= MOST_PART && lower <= MOST_PART;
  if (isWhole && dlms.addressForm === 'client/upper/lower') return { client: first, upper, lower };
  const form = dlms.addressForm === 'lower' ? 'a number' : 'client/upper/lower, or a number';
  throw new DialogueError('config', `outstationAddress: ${form}, not ${given.slice(0, 40)}`);
}

/** The usual rule for the physical address: the last four digits of the serial number, plus 1000. */
function lowerFromSerial(serialNumber: string | undefined): number | null {
  const digits = /(\d+)\D*$/.exec(serialNumber ?? '')?.[1];
  return digits === undefined ? null : Number(digits.slice(-4)) + 1_000;
}
