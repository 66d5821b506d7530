/** A modem bank with a plain TCP server as the meter, and a computer that talks to a modem. */
import { once } from 'node:events';
import { constants, openSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as silence } from 'node:timers/promises';
import { ReadStream } from 'node:tty';

/** Guard time of the banks in these tests, milliseconds. */
export const GUARD_MS = 60;

/** Longer than the guard time, with room for a busy machine. */
export const quiet = (): Promise<void> => silence(3 * GUARD_MS);

export interface Meter {
  readonly port: number;
  /** Everything that came, of all connections. */
  readonly received: () => Buffer;
  /** Connections that are open. */
  readonly sockets: Set<Socket>;
  stop(): Promise<void>;
}

/** @param answer what the meter sends for what came; default: the same octets */
export async function startMeter(answer: (octets: Buffer, socket: Socket) => Uint8Array | null = (octets) => octets): Promise<Meter> {
  const parts: Buffer[] = [];
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('data', (octets: Buffer) => {
      parts.push(octets);
      const reply = answer(octets, socket);
      if (reply !== null) socket.write(reply);
    });
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    received: () => Buffer.concat(parts),
    sockets,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** The computer at a modem: sends, and waits for what it wants to see. */
export class Computer {
  #text = '';
  #wake: () => void = () => {};
  readonly #write: (octets: Buffer) => void;
  readonly close: () => Promise<void>;

  constructor(write: (octets: Buffer) => void, close: () => Promise<void>) {
    this.#write = write;
    this.close = close;
  }

  receive(octets: Uint8Array): void {
    this.#text += Buffer.from(octets).toString('latin1');
    this.#wake();
  }

  send(text: string): void {
    this.#write(Buffer.from(text, 'latin1'));
  }

  /** Everything up to and with `end`, once it has come. */
  async until(end: string): Promise<string> {
    for (;;) {
      const at = this.#text.indexOf(end);
      if (at >= 0) {
        const found = this.#text.slice(0, at + end.length);
        this.#text = this.#text.slice(at + end.length);
        return found;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Sends a command; gives what came up to `end`. */
  ask(command: string, end = 'OK\r\n'): Promise<string> {
    this.send(`${command}\r`);
    return this.until(end);
  }
}

export async function tcpComputer(port: number): Promise<Computer> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  await once(socket, 'connect');
  const computer = new Computer(
    (octets) => void socket.write(octets),
    async () => {
      if (socket.closed) return;
      socket.destroy();
      await once(socket, 'close');
    },
  );
  socket.on('data', (octets) => computer.receive(octets));
  socket.on('error', () => {});
  return computer;
}

/** At a pseudo terminal, without the serial port library: that one works on the main thread only, and tests run on others. */
export async function ptyComputer(path: string): Promise<Computer> {
  const terminal = new ReadStream(openSync(path, constants.O_RDWR | constants.O_NOCTTY));
  terminal.setRawMode(true);
  const computer = new Computer(
    (octets) => void (terminal as unknown as Socket).write(octets),
    async () => {
      terminal.destroy();
      await once(terminal, 'close');
    },
  );
  terminal.on('data', (octets: Buffer) => computer.receive(octets));
  return computer;
}
