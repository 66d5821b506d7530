export { type CivilTime, civilText, isCivil, parseCivilText, weekdayOf } from './civil.ts';
export { CODEC_ERRORS, type CodecErrorCode } from './codes.ts';
export { crcCcittFalse, crcX25, crcXmodem, X25_START, x25Final, x25Update } from './crc.ts';
export { fromHex, glimpse, hexOctet, toHex } from './hex.ts';
export { allows, LENIENCIES, type LeniencyName, type LeniencyOptions } from './leniency.ts';
export { DEFAULT_LIMITS, type Limits } from './limits.ts';
export type { LinkCommand, LinkEvent, LinkFailure, LinkInput, LinkMachine, LinkStep } from './link.ts';
export {
  type Bad,
  bad,
  type CodecError,
  CodecFault,
  codecError,
  type Decoded,
  type Encoded,
  encoded,
  errorOf,
  type Good,
  good,
  type Incomplete,
  incomplete,
  must,
  mustDecode,
  unencodable,
} from './outcome.ts';
export { Reader } from './reader.ts';
export type { FrameStream, StreamEvent } from './stream.ts';
export { Writer } from './writer.ts';
