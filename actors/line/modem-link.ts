/** A call as a link: what the pool hands to a meter session. */
import type { Clock } from '../engine/ports.ts';
import { Inbox, type InboxLimits } from '../link/inbox.ts';
import { type Link, LinkError, type Received, type Stamp } from '../link/link.ts';
import type { ModemCall } from './modem-call.ts';

export interface ModemLinkLimits extends InboxLimits {
  /** Longest wait of `close`. */
  readonly closeWaitMs: number;
}

export class ModemLink implements Link {
  readonly kind: 'modem' | 'paknet';
  bitsPerSecond: number | undefined;
  readonly #clock: Clock;
  readonly #closeWaitMs: number;
  readonly #inbox: Inbox;
  readonly #writers = new Set<(error: LinkError) => void>();
  #call: ModemCall | undefined;
  #octetsOut = 0;
  #closing: Promise<void> | undefined;

  constructor(kind: ModemLink['kind'], clock: Clock, limits: ModemLinkLimits) {
    this.kind = kind;
    this.#clock = clock;
    this.#closeWaitMs = limits.closeWaitMs;
    this.#inbox = new Inbox(clock, limits);
  }

  /** The call that the link stands for, once it is connected. */
  begin(call: ModemCall, bitsPerSecond: number): void {
    this.#call = call;
    this.bitsPerSecond = bitsPerSecond;
  }

  get octetsIn(): number {
    return this.#inbox.octetsIn;
  }

  get octetsOut(): number {
    return this.#octetsOut;
  }

  /** Octets have come. @param octets memory of their own */
  receive(octets: Uint8Array, at: Stamp): void {
    const tooMuch = this.#inbox.push(octets, at);
    if (tooMuch !== undefined) this.#fail(new LinkError('flooded', tooMuch), false);
  }

  /** The call is gone; what came before may still be read. */
  lost(error: LinkError): void {
    this.#fail(error, true);
  }

  write(octets: Uint8Array): Promise<{ readonly sentAt: Stamp }> {
    const { failure } = this.#inbox;
    const call = this.#call;
    if (failure !== undefined) return Promise.reject(failure);
    if (call === undefined) return Promise.reject(new LinkError('lost', 'the call is not connected'));
    return new Promise((resolve, reject) => {
      this.#writers.add(reject);
      call.write(octets).then(
        (sentAt) => {
          if (!this.#writers.delete(reject)) return;
          this.#octetsOut += octets.length;
          resolve({ sentAt });
        },
        (cause: unknown) => this.#fail(new LinkError('lost', 'call lost: the port of the modem took no more octets', cause), true),
      );
    });
  }

  read(deadlineMs: number): Promise<Received | 'timeout'> {
    return this.#inbox.read(deadlineMs);
  }

  drop(): void {
    this.#inbox.drop();
  }

  /** Whether the reader holds no part of a frame: only then may `NO CARRIER` be the modem's word (meter-protocols 3.2). */
  idle(idle: boolean): void {
    this.#call?.idle(idle);
  }

  /** The modems agreed on their speed. */
  async setSpeed(): Promise<void> {}

  abort(reason: string): void {
    this.#fail(new LinkError('aborted', reason), false);
  }

  /**
   * Resolves once the line is on hook, or after `closeWaitMs`: a modem that does not answer keeps its line for the better part of a minute,
   * which is the line's own affair, not the session's.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#fail(new LinkError('aborted', 'the link was closed'), false);
    const call = this.#call;
    if (call === undefined) return;
    await new Promise<void>((resolve) => {
      const late = this.#clock.after(this.#closeWaitMs, resolve);
      void call.ended.then(() => {
        late.cancel();
        resolve();
      });
    });
  }

  #fail(error: LinkError, keep: boolean): void {
    this.#inbox.fail(error, keep);
    const failure = this.#inbox.failure ?? error;
    for (const refuse of this.#writers) refuse(failure);
    this.#writers.clear();
    this.#call?.breakOff(failure);
  }
}
