/** A TCP connection to a terminal server, with arrivals stamped in the socket's callback. */
import { connect, type Socket } from 'node:net';
import type { Stamp } from '../link/link.ts';
import { type PortRequest, stampOf } from './port.ts';

const KEEP_ALIVE_MS = 30_000;

export interface SocketEvents {
  octets(octets: Uint8Array, at: Stamp): void;
  lost(text: string): void;
}

/** @throws Error when it cannot be opened, or `signal` fires first */
export async function openSocket(request: PortRequest, events: SocketEvents, signal: AbortSignal): Promise<LineSocket> {
  const { line } = request;
  if (line.host === undefined || line.port === undefined) throw new Error('host and port: a line of a terminal server must have both');
  const socket = connect({ host: line.host, port: line.port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS });
  const open = new LineSocket(socket, request, events);
  await new Promise<void>((resolve, reject) => {
    const abort = () => socket.destroy(new Error('no longer wanted'));
    const settle = () => signal.removeEventListener('abort', abort);
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    socket.once('connect', () => {
      settle();
      resolve();
    });
    socket.once('error', (error) => {
      settle();
      reject(error);
    });
  });
  open.begin();
  return open;
}

export class LineSocket {
  readonly #socket: Socket;
  readonly #request: PortRequest;
  readonly #events: SocketEvents;
  #open = false;
  #closing: Promise<void> | undefined;

  constructor(socket: Socket, request: PortRequest, events: SocketEvents) {
    this.#socket = socket;
    this.#request = request;
    this.#events = events;
    socket.on('data', (octets: Uint8Array) => events.octets(octets, stampOf(request.clock)));
    socket.on('end', () => this.#lost('the terminal server closed the connection'));
    socket.on('error', (error) => this.#lost(error.message));
    socket.on('close', () => this.#lost('the connection to the terminal server broke'));
  }

  /** From here on a loss is told. */
  begin(): void {
    this.#open = true;
  }

  write(octets: Uint8Array): Promise<Stamp> {
    return new Promise((resolve, reject) => {
      this.#socket.write(octets, (error) => (error ? reject(error) : resolve(stampOf(this.#request.clock))));
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #close(): Promise<void> {
    const socket = this.#socket;
    if (socket.closed) return Promise.resolve();
    return new Promise((resolve) => {
      // Nobody waits for a terminal server that does not close its side.
      const late = this.#request.clock.after(1_000, () => socket.destroy());
      socket.once('close', () => {
        late.cancel();
        resolve();
      });
      if (!socket.destroyed) socket.end();
    });
  }

  #lost(text: string): void {
    if (!this.#open || this.#closing !== undefined) return;
    this.#closing = this.#close();
    this.#events.lost(text);
  }
}
