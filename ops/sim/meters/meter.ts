/**
 * One simulated meter, whatever it speaks: its identity, clock and faults, and what it remembers from session to session. What it
 * says on a connection is its session's business (`session.ts`).
 */
import type { Clock } from '../../../actors/engine/ports.ts';
import { SimClock } from './clock.ts';
import { FaultBook } from './faults.ts';
import type { MeterSpec } from './options.ts';
import { SeededRandom } from './random.ts';
import type { Journal } from './records.ts';
import { Visit } from './visit.ts';

/** Connections of a meter that has no sign-on belong to one session when they follow each other within this. */
const LINGER_MS = 60_000;

export interface MeterStats {
  readonly connections: number;
  readonly sessions: number;
  readonly octetsIn: number;
  readonly octetsOut: number;
  readonly wrongPasswords: number;
  readonly locked: boolean;
}

export class SimMeter {
  readonly index: number;
  readonly spec: MeterSpec;
  readonly clock: SimClock;
  readonly faults: FaultBook;
  readonly random: SeededRandom;
  readonly journal: Journal;
  /** Until then it is dead, of the monotonic clock. */
  silentUntilMs = Number.NEGATIVE_INFINITY;
  /** Applied writes of the clock since it was read. */
  writesSinceClockRead = 0;
  /** Last invocation counter that was seen of a client. */
  clientCounter: number;
  connections = 0;
  octetsIn = 0;
  octetsOut = 0;
  #ownCounter = 0;
  #sessions = 0;
  #wrongPasswords = 0;
  #lingering: Visit | undefined;

  constructor(index: number, spec: MeterSpec, seed: number, clock: Clock, journal: Journal) {
    this.index = index;
    this.spec = spec;
    this.clock = new SimClock(clock, spec.clock);
    this.faults = new FaultBook(spec.faults);
    this.random = new SeededRandom(seed, spec.serialNumber);
    this.journal = journal;
    this.clientCounter = spec.dlms?.clientCounter ?? 0;
  }

  /** The serial number that it tells. */
  get serialNumber(): string {
    return this.faults.current.serialNumber ?? this.spec.serialNumber;
  }

  get locked(): boolean {
    const most = this.faults.current.lockAfter;
    return most !== undefined && this.#wrongPasswords >= most;
  }

  /** Is the log-in good? Counts wrong ones; a meter that is locked takes none. */
  judge(right: boolean): boolean {
    if (!right) this.#wrongPasswords += 1;
    return right && !this.locked;
  }

  /** For its own ciphered messages: never the same one twice. */
  nextCounter(): number {
    this.#ownCounter += 1;
    return this.#ownCounter;
  }

  newVisit(nowMs: number): Visit {
    this.#sessions += 1;
    return new Visit(this.#sessions, nowMs);
  }

  /** The visit that goes on over connections, as Emlite meters are asked. */
  lingeringVisit(nowMs: number): Visit {
    const visit = this.#lingering;
    if (visit !== undefined && nowMs - visit.lastMs < LINGER_MS) {
      visit.lastMs = nowMs;
      return visit;
    }
    this.#lingering = this.newVisit(nowMs);
    return this.#lingering;
  }

  get stats(): MeterStats {
    const { connections, octetsIn, octetsOut, locked } = this;
    return { connections, sessions: this.#sessions, octetsIn, octetsOut, wrongPasswords: this.#wrongPasswords, locked };
  }
}
