/** The thin layer over uWebSockets.js. */
export { BodyAbortedError } from './body-stream.ts';
export { Desk } from './desk.ts';
export { type Failure, toFailure } from './failure.ts';
export { compileHostCheck } from './hosts.ts';
export { giveWay, streamArray } from './json-array.ts';
export { ListenError, type Listener, startListener, type TlsFiles } from './listener.ts';
export { pathText } from './path-text.ts';
export { QueryReader } from './query.ts';
export {
  type AnyReply,
  type DetailEntry,
  detail,
  type Headers,
  JSON_HEADERS,
  json,
  problem,
  type Reply,
  retryAfter,
  type StreamReply,
  unprocessable,
} from './reply.ts';
export { compileRoutes, type GatewayRequest, type Method, type Refuse, type Route } from './route.ts';
export type { Admission, Knock, RawSocket, SocketPath } from './sockets.ts';
export { loadUws } from './uws.ts';
