/**
 * The link parameters in the information of SNRM and UA (IEC 62056-46, 6.4.4.4.3.2; meter-protocols 5.1):
 *
 * ```
 *   81 80 len   05 n maxInfoTransmit   06 n maxInfoReceive   07 n windowTransmit   08 n windowReceive      n = 1, 2 or 4
 * ```
 *
 * Transmit and receive are those of the station that sends the frame: what a UA transmits limits what its client may receive.
 */
import { type Decoded, type Encoded, good, Reader, Writer } from '../common/index.ts';

export interface LinkParameters {
  /** Octets of information in one frame. */
  readonly maxInfoTransmit: number;
  readonly maxInfoReceive: number;
  /** Frames before an acknowledgement. */
  readonly windowTransmit: number;
  readonly windowReceive: number;
}

/** What counts where a parameter, or all of them, are left out. */
export const DEFAULT_LINK_PARAMETERS: LinkParameters = { maxInfoTransmit: 128, maxInfoReceive: 128, windowTransmit: 1, windowReceive: 1 };

/** Octets of the values: `info` of both sizes, `window` of both windows. */
export interface ParameterWidths {
  /** Default 1 up to 255, else 2. */
  readonly info?: 1 | 2 | 4;
  /** Default 4, as most meters send. */
  readonly window?: 1 | 2 | 4;
}

const FORMAT = 0x81;
const GROUP = 0x80;
const NAMES: Readonly<Record<number, keyof LinkParameters>> = { 5: 'maxInfoTransmit', 6: 'maxInfoReceive', 7: 'windowTransmit', 8: 'windowReceive' };

/**
 * Empty information gives the defaults; parameters of other numbers and groups behind the first are skipped.
 *
 * Errors: `unexpected_octet` (another format or group), `bad_length` (a value that is not of 1, 2 or 4 octets), and *incomplete*.
 */
export function decodeLinkParameters(information: Uint8Array): Decoded<LinkParameters> {
  if (information.length === 0) return good(DEFAULT_LINK_PARAMETERS, 0);
  const reader = new Reader(information);
  if (reader.u8() !== FORMAT) reader.fail('unexpected_octet', 'format: 81', information[0], 0);
  if (reader.u8() !== GROUP) reader.fail('unexpected_octet', 'group: 80', information[1], 1);
  const size = reader.u8();
  if (!reader.has(size)) return reader.failure();
  const end = reader.at + size;
  const found = { ...DEFAULT_LINK_PARAMETERS };
  while (reader.at < end && !reader.failed) {
    const name = NAMES[reader.u8()];
    const width = reader.u8();
    if (name === undefined) {
      reader.view(width);
      continue;
    }
    if (width !== 1 && width !== 2 && width !== 4) reader.fail('bad_length', `${name}: a value of 1, 2 or 4 octets`, width, reader.at - 1);
    found[name] = width === 1 ? reader.u8() : width === 2 ? reader.u16() : reader.u32();
  }
  if (!reader.failed && reader.at > end) reader.fail('bad_length', 'parameters: within their group', reader.at - end);
  return reader.failed ? reader.failure() : good(found, information.length);
}

/** The information of SNRM or UA with all four parameters. Error: `bad_value` where one does not fit its width. */
export function encodeLinkParameters(parameters: LinkParameters, widths: ParameterWidths = {}): Encoded {
  const values = new Writer(24);
  for (const [id, name] of Object.entries(NAMES)) {
    const value = parameters[name];
    const info = name === 'maxInfoTransmit' || name === 'maxInfoReceive';
    const width = info ? (widths.info ?? (value > 0xff ? 2 : 1)) : (widths.window ?? 4);
    const whole = values.bounded(name, value, 1, 2 ** (8 * width) - 1);
    values.u8(Number(id)).u8(width);
    if (width === 1) values.u8(whole);
    else if (width === 2) values.u16(whole);
    else values.u32(whole);
  }
  const content = values.finish();
  if (content.kind === 'bad') return content;
  return new Writer(27).u8(FORMAT).u8(GROUP).u8(content.octets.length).put(content.octets).finish();
}
