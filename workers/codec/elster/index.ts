export {
  CLOCK_OCTETS,
  decodeAdjust,
  decodeElsterClock,
  decodeSerialNumber,
  encodeAdjust,
  encodeElsterClock,
  encodeSerialNumber,
  schemeText,
} from './clock.ts';
export { ELSTER_ERRORS, type ElsterIdentification, elsterErrorName, joinElsterIdentification, splitElsterIdentification } from './identification.ts';
export {
  decodeItemAnswer,
  decodeItemRead,
  decodeItemWrite,
  ELSTER_ITEMS,
  type ItemRead,
  type ItemWrite,
  itemAddress,
  itemAnswer,
  itemRead,
  itemWrite,
  joinItem,
  MAX_PACKET,
  planItemReads,
} from './items.ts';
export { type AccessLevel, loginCommands, PASSWORD_LASTS_MS, passwordAnswer, seedCommand, seedOf } from './login.ts';
export type { Made } from './made.ts';
