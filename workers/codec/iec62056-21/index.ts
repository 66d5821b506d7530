export { baudOf, type IecMode, modeOf } from './baud.ts';
export { IecClient } from './client.ts';
export type { IecClientCommand, IecClientEvent, IecClientOptions, IecReply, LineChange } from './client-options.ts';
export {
  type CivilTime,
  checkedTime,
  clockOfText,
  clockText,
  dateText,
  decodeSeasonedTime,
  encodeSeasonedTime,
  fieldFault,
  type Season,
  type SeasonedTime,
  timeText,
} from './clock.ts';
export { type DataSet, DataSetTable, dataSetText, readDataSets } from './data-sets.ts';
export { decodeTelegram } from './decode.ts';
export { command, type EncodeOptions, encodeTelegram } from './encode.ts';
export { splitPairs } from './lines.ts';
export { bccOf, octetsOf, parityFault, putEvenParity, stripParity } from './octets.ts';
export { decodeReadout, encodeReadout, type Readout, type ReadoutOptions, type ReadoutParts } from './readout.ts';
export { IecServer, type IecServerCommand, type IecServerEvent, type IecServerOptions } from './server.ts';
export { IecStream, type IecStreamOptions } from './stream.ts';
export {
  type AnswerTelegram,
  type BreakTelegram,
  type CommandTelegram,
  DEFAULT_MAX_READOUT,
  DEFAULT_MAX_TELEGRAM,
  type ErrorTelegram,
  errorText,
  type IdentificationTelegram,
  isFast,
  type LinesTelegram,
  type OptionSelectTelegram,
  type RequestTelegram,
  type Telegram,
  type TelegramOptions,
  type Terminator,
} from './telegram.ts';
