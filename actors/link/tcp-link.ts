/** A TCP connection as a link (meter-protocols 3.4). Opened by `openTcpLink`. */
import type { Socket } from 'node:net';
import type { Clock, Timer } from '../engine/ports.ts';
import { Inbox } from './inbox.ts';
import { type Link, LinkError, type LinkFailureCode, type Received, type Sent, type Stamp } from './link.ts';
import type { TcpOptions } from './options.ts';

export type TcpLinkOptions = Pick<TcpOptions, 'idleTimeoutMs' | 'writeTimeoutMs' | 'closeGraceMs' | 'maxUnreadOctets' | 'maxOctetsIn'>;

/**
 * Takes a connected socket over. The one who connected it hands arrivals to `receive`, and the end of the far side to `ended`: those
 * callbacks have to be in place before the socket connects.
 */
export class TcpLink implements Link {
  readonly kind = 'tcp';
  /** Nobody knows what lies behind a router. */
  readonly bitsPerSecond = undefined;
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #options: TcpLinkOptions;
  readonly #inbox: Inbox;
  readonly #writers = new Set<(error: LinkError) => void>();
  #octetsOut = 0;
  #lastMs: number;
  #idle: Timer;
  #closing: Promise<void> | undefined;

  constructor(socket: Socket, clock: Clock, options: TcpLinkOptions) {
    this.#socket = socket;
    this.#clock = clock;
    this.#options = options;
    this.#inbox = new Inbox(clock, options);
    this.#lastMs = clock.monotonic();
    this.#idle = clock.after(options.idleTimeoutMs, () => this.#checkIdle());
  }

  get octetsIn(): number {
    return this.#inbox.octetsIn;
  }

  get octetsOut(): number {
    return this.#octetsOut;
  }

  /** Octets have come. @param octets memory of their own */
  receive(octets: Uint8Array): void {
    const firstAt = this.#stamp();
    this.#lastMs = firstAt.monotonicMs;
    const tooMuch = this.#inbox.push(octets, firstAt);
    if (tooMuch !== undefined) this.#fail('flooded', tooMuch, { keep: false });
  }

  /** The far side has closed, or the connection broke. */
  ended(error: Error | undefined): void {
    this.#fail('lost', error === undefined ? 'the far side closed the connection' : `the connection broke: ${codeOf(error)}`, { keep: true, cause: error });
  }

  write(octets: Uint8Array): Sent | Promise<Sent> {
    const { failure } = this.#inbox;
    if (failure !== undefined) return Promise.reject(failure);
    const socket = this.#socket;
    let written: ((error: Error | null | undefined) => void) | undefined;
    socket.write(octets, (error) => {
      if (written !== undefined) written(error);
      else if (error) this.ended(error);
    });
    // Nearly always the system takes them at once: then there is nothing to wait for (bench `sessions`).
    if (socket.writableLength === 0 && socket.errored === null && !socket.destroyed) return this.#sent(octets);
    return new Promise((resolve, reject) => {
      const { writeTimeoutMs } = this.#options;
      const late = this.#clock.after(writeTimeoutMs, () => this.#fail('lost', `nothing could be written for ${writeTimeoutMs} ms`, { keep: true }));
      const settle = () => {
        late.cancel();
        this.#writers.delete(refuse);
      };
      const refuse = (error: LinkError) => {
        settle();
        reject(error);
      };
      this.#writers.add(refuse);
      written = (error) => {
        if (!this.#writers.has(refuse)) return;
        if (error) {
          this.ended(error);
          return;
        }
        settle();
        resolve(this.#sent(octets));
      };
    });
  }

  #sent(octets: Uint8Array): Sent {
    const sentAt = this.#stamp();
    this.#lastMs = sentAt.monotonicMs;
    this.#octetsOut += octets.length;
    return { sentAt };
  }

  read(deadlineMs: number): Promise<Received | 'timeout'> {
    return this.#inbox.read(deadlineMs);
  }

  drop(): void {
    this.#inbox.drop();
  }

  /** Routers carry octets at whatever speed they were set to. */
  async setSpeed(): Promise<void> {}

  abort(reason: string): void {
    this.#fail('aborted', reason, { keep: false });
  }

  /** What was written still goes out, if the far side takes it within the grace. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#idle.cancel();
    const socket = this.#socket;
    if (socket.closed) return;
    const gone = new Promise<void>((resolve) => void socket.once('close', () => resolve()));
    const grace = this.#clock.after(this.#options.closeGraceMs, () => socket.destroy());
    if (!socket.destroyed) socket.end();
    if (this.#inbox.failure === undefined) this.#inbox.fail(new LinkError('aborted', 'the link was closed'), false);
    await gone;
    grace.cancel();
    this.#refuseWriters();
  }

  #checkIdle(): void {
    const { idleTimeoutMs } = this.#options;
    const leftMs = this.#lastMs + idleTimeoutMs - this.#clock.monotonic();
    if (leftMs <= 0) this.#fail('lost', `no octet went either way for ${idleTimeoutMs} ms`, { keep: true });
    else this.#idle = this.#clock.after(leftMs, () => this.#checkIdle());
  }

  #fail(code: LinkFailureCode, text: string, how: { readonly keep: boolean; readonly cause?: unknown }): void {
    this.#idle.cancel();
    // Every link ends more than once, and an error holds a stack.
    if (this.#inbox.failure === undefined) this.#inbox.fail(new LinkError(code, text, how.cause), how.keep);
    this.#socket.destroy();
    this.#refuseWriters();
  }

  #refuseWriters(): void {
    const { failure } = this.#inbox;
    if (failure === undefined) return;
    for (const refuse of [...this.#writers]) refuse(failure);
  }

  #stamp(): Stamp {
    return { wallMs: this.#clock.now(), monotonicMs: this.#clock.monotonic() };
  }
}

/** The system's own word, such as `ECONNRESET`: messages of Node name addresses and ports a second time. */
export function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}
