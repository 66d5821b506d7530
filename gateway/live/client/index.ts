/** The client of the live sockets, for browsers and Node. It depends on nothing. */
export { type Handlers, LiveClient, type LiveClientOptions, type LiveState, type LiveSubscription, type SocketLike } from './client.ts';
export type { ErrorFrame, Event, Filter, Gap, Item, Progress, Ready, ServerFrame, Snapshot } from './frames.ts';
export { type LiveMessage, RefusedSubscription, watch } from './watch.ts';
