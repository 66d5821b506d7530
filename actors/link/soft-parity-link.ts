import type { LineSettings, Link, Received, Sent } from './link.ts';
import { LinkError } from './link.ts';
import { countParityFaults, putParity, takeParity } from './parity.ts';
import type { TraceMask } from './trace.ts';

export interface SoftParityOptions {
  /** Seven data bits; stop bits mean nothing here. */
  readonly settings: LineSettings;
  /** Wrong parities after which the link is given up as `lost`; default none: codecs have checksums, and some meters send none. */
  readonly maxFaults?: number;
}

/**
 * Seven data bits and parity over a channel of eight bits: parity is put into bit 7 of what is written, and taken off what is read.
 * `setSpeed` passes on: an optical head that changes to eight bits is not behind this wrapper.
 */
export class SoftParityLink implements Link {
  readonly #link: Link;
  readonly #settings: LineSettings;
  readonly #maxFaults: number;
  #faults = 0;

  constructor(link: Link, options: SoftParityOptions) {
    this.#link = link;
    this.#settings = options.settings;
    this.#maxFaults = options.maxFaults ?? Number.POSITIVE_INFINITY;
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

  /** Octets that came with a wrong parity: a sign of wrong settings, or of a bad line. */
  get parityFaults(): number {
    return this.#faults;
  }

  write(octets: Uint8Array): Sent | Promise<Sent> {
    return this.#link.write(putParity(octets, this.#settings.parity));
  }

  async read(deadlineMs: number): Promise<Received | 'timeout'> {
    const received = await this.#link.read(deadlineMs);
    if (received === 'timeout') return received;
    this.#faults += countParityFaults(received.octets, this.#settings.parity);
    if (this.#faults > this.#maxFaults) {
      const text = `more than ${this.#maxFaults} octets had a wrong parity`;
      this.#link.abort(text);
      throw new LinkError('lost', text);
    }
    return { octets: takeParity(received.octets), firstAt: received.firstAt };
  }

  drop(): void {
    this.#link.drop();
  }

  setSpeed(bitsPerSecond: number, settings: LineSettings): Promise<void> {
    return this.#link.setSpeed(bitsPerSecond, settings);
  }

  mask(mask: TraceMask | undefined): void {
    this.#link.mask?.(mask);
  }

  idle(isIdle: boolean): void {
    this.#link.idle?.(isIdle);
  }

  abort(reason: string): void {
    this.#link.abort(reason);
  }

  close(): Promise<void> {
    return this.#link.close();
  }
}

/** Wraps a channel of eight bits when the settings want seven; else gives the link as it is. */
export function withSoftParity(link: Link, settings: LineSettings, maxFaults?: number): Link {
  if (settings.dataBits === 8) return link;
  return new SoftParityLink(link, maxFaults === undefined ? { settings } : { settings, maxFaults });
}
