/**
 * The path `/live/v1` on a listener: who may open a socket at all. A page of another origin may not, so no page can use a session that
 * is not its own; programs send no `Origin`.
 */
import type { SocketPath } from '../http/index.ts';
import { isOwnOrigin, sessionSecret } from '../session/index.ts';
import type { LiveHub } from './hub.ts';
import type { LiveOptions } from './options.ts';
import { LiveSocket } from './socket.ts';

export const LIVE_PATH = '/live/v1';

/** The library closes what is larger without a word: leave it to us up to here. */
const NATIVE_FRAME_FACTOR = 4;

export function livePath(hub: LiveHub, options: LiveOptions): SocketPath<LiveSocket> {
  const further = new Set(options.origins);
  return {
    path: LIVE_PATH,
    maxFrameBytes: options.maxFrameBytes * NATIVE_FRAME_FACTOR,
    maxUnsentBytes: options.maxHeldBytes,
    idleTimeoutSeconds: options.idleTimeoutSeconds,
    serve: (publisher) => hub.serve(publisher),
    admit({ origin, host, cookie, source, secure }) {
      if (hub.isFull) return { kind: 'refused', status: 503, text: hub.isClosing ? 'The service is stopping' : 'Too many live sockets' };
      const isOwn = isOwnOrigin(origin, host);
      const isKnown = isOwn || origin === '' || further.has(origin) || (!secure && origin.toLowerCase() === `http://${host.toLowerCase()}`);
      if (!isKnown) return { kind: 'refused', status: 403, text: 'Origin: must be this service' };
      return { kind: 'admitted', data: new LiveSocket(source, isOwn ? sessionSecret(cookie) : undefined) };
    },
    open(socket, ws) {
      socket.opened(ws);
      hub.opened(socket);
    },
    message: (socket, data, isBinary) => hub.message(socket, data, isBinary),
    drain: (socket) => hub.drained(socket),
    dropped: (socket) => hub.dropped(socket),
    close(socket) {
      socket.closed();
      hub.closed(socket);
    },
  };
}
