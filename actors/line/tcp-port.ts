/** A terminal server's raw TCP port: the AT dialogue over the socket. It has no pins. */
import type { OpenPort } from './port.ts';
import { openSocket } from './tcp-socket.ts';

export const openTcpPort: OpenPort = async (request, events, signal) => {
  const socket = await openSocket(request, { octets: events.octets, lost: events.lost }, signal);
  return {
    dtr: false,
    write: (octets) => socket.write(octets),
    setDtr: () => {},
    discard: () => {},
    close: () => socket.close(),
  };
};
