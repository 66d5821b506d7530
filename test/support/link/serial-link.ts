/** A serial port as the link to a meter at its optical head: what the dialogues need of one, over the port of the modem lines. */
import { setTimeout as pause } from 'node:timers/promises';
import { Value } from 'typebox/value';
import { type LineOptions, LineSchema } from '../../../actors/line/index.ts';
import type { LinePort } from '../../../actors/line/port.ts';
import { openSerialPort } from '../../../actors/line/serial-port.ts';
import { Inbox } from '../../../actors/link/inbox.ts';
import { type LineSettings, type Link, LinkError } from '../../../actors/link/link.ts';
import { realClock } from '../real-ports.ts';

const LIMITS = { maxUnreadOctets: 65_536, maxOctetsIn: 1_000_000 };
const NEVER = new AbortController().signal;

export class SerialLink implements Link {
  readonly kind = 'serial';
  bitsPerSecond: number;
  octetsOut = 0;
  /** Every change of the line: `300 7E1`. */
  readonly changes: string[] = [];
  readonly #path: string;
  readonly #inbox = new Inbox(realClock, LIMITS);
  #port: LinePort | undefined;
  /** When the last octet that was written is at the meter. A pseudo terminal takes no time, a port knows when it is empty. */
  #passedMs = 0;

  constructor(path: string, baud: number) {
    this.#path = path;
    this.bitsPerSecond = baud;
  }

  static async open(path: string, baud: number, settings: LineSettings): Promise<SerialLink> {
    const link = new SerialLink(path, baud);
    await link.#open(settings);
    return link;
  }

  get octetsIn(): number {
    return this.#inbox.octetsIn;
  }

  async write(octets: Uint8Array): Promise<{ readonly sentAt: Awaited<ReturnType<LinePort['write']>> }> {
    if (this.#inbox.failure !== undefined || this.#port === undefined) throw this.#inbox.failure ?? new LinkError('lost', 'the port is closed');
    this.octetsOut += octets.length;
    this.#passedMs = Math.max(this.#passedMs, realClock.monotonic()) + (octets.length * 10_000) / this.bitsPerSecond;
    return { sentAt: await this.#port.write(octets) };
  }

  read(deadlineMs: number): ReturnType<Link['read']> {
    return this.#inbox.read(deadlineMs);
  }

  drop(): void {
    this.#inbox.drop();
  }

  /** Once what was written has passed the wire. The library changes the speed of an open port and nothing else of it: it is opened anew. */
  async setSpeed(bitsPerSecond: number, settings: LineSettings): Promise<void> {
    await pause(Math.max(0, this.#passedMs - realClock.monotonic()));
    await this.#port?.close();
    this.bitsPerSecond = bitsPerSecond;
    this.changes.push(`${bitsPerSecond} ${settings.dataBits}${settings.parity === 'even' ? 'E' : 'N'}${settings.stopBits}`);
    await this.#open(settings);
  }

  abort(reason: string): void {
    this.#inbox.fail(new LinkError('aborted', reason), false);
  }

  async close(): Promise<void> {
    this.abort('the link was closed');
    await this.#port?.close();
  }

  async #open(settings: LineSettings): Promise<void> {
    const line = Value.Default(LineSchema, { id: 'head', kind: 'serial', path: this.#path, baud: this.bitsPerSecond }) as LineOptions;
    const events = {
      octets: (octets: Uint8Array, at: Parameters<Inbox['push']>[1]) => void this.#inbox.push(octets, at),
      carrier: () => {},
      lost: (text: string) => this.#inbox.fail(new LinkError('lost', text), true),
    };
    this.#port = await openSerialPort({ line, settings, clock: realClock }, events, NEVER);
  }
}
