/**
 * A client link and a meter link with a bad wire between them, under simulated time. The wire keeps the order of octets and delays
 * them less than the response timeout; it drops, doubles and damages frames, cuts them in pieces and adds noise.
 */
import { type LinkCommand, type LinkInput, type LinkMachine, type LinkStep, toHex } from '../../../../workers/codec/common/index.ts';
import {
  decodeHdlcFrame,
  type HdlcClientEvent,
  HdlcClientLink,
  type HdlcClientOptions,
  type HdlcServerCommand,
  type HdlcServerEvent,
  HdlcServerLink,
  type HdlcServerOptions,
} from '../../../../workers/codec/hdlc/index.ts';

export interface Faults {
  readonly seed: number;
  /** Shares from 0 to 1. */
  readonly drop: number;
  readonly double: number;
  readonly damage: number;
}

export interface Ask {
  readonly volatile: boolean;
  readonly octets: number;
}

export interface Outcome {
  /** What became of each ask. */
  readonly ends: readonly string[];
  /** Requests that the meter's application got, in order. */
  readonly delivered: readonly string[];
  /** How often each I frame of the client was sent: `ask/version/content`. */
  readonly sent: ReadonlyMap<string, number>;
  /** Replies that claim that nothing was repeated though a frame of their request was. */
  readonly liars: readonly string[];
}

/** mulberry32 */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Octets that no other ask and no other version of this one has, in any segment of at least eight. */
export function unique(ask: number, version: number, octets: number): Uint8Array {
  const payload = new Uint8Array(Math.max(8, octets));
  for (let at = 0; at < payload.length; at += 4) payload.set([ask, version, at >>> 8, at & 0xff].slice(0, payload.length - at), at);
  return payload;
}

const reply = (payload: Uint8Array): Uint8Array => Uint8Array.from(payload, (octet) => octet ^ 0xff);

const OPTIONS: HdlcClientOptions = { responseTimeoutMs: 1000, interOctetMs: 200, pollIntervalMs: 100, retries: 200, busyTimeoutMs: 60_000 };

export function converse(asks: readonly Ask[], faults: Faults, options: HdlcClientOptions & HdlcServerOptions, thinkMs: number): Outcome {
  const chance = random(faults.seed);
  const client = new HdlcClientLink({ ...OPTIONS, ...options });
  const server = new HdlcServerLink({ ...options, interOctetMs: 200, inactivityMs: 10_000_000 });
  const ends: string[] = [];
  const delivered: string[] = [];
  const sent = new Map<string, number>();
  const liars: string[] = [];
  const queue: { readonly atMs: number; readonly run: () => void }[] = [];
  const busyUntilMs = { client: 0, server: 0 };
  const deadlines: Record<'client' | 'server', number | null> = { client: null, server: null };
  let nowMs = 0;
  let current = -1;
  let version = 0;

  const at = (atMs: number, run: () => void) => {
    const place = queue.findIndex((entry) => entry.atMs > atMs);
    queue.splice(place < 0 ? queue.length : place, 0, { atMs, run });
  };

  const carry = (to: 'client' | 'server', frame: Uint8Array) => {
    if (chance() < faults.drop) return;
    const copies = chance() < faults.double ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      const octets = frame.slice();
      if (chance() < faults.damage) octets[Math.floor(chance() * octets.length)]! ^= 1 << Math.floor(chance() * 8);
      const noise = chance() < faults.damage ? [Math.floor(chance() * 256), 0x7e, 0xa0] : [];
      const whole = Uint8Array.from([...noise, ...octets]);
      for (let from = 0; from < whole.length; ) {
        const size = 1 + Math.floor(chance() * whole.length);
        const piece = whole.slice(from, from + size);
        busyUntilMs[to] = Math.max(busyUntilMs[to], nowMs) + Math.floor(chance() * 20);
        at(busyUntilMs[to], () => (to === 'client' ? stepClient({ type: 'octets', octets: piece }) : stepServer({ type: 'octets', octets: piece })));
        from += size;
      }
    }
  };

  function run<Command, Event>(machine: LinkMachine<Command, Event>, input: LinkInput<Command>, side: 'client' | 'server'): LinkStep<Event> {
    const step = machine.step(input, nowMs);
    deadlines[side] = step.deadlineMs;
    for (const frame of step.send) carry(side === 'client' ? 'server' : 'client', frame);
    return step;
  }

  function stepServer(input: LinkInput<HdlcServerCommand>): void {
    for (const event of run<HdlcServerCommand, HdlcServerEvent>(server, input, 'server').events) {
      if (event.type !== 'request') continue;
      delivered.push(toHex(event.payload));
      const payload = reply(event.payload);
      at(nowMs + Math.floor(chance() * thinkMs), () => stepServer({ type: 'command', command: { type: 'reply', payload } }));
    }
  }

  function note(frame: Uint8Array): void {
    const decoded = decodeHdlcFrame(frame);
    if (decoded.kind !== 'good' || decoded.value.type !== 'I') return;
    const content = `${current}/${version}/${toHex(decoded.value.information)}`;
    sent.set(content, (sent.get(content) ?? 0) + 1);
  }

  function stepClient(input: LinkInput<LinkCommand>): void {
    const { send, events } = run<LinkCommand, HdlcClientEvent>(client, input, 'client');
    for (const frame of send) note(frame);
    for (const event of events) hear(event);
  }

  function say(type: 'request' | 'fresh'): void {
    const ask = asks[current];
    const payload = unique(current, version, ask?.octets ?? 0);
    if (ask === undefined) stepClient({ type: 'command', command: { type: 'close' } });
    else stepClient({ type: 'command', command: type === 'fresh' ? { type, payload } : { type, payload, volatile: ask.volatile } });
  }

  function next(): void {
    current++;
    version = 0;
    say('request');
  }

  function hear(event: HdlcClientEvent): void {
    const mine = () => toHex(unique(current, version, asks[current]?.octets ?? 0));
    if (event.type === 'opened') next();
    else if (event.type === 'closed') ends.push('closed');
    else if (event.type === 'reply') {
      ends.push(toHex(reply(event.payload)) === mine() ? `answered ${version}` : 'wrong answer');
      const again = [...sent].some(([content, times]) => times > 1 && content.startsWith(`${current}/${version}/`));
      if (again && !event.repeated) liars.push(mine());
      next();
    } else if (event.type === 'fresh-payload-wanted') {
      version++;
      say('fresh');
    } else if (event.type === 'failed') {
      ends.push(event.reason);
      stepClient({ type: 'command', command: { type: 'open' } });
    } else if (event.type === 'unknown-outcome') ends.push('unknown');
    else if (event.type === 'unsolicited') ends.push('unsolicited');
  }

  stepClient({ type: 'command', command: { type: 'open' } });
  for (let turn = 0; ends.at(-1) !== 'closed'; turn++) {
    if (turn > 200_000) throw new Error('the conversation does not end');
    const waits = [deadlines.client, deadlines.server].filter((deadline) => deadline !== null);
    const timeMs = Math.min(...waits);
    const first = queue[0];
    if (first !== undefined && first.atMs <= timeMs) {
      queue.shift();
      nowMs = Math.max(nowMs, first.atMs);
      first.run();
    } else {
      nowMs = Math.max(nowMs, timeMs);
      if (deadlines.client !== null && deadlines.client <= nowMs) stepClient({ type: 'time' });
      else stepServer({ type: 'time' });
    }
  }
  return { ends, delivered, sent, liars };
}
