/**
 * What came and was not read yet, with the one read that waits for it: the receiving half of every link.
 *
 * - I1 Octets are kept with the stamp that they came with, and given out in order, arrival by arrival.
 * - I2 At most `maxUnreadOctets` are kept and `maxOctetsIn` taken in all; beyond, `push` refuses and the link has to fail.
 * - I3 One read waits at a time: another ends it with `timeout`. No read is left hanging once the inbox has failed.
 */
import type { Clock, Timer } from '../engine/ports.ts';
import type { LinkError, Received, Stamp } from './link.ts';

export interface InboxLimits {
  readonly maxUnreadOctets: number;
  readonly maxOctetsIn: number;
}

interface Reader {
  readonly timer: Timer;
  resolve(received: Received | 'timeout'): void;
  reject(error: LinkError): void;
}

/** Arrivals kept apart; later ones join the last, so that single octets cost no object each. */
const MAX_ARRIVALS = 64;

export class Inbox {
  readonly #clock: Clock;
  readonly #limits: InboxLimits;
  #arrivals: Received[] = [];
  #unread = 0;
  #octetsIn = 0;
  #reader: Reader | undefined;
  #failure: LinkError | undefined;

  constructor(clock: Clock, limits: InboxLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  get octetsIn(): number {
    return this.#octetsIn;
  }

  get failure(): LinkError | undefined {
    return this.#failure;
  }

  /**
   * Takes what has come.
   *
   * @param arrived memory of their own: they are kept
   * @returns why it is too much; undefined when all is well
   */
  push(arrived: Uint8Array, firstAt: Stamp): string | undefined {
    if (arrived.length === 0 || this.#failure !== undefined) return undefined;
    // The `slice` of a Buffer shares its memory, that of octets copies, and codecs count on the copy.
    const octets = Buffer.isBuffer(arrived) ? new Uint8Array(arrived.buffer, arrived.byteOffset, arrived.length) : arrived;
    this.#octetsIn += octets.length;
    const { maxOctetsIn, maxUnreadOctets } = this.#limits;
    if (this.#octetsIn > maxOctetsIn) return `the meter sent more than ${maxOctetsIn} octets`;
    const reader = this.#reader;
    if (reader !== undefined) {
      this.#release(reader);
      reader.resolve({ octets, firstAt });
      return undefined;
    }
    this.#unread += octets.length;
    if (this.#unread > maxUnreadOctets) return `more than ${maxUnreadOctets} octets came that nobody waited for`;
    const last = this.#arrivals.at(-1);
    if (last === undefined || this.#arrivals.length < MAX_ARRIVALS) this.#arrivals.push({ octets, firstAt });
    else this.#arrivals[this.#arrivals.length - 1] = { octets: joined(last.octets, octets), firstAt: last.firstAt };
    return undefined;
  }

  /** @param deadlineMs monotonic @throws LinkError once the inbox has failed and all was read */
  read(deadlineMs: number): Promise<Received | 'timeout'> {
    const before = this.#reader;
    if (before !== undefined) {
      this.#release(before);
      before.resolve('timeout');
    }
    const arrival = this.#arrivals.shift();
    if (arrival !== undefined) {
      this.#unread -= arrival.octets.length;
      return Promise.resolve(arrival);
    }
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const leftMs = deadlineMs - this.#clock.monotonic();
    if (leftMs <= 0) return Promise.resolve('timeout');
    return new Promise((resolve, reject) => {
      // A loop that was held up runs late timers before it looks at its sockets: what has come by then is still in time.
      const timer = this.#clock.after(leftMs, () =>
        this.#clock.soon(() => {
          if (this.#reader !== reader) return;
          this.#reader = undefined;
          resolve('timeout');
        }),
      );
      const reader: Reader = { timer, resolve, reject };
      this.#reader = reader;
    });
  }

  /** Throws away what came and was not read. */
  drop(): void {
    this.#arrivals = [];
    this.#unread = 0;
  }

  /** Nothing more comes. The first failure stands. @param keep may what came still be read? */
  fail(error: LinkError, keep: boolean): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    if (!keep) this.drop();
    const reader = this.#reader;
    if (reader === undefined) return;
    this.#release(reader);
    reader.reject(error);
  }

  #release(reader: Reader): void {
    reader.timer.cancel();
    this.#reader = undefined;
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const octets = new Uint8Array(first.length + second.length);
  octets.set(first);
  octets.set(second, first.length);
  return octets;
}
