/** EMOP of Emlite meters: frames, data, object values, and the links of both sides. */
export { EmliteClient, type EmliteClientOptions, type EmliteCommand, type EmliteEvent } from './client.ts';
export { decodeEmliteData, EMLITE_OBJECTS, type EmliteData, encodeEmliteData } from './data.ts';
export {
  decodeEmliteFrame,
  EMLITE_RESULTS,
  type EmliteFrame,
  type EmliteHeader,
  encodeEmliteFrame,
  MAX_EMLITE_DATA,
  resultName,
} from './frame.ts';
export { EmliteServer, type EmliteServerCommand, type EmliteServerEvent, type EmliteServerOptions } from './server.ts';
export { EmliteStream, type EmliteStreamEvent } from './stream.ts';
export {
  decodeEmliteClock,
  decodeEmliteNumber,
  decodeEmliteSignal,
  decodeEmliteText,
  EMLITE_NUMBERS,
  type EmliteClock,
  type EmliteClockOptions,
  type EmliteNumber,
  type EmliteSignal,
  encodeEmliteClock,
  encodeEmliteNumber,
  encodeEmliteSignal,
  encodeEmliteText,
  type WeekStart,
} from './values.ts';
