/** A farm under a fake clock, and clients that speak to its meters over real TCP. */
import { connect, type Socket } from 'node:net';
import type { ExecutionContext } from 'ava';
import { type FarmOptions, type MeterFarm, type MeterSpec, startMeters } from '../../../../ops/sim/meters/index.ts';
import type { LinkInput, LinkMachine } from '../../../../workers/codec/common/index.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

export const START = Date.parse('2026-03-24T10:00:00Z');

export interface Rig {
  readonly farm: MeterFarm;
  readonly clock: FakeClock;
  /** A connection to a meter, the first by default. */
  call(index?: number): Promise<Line>;
}

/** Meters that are there until the test ends. */
export async function rig(t: ExecutionContext, specs: readonly MeterSpec[], options: Partial<FarmOptions> = {}): Promise<Rig> {
  const clock = new FakeClock(START);
  const farm = await startMeters({ controlPort: null, ...options }, specs, { clock });
  const lines: Line[] = [];
  t.teardown(async () => {
    for (const line of lines) line.close();
    await farm.stop();
  });
  const call = async (index = 0): Promise<Line> => {
    const line = await Line.to(farm.meters[index]!.port);
    lines.push(line);
    return line;
  };
  return { farm, clock, call };
}

/** Octets in and out of a socket; what arrives is kept until somebody takes it. */
export class Line {
  readonly #socket: Socket;
  #waiting: (() => void) | undefined;
  #arrived: Buffer = Buffer.alloc(0);
  closed = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (octets: Buffer) => {
      this.#arrived = Buffer.concat([this.#arrived, octets]);
      this.#waiting?.();
    });
    socket.on('close', () => {
      this.closed = true;
      this.#waiting?.();
    });
    socket.on('error', () => undefined);
  }

  static async to(port: number): Promise<Line> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', () => resolve());
      socket.once('error', reject);
    });
    return new Line(socket);
  }

  send(octets: Uint8Array | string): void {
    this.#socket.write(typeof octets === 'string' ? Buffer.from(octets, 'latin1') : octets);
  }

  /** Sends hex digits. */
  hex(digits: string): void {
    this.send(Buffer.from(digits, 'hex'));
  }

  /** Everything up to so many octets; fewer when the connection ended. */
  async take(count: number): Promise<Buffer> {
    while (this.#arrived.length < count && !this.closed) await this.more();
    const taken = this.#arrived.subarray(0, count);
    this.#arrived = this.#arrived.subarray(count);
    return taken;
  }

  /** Everything up to this text. */
  async until(text: string): Promise<string> {
    let at = this.#arrived.indexOf(text, 0, 'latin1');
    while (at < 0 && !this.closed) {
      await this.more();
      at = this.#arrived.indexOf(text, 0, 'latin1');
    }
    return (await this.take(at + text.length)).toString('latin1');
  }

  /** What is there now. */
  drain(): Buffer {
    const taken = this.#arrived;
    this.#arrived = Buffer.alloc(0);
    return taken;
  }

  /** The next octets, or the end. */
  async more(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#waiting = resolve;
    });
    this.#waiting = undefined;
  }

  async ended(): Promise<void> {
    while (!this.closed) await this.more();
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** Drives a client's link machine over a line. Its own deadlines run by real time, so that what is lost is asked for again. */
export class Client<Command, Event extends { readonly type: string }> {
  readonly line: Line;
  readonly events: Event[] = [];
  readonly #machine: LinkMachine<Command, Event>;
  #deadlineMs: number | null = null;

  constructor(line: Line, machine: LinkMachine<Command, Event>) {
    this.line = line;
    this.#machine = machine;
  }

  /** Gives a command and waits for the first event of one of these types. */
  async ask<Type extends Event['type']>(command: Command, ...types: readonly Type[]): Promise<Extract<Event, { readonly type: Type }>> {
    this.#step({ type: 'command', command });
    for (;;) {
      const at = this.events.findIndex(({ type }) => (types as readonly string[]).includes(type));
      if (at >= 0) return this.events.splice(0, at + 1).at(-1) as Extract<Event, { readonly type: Type }>;
      if (this.line.closed) throw new Error(`closed; events ${this.events.map(({ type }) => type).join(', ')}`);
      await this.#arrival();
    }
  }

  async #arrival(): Promise<void> {
    const octets = this.line.drain();
    if (octets.length > 0) {
      this.#step({ type: 'octets', octets });
      return;
    }
    let timer: NodeJS.Timeout | undefined;
    const due = this.#deadlineMs;
    const late = new Promise<void>((resolve) => {
      if (due !== null) timer = setTimeout(resolve, Math.max(0, due - performance.now()) + 1);
    });
    await Promise.race([this.line.more(), late]);
    clearTimeout(timer);
    const more = this.line.drain();
    this.#step(more.length > 0 ? { type: 'octets', octets: more } : { type: 'time' });
  }

  #step(input: LinkInput<Command>): void {
    const { send, events, deadlineMs } = this.#machine.step(input, performance.now());
    this.#deadlineMs = deadlineMs;
    this.events.push(...events);
    for (const octets of send) this.line.send(octets);
  }
}
