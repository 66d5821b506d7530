/**
 * Link machines under fire: a client and a server joined by a line that loses, bends and invents octets, with commands at any
 * moment and time that jumps.
 *
 * L1 A step gives octets, events and a deadline, and does not throw (the runner sees throws).
 * L2 A deadline is null or a finite time.
 * L3 What a step gives is bounded by what it was given.
 * L4 Octets that are given out have memory of their own, not that of the input.
 * L5 After some silence every machine waits for nothing, or only ever for the same: retries end.
 */
import type { LinkInput, LinkMachine, LinkStep } from '../../workers/codec/common/index.ts';
import { piecesOf } from './properties.ts';
import type { Random } from './random.ts';

/** Machines of different commands in one list. */
export type AnyLink = LinkMachine<never, unknown>;

export interface LinkPair {
  readonly client: AnyLink;
  readonly server: AnyLink;
  clientCommand(payload: Uint8Array, random: Random): unknown;
  serverCommand(payload: Uint8Array, random: Random): unknown;
}

const TURNS = 48;
/** Events and frames of one step besides one for each octet that came and each segment of a message. */
const SPARE = 300;
const MOST_DEADLINES = 400;
const FIRST_MS = 1_000;
const LONGEST_JUMP_MS = 20_000;
const SHORT_WAIT_MS = 400;
/** Damage is seldom enough for whole conversations to take place. */
const DAMAGED_EVERY = 6;
/** A server mostly does answer. */
const SILENT_EVERY = 5;
const ASKED = new Set(['request', 'selected', 'command']);

class Line {
  readonly #pair: LinkPair;
  readonly #toClient: Uint8Array[] = [];
  readonly #toServer: Uint8Array[] = [];
  readonly #deadlines = { client: null as number | null, server: null as number | null };
  #nowMs = FIRST_MS;
  /** The server's application was asked something. */
  #asked = false;

  constructor(pair: LinkPair) {
    this.#pair = pair;
  }

  /** One thing that happens; the property that it breaks. */
  turn(input: Uint8Array, random: Random, isFirst: boolean): string | undefined {
    const what = isFirst ? 0 : random.below(20);
    if (what <= 1) return this.#step('client', { type: 'command', command: this.#pair.clientCommand(input, random) as never });
    if (what === 2) return this.#step('server', { type: 'command', command: this.#pair.serverCommand(input, random) as never });
    if (what === 3) return this.#hear(random.once(2) ? 'client' : 'server', input, random);
    if (what === 4) return this.#wait(random.once(4) ? random.below(LONGEST_JUMP_MS) : random.below(SHORT_WAIT_MS));
    if (what <= 8) return this.#wait(Math.max(0, (this.#deadlines.client ?? this.#nowMs) - this.#nowMs));
    const side = what % 2 === 0 ? 'server' : 'client';
    const next = (side === 'client' ? this.#toClient : this.#toServer).shift();
    if (next === undefined) return undefined;
    const fault = this.#hear(side, bent(next, random), random);
    if (fault !== undefined || !this.#asked || random.once(SILENT_EVERY)) return fault;
    return this.#step('server', { type: 'command', command: this.#pair.serverCommand(input, random) as never });
  }

  /** Nobody speaks any more. */
  fallSilent(): string | undefined {
    for (const side of ['client', 'server'] as const) {
      for (let left = MOST_DEADLINES; this.#deadlines[side] !== null; left--) {
        if (left === 0) return `L5: the ${side} never comes to rest`;
        this.#nowMs = Math.max(this.#nowMs, this.#deadlines[side] ?? 0);
        const fault = this.#step(side, { type: 'time' });
        if (fault !== undefined) return fault;
      }
    }
    return undefined;
  }

  #wait(forMs: number): string | undefined {
    this.#nowMs += forMs;
    return this.#step('client', { type: 'time' }) ?? this.#step('server', { type: 'time' });
  }

  #hear(side: 'client' | 'server', octets: Uint8Array, random: Random): string | undefined {
    const pieces = random.once(2) ? [octets] : piecesOf(octets, random);
    for (const piece of pieces) {
      const fault = this.#step(side, { type: 'octets', octets: Uint8Array.from(piece) });
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  #step(side: 'client' | 'server', input: LinkInput<never>): string | undefined {
    const given = this.#pair[side].step(input, this.#nowMs);
    this.#deadlines[side] = given.deadlineMs;
    if (side === 'server') this.#asked = given.events.some((event) => ASKED.has((event as { readonly type: string }).type));
    (side === 'client' ? this.#toServer : this.#toClient).push(...given.send);
    const fault = stepFault(given, input);
    return fault === undefined ? undefined : `${side}: ${fault}`;
  }
}

function stepFault({ send, events, deadlineMs }: LinkStep<unknown>, input: LinkInput<never>): string | undefined {
  if (deadlineMs !== null && !Number.isFinite(deadlineMs)) return `L2: deadline ${deadlineMs}`;
  const came = input.type === 'octets' ? input.octets.length : 0;
  if (send.length > came + SPARE) return `L3: ${send.length} frames to send at once`;
  if (events.length > came + SPARE) return `L3: ${events.length} events at once`;
  if (send.some((octets) => !(octets instanceof Uint8Array) || octets.length === 0)) return 'L1: nothing to send, and it is sent';
  if (input.type === 'octets' && (shares(send, input.octets) || shares(events, input.octets))) return 'L4: gives out memory of its input';
  return undefined;
}

function shares(value: unknown, input: Uint8Array): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (value instanceof Uint8Array) return value.buffer === input.buffer && value.length > 0;
  return Object.values(value).some((member) => shares(member, input));
}

function bent(octets: Uint8Array, random: Random): Uint8Array {
  const copy = Uint8Array.from(octets);
  if (!random.once(DAMAGED_EVERY)) return copy;
  switch (random.below(5)) {
    case 0:
      return new Uint8Array(0);
    case 1:
      copy[random.below(copy.length)] = random.next();
      return copy;
    case 2:
      return copy.subarray(0, random.below(copy.length));
    case 3:
      return Uint8Array.from([...random.octets(random.below(4)), ...copy]);
    default:
      return Uint8Array.from([...copy, ...copy]);
  }
}

/** @returns the broken property; undefined when all hold */
export function linkFault(name: string, pair: LinkPair, input: Uint8Array, random: Random): string | undefined {
  const line = new Line(pair);
  for (let turn = 0; turn < TURNS; turn++) {
    const fault = line.turn(input, random, turn === 0);
    if (fault !== undefined) return `${name} ${fault}`;
  }
  const fault = line.fallSilent();
  return fault === undefined ? undefined : `${name} ${fault}`;
}
