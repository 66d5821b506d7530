/**
 * The optical head of a meter: a pseudo terminal in place of a serial port. It begins at 300 baud, 7E1, and changes as the meter and
 * its reader agree; what one side sends while the other has another speed is not understood, as at a real head. Of the settings a pseudo
 * terminal keeps the speed alone: seven bits and parity cannot be compared.
 */
import type { Clock } from '../../../actors/engine/ports.ts';
import { openPtyLine, type PtyLine } from '../modems/pty-line.ts';
import type { SimMeter } from './meter.ts';
import { MeterEnd } from './meter-end.ts';
import type { WireLine } from './session.ts';
import type { Wheel } from './wheel.ts';

/** Of a meter whose identification does not say that it is faster (meter-protocols 4.4). */
const REACTION_MS = 200;
const BITS_PER_OCTET = 10;
const SIGN_ON: WireLine = { baud: 300, dataBits: 7, parity: 'even' };

export class OpticalPort {
  readonly ptyPath: string;
  readonly #clock: Clock;
  readonly #pty: PtyLine;
  readonly #end: MeterEnd;
  readonly #changes: string[] = [];
  #line = SIGN_ON;
  #agreed: WireLine | undefined;
  #misheard = 0;
  /** The last piece, either way, has passed by then. */
  #freeAt = 0;
  #stopped = false;

  constructor(meter: SimMeter, clock: Clock, wheel: Wheel, connection: number) {
    this.#clock = clock;
    this.#pty = openPtyLine(undefined, () => ({ receive: (octets) => this.#receive(octets) }));
    this.ptyPath = this.#pty.ptyPath;
    const outlet = {
      connection,
      write: (octets: Uint8Array) => this.#send(octets),
      destroy: () => {},
      setLine: (line: WireLine) => this.#setLine(line),
    };
    this.#end = new MeterEnd(meter, { shared: false, first: true }, outlet, clock, wheel);
  }

  /** Pieces that came or went while the two sides had different speeds. */
  get misheard(): number {
    return this.#misheard;
  }

  /** How the meter was set, one after the other: `9600 8N1`. */
  get changes(): readonly string[] {
    return this.#changes;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#end.closed();
    await this.#pty.stop();
  }

  #receive(octets: Uint8Array): void {
    const line = this.#line;
    if (this.#isTuned(line)) this.#later(wireMs(octets, line), () => this.#end.take(octets));
  }

  /** At the speed of now, after the reaction time: until then the reader may change its own. */
  #send(octets: Uint8Array): void {
    const line = this.#line;
    this.#later(REACTION_MS + wireMs(octets, line), () => {
      if (this.#isTuned(line)) this.#pty.send(octets);
    });
  }

  /** One after the other, as on the wire. */
  #later(delayMs: number, deliver: () => void): void {
    const now = this.#clock.monotonic();
    this.#freeAt = Math.max(this.#freeAt, now + delayMs);
    this.#clock.after(this.#freeAt - now, () => {
      if (!this.#stopped) deliver();
    });
  }

  /** Looked at until both agree, after each change of the meter's side: it costs a process each time. */
  #isTuned(line: WireLine): boolean {
    if (line === this.#agreed) return true;
    const isTuned = this.#pty.baud() === line.baud;
    if (isTuned) this.#agreed = line;
    else this.#misheard++;
    return isTuned;
  }

  #setLine(line: WireLine): void {
    this.#line = line;
    this.#changes.push(`${line.baud} ${line.dataBits}${line.parity === 'even' ? 'E' : 'N'}1`);
  }
}

const wireMs = (octets: Uint8Array, { baud }: WireLine): number => (octets.length * BITS_PER_OCTET * 1_000) / baud;
