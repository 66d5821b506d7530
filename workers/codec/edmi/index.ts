/** EDMI command language: frames, commands, register values, and the links of both sides. */
export { EdmiClient, type EdmiClientOptions } from './client.ts';
export { canName, decodeEdmiCommand, EDMI_CAN, type EdmiCommand, type EdmiCommandOptions } from './command.ts';
export { encodeEdmiCommand } from './encode-command.ts';
export { decodeEdmiFrame, type EdmiAddress, type EdmiFrame, type EdmiFrameOptions, encodeEdmiFrame, MAX_EDMI_BODY } from './frame.ts';
export { EdmiServer, type EdmiServerCommand, type EdmiServerEvent, type EdmiServerOptions } from './server.ts';
export { EdmiStream, type EdmiStreamOptions, type EdmiUnit } from './stream.ts';
export {
  decodeEdmiClock,
  decodeEdmiDate,
  decodeEdmiText,
  decodeEdmiTime,
  decodeMultiReadAnswers,
  EDMI_REGISTERS,
  type EdmiWidth,
  encodeEdmiClock,
  encodeEdmiDate,
  encodeEdmiText,
  encodeEdmiTime,
  encodeMultiReadAnswers,
  type MultiReadAnswer,
} from './values.ts';
export { decodeEdmiWake, EDMI_WAKES, type EdmiWake, encodeEdmiWake } from './wake.ts';
