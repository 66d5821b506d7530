/**
 * A frame of HDLC, frame format type 3 (IEC 62056-46, 6.4.1; meter-protocols 5.1):
 *
 * ```
 *    7E   1010 S LLL LLLLLLLL   destination  source  control   HCS     information    FCS    7E
 *   flag  format: S more segments  1, 2, 4   1, 2, 4    1      lo hi       0..n       lo hi  flag
 *         L octets between the flags
 *         └─────────────── HCS over these ───────────────┘
 *         └──────────────────────── FCS over these, HCS included ────────────┘
 * ```
 *
 * HCS stands only in front of information. Nothing is stuffed: the length delimits. One flag may end a frame and begin the next.
 */
import type { HdlcAddress } from './address.ts';
import type { SupervisoryType, UnnumberedType } from './control.ts';

export const FLAG = 0x7e;
/** The length field has eleven bits. */
export const MAX_FRAME_LENGTH = 2047;

interface Head {
  readonly destination: HdlcAddress;
  readonly source: HdlcAddress;
  /** Poll in a command, final in an answer. */
  readonly pf: boolean;
  /** S: more segments of the same message follow. Default false. */
  readonly segmented?: boolean;
  /** Default none. */
  readonly information?: Uint8Array;
}

/** What an encoder takes. */
export type HdlcContent =
  | (Head & { readonly type: 'I'; readonly ns: number; readonly nr: number })
  | (Head & { readonly type: SupervisoryType; readonly nr: number })
  | (Head & { readonly type: UnnumberedType });

/** What stood on the wire besides; computed by the encoder. */
interface Wire {
  readonly segmented: boolean;
  /** A view of the input; empty when there is none. */
  readonly information: Uint8Array;
  /** Octets between the flags. */
  readonly length: number;
  readonly control: number;
  /** As a number: on the wire its low octet comes first. Absent without information. */
  readonly hcs: number | undefined;
  readonly fcs: number;
}

/** What a decoder gives; every one can be encoded again. */
export type HdlcFrame = HdlcContent & Wire;

export interface HdlcLimits {
  /** Octets between the flags. Default 2047, the most that the length field holds. */
  readonly maxFrame?: number;
  /** Octets of information. Default: what the frame allows. */
  readonly maxInformation?: number;
}
