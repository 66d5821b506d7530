/** A modem behind a TCP port: one connection at a time. */
import { createServer, type Socket } from 'node:net';
import type { SimDevice } from './device.ts';

export interface LineEnd {
  readonly tcpPort?: number;
  readonly ptyPath?: string;
  send(octets: Uint8Array): void;
  /** Does nothing where nothing is connected. */
  disconnect(): void;
  stop(): Promise<void>;
}

export async function openTcpLine(host: string, port: number, device: () => SimDevice): Promise<LineEnd & { readonly tcpPort: number }> {
  let current: Socket | undefined;
  const server = createServer({ noDelay: true }, (socket) => {
    if (current !== undefined) {
      socket.destroy();
      return;
    }
    current = socket;
    socket.on('data', (octets: Uint8Array) => device().receive(octets));
    socket.on('error', () => {});
    socket.on('close', () => {
      current = undefined;
      device().disconnected();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve());
  });
  const address = server.address();
  return {
    tcpPort: typeof address === 'object' && address !== null ? address.port : port,
    send: (octets) => void current?.write(octets),
    disconnect: () => void current?.destroy(),
    stop: async () => {
      current?.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
