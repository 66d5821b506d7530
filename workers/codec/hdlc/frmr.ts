/**
 * The information of FRMR (ISO/IEC 13239, 5.5.3.4.2, modulo 8; meter-protocols 5.1): why a frame was rejected.
 *
 * ```
 *   control that was rejected   RRR C SSS 0   0000 Z Y X W
 * ```
 */
import { bad, type CodecError, codecError, type Decoded, type Encoded, good, hexOctet, incomplete, Writer } from '../common/index.ts';

export interface FrameReject {
  /** The control octet of the frame that was rejected. */
  readonly rejected: number;
  /** V(S) and V(R) of the station that rejects. */
  readonly vs: number;
  readonly vr: number;
  /** The frame that was rejected was an answer, not a command. */
  readonly wasResponse: boolean;
  /** W: the control is unknown. */
  readonly unknownControl: boolean;
  /** X: information where none is allowed. */
  readonly unexpectedInformation: boolean;
  /** Y: information longer than agreed. */
  readonly tooLong: boolean;
  /** Z: N(R) acknowledges what was never sent. */
  readonly badNr: boolean;
}

const W = 1;
const X = 2;
const Y = 4;
const Z = 8;

/** The information of an FRMR; meters may leave it out. */
export function decodeFrameReject(information: Uint8Array): Decoded<FrameReject> {
  const [rejected, numbers, reasons] = information;
  if (rejected === undefined || numbers === undefined || reasons === undefined) return incomplete(3);
  if ((numbers & 1) !== 0) return bad('unexpected_octet', 1, 'numbers: bit 0 clear', hexOctet(numbers), information.length);
  return good(
    {
      rejected,
      vs: (numbers >>> 1) & 7,
      vr: numbers >>> 5,
      wasResponse: (numbers & 0x10) !== 0,
      unknownControl: (reasons & W) !== 0,
      unexpectedInformation: (reasons & X) !== 0,
      tooLong: (reasons & Y) !== 0,
      badNr: (reasons & Z) !== 0,
    },
    3,
  );
}

export function encodeFrameReject(reject: FrameReject): Encoded {
  const writer = new Writer(3);
  const bit = (set: boolean, value: number) => (set ? value : 0);
  writer.u8(writer.bounded('rejected', reject.rejected, 0, 255));
  writer.u8((writer.bounded('vr', reject.vr, 0, 7) << 5) | bit(reject.wasResponse, 0x10) | (writer.bounded('vs', reject.vs, 0, 7) << 1));
  writer.u8(bit(reject.unknownControl, W) | bit(reject.unexpectedInformation, X) | bit(reject.tooLong, Y) | bit(reject.badNr, Z));
  return writer.finish();
}

/** What the station that sent an FRMR complains of; undefined when it does not say. */
export function rejectError(information: Uint8Array): CodecError | undefined {
  const reject = decodeFrameReject(information);
  if (reject.kind !== 'good') return undefined;
  const { rejected, unknownControl, unexpectedInformation, tooLong, badNr } = reject.value;
  const reasons = Object.entries({ unknownControl, unexpectedInformation, tooLong, badNr }).flatMap(([reason, set]) => (set ? [reason] : []));
  return codecError('bad_value', 0, `control: not rejected by the peer (${reasons.join(', ') || 'no reason given'})`, hexOctet(rejected));
}
