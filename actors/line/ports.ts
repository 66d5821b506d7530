/** Opens a line's port by its kind. */
import type { OpenPort } from './port.ts';
import { openRfc2217Port } from './rfc2217/port.ts';
import { openSerialPort } from './serial-port.ts';
import { openTcpPort } from './tcp-port.ts';

export const openLinePort: OpenPort = (request, events, signal) => {
  switch (request.line.kind) {
    case 'serial':
      return openSerialPort(request, events, signal);
    case 'tcp':
      return openTcpPort(request, events, signal);
    case 'rfc2217':
      return openRfc2217Port(request, events, signal);
  }
};
