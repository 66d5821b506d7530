/** Live status sockets (interfaces 4.1). */
export { LiveHub, type LiveIdentities, type LiveSetup, type LiveStats } from './hub.ts';
export { LIVE_PATH, livePath } from './listen.ts';
export { type LiveOptions, LiveOptionsSchema } from './options.ts';
export * from './protocol.ts';
export type { LiveBus } from './tail.ts';
