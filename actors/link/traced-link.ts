import type { Clock } from '../engine/ports.ts';
import type { LineSettings, Link, Received, Stamp } from './link.ts';
import type { ByteTrace, OctetRange, TraceMask } from './trace.ts';

/**
 * A link whose octets are written down. While a mask is set, what it covers is never kept: not on its way out, and not when the
 * line's echo brings it back.
 */
export class TracedLink implements Link {
  readonly #link: Link;
  readonly #trace: ByteTrace;
  readonly #clock: Clock;
  #mask: TraceMask | undefined;
  /** Octets that went out covered by `all` and whose echo was not seen yet, bit 7 taken off. */
  #echo: number[] = [];

  constructor(link: Link, trace: ByteTrace, clock: Clock) {
    this.#link = link;
    this.#trace = trace;
    this.#clock = clock;
    this.#note(`${link.kind} link open`);
  }

  get kind(): Link['kind'] {
    return this.#link.kind;
  }

  get bitsPerSecond(): number | undefined {
    return this.#link.bitsPerSecond;
  }

  get octetsIn(): number {
    return this.#link.octetsIn;
  }

  get octetsOut(): number {
    return this.#link.octetsOut;
  }

  async write(octets: Uint8Array): Promise<{ readonly sentAt: Stamp }> {
    const covered = this.#covered(octets);
    if (this.#mask === 'all') this.#echo = Array.from(octets, (octet) => octet & 0x7f);
    try {
      const sent = await this.#link.write(octets);
      this.#trace.add('out', octets, sent.sentAt, covered);
      return sent;
    } catch (error) {
      this.#trace.add('out', octets, this.#stamp(), covered);
      throw error;
    }
  }

  async read(deadlineMs: number): Promise<Received | 'timeout'> {
    const received = await this.#link.read(deadlineMs);
    if (received !== 'timeout') this.#trace.add('in', received.octets, received.firstAt, this.#coveredEcho(received.octets));
    return received;
  }

  drop(): void {
    this.#link.drop();
  }

  async setSpeed(bitsPerSecond: number, settings: LineSettings): Promise<void> {
    await this.#link.setSpeed(bitsPerSecond, settings);
    this.#note(`line at ${bitsPerSecond} bit/s, ${settings.dataBits} data bits, parity ${settings.parity}, ${settings.stopBits} stop bits`);
  }

  mask(mask: TraceMask | undefined): void {
    this.#mask = mask;
    this.#link.mask?.(mask);
  }

  idle(isIdle: boolean): void {
    this.#link.idle?.(isIdle);
  }

  abort(reason: string): void {
    this.#note(`aborted: ${reason}`);
    this.#link.abort(reason);
  }

  async close(): Promise<void> {
    await this.#link.close();
    this.#note('closed');
  }

  #covered(octets: Uint8Array): readonly OctetRange[] {
    if (this.#mask === 'all') return [{ from: 0, to: octets.length }];
    return this.#mask === undefined ? [] : this.#mask(octets.map((octet) => octet & 0x7f));
  }

  #coveredEcho(octets: Uint8Array): readonly OctetRange[] {
    let count = 0;
    while (count < octets.length && count < this.#echo.length && this.#echo[count] === ((octets[count] ?? 0) & 0x7f)) count += 1;
    // What differs is no echo, and nothing behind it is.
    this.#echo = count === octets.length ? this.#echo.slice(count) : [];
    const masked = typeof this.#mask === 'function' ? this.#mask(octets.map((octet) => octet & 0x7f)) : [];
    return [{ from: 0, to: count }, ...masked];
  }

  #note(text: string): void {
    this.#trace.note(text, this.#stamp());
  }

  #stamp(): Stamp {
    return { wallMs: this.#clock.now(), monotonicMs: this.#clock.monotonic() };
  }
}
