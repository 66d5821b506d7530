/**
 * How a subscription comes to hear what happens now: its snapshot or what it missed first, then, in one breath, into its group.
 *
 *   no `after` ─► snapshot at S ─────────────────────────────┐
 *   `after` ─► what the stream holds, said what it does not ─┴─► (seq, …] from memory ─► at the end of it: live
 *
 * - J1 Between what was told last and the first live event nothing is missing, or a `gap` says what.
 * - J2 Nobody is told more than his socket takes: the rest stays where it is until he has read.
 */
import type { Clock, Log } from '../../actors/engine/ports.ts';
import type { LiveEvent } from './event.ts';
import { Gate } from './gate.ts';
import type { LiveOptions } from './options.ts';
import { ANNOUNCED_MS, type Snapshots } from './snapshots.ts';
import type { Subscription } from './socket.ts';
import type { EventTail } from './tail.ts';

export interface JoiningSetup {
  readonly tail: EventTail;
  readonly snapshots: Snapshots;
  readonly options: Pick<LiveOptions, 'slowBytes' | 'catchUpsAtOnce'>;
  readonly clock: Pick<Clock, 'monotonic' | 'after'>;
  readonly log: Log;
  /** It heard everything up to the tail's position. */
  onJoined(sub: Subscription): void;
}

export interface Start {
  /** What the client has. */
  readonly after?: number;
  /** What it will not get: said first, and a snapshot follows. */
  readonly gap?: { readonly from: number; readonly to: number | undefined; readonly reason: 'retention' | 'overflow' };
}

/** How far it is; not whole once a gap was told, so that a snapshot follows. */
interface Place {
  position: number;
  isWhole: boolean;
}

/** Frames in one write. */
const AT_ONCE = 32;
const SNAPSHOT_PAGE = 100;
const AGAIN_MS = 500;

/** Why a run ends early: nobody waits for it any more. */
class Overtaken extends Error {}

export class Joining {
  readonly #setup: JoiningSetup;
  readonly #catchUps: Gate;

  constructor(setup: JoiningSetup) {
    this.#setup = setup;
    this.#catchUps = new Gate(setup.options.catchUpsAtOnce);
  }

  /** Never rejects. Another call for the same subscription ends the one before. */
  async join(sub: Subscription, start: Start): Promise<void> {
    const run = ++sub.run;
    sub.state = 'joining';
    const look = (): void => {
      if (sub.run !== run || sub.state !== 'joining' || !sub.socket.isOpen) throw new Overtaken();
    };
    try {
      await this.#steps(sub, start, look);
    } catch (error) {
      if (!(error instanceof Overtaken)) this.#setup.log.error({ err: error }, 'a live subscription ended by a fault');
    }
  }

  async #steps(sub: Subscription, { after, gap }: Start, look: () => void): Promise<void> {
    const { tail } = this.#setup;
    if (tail.isAway) sub.socket.tell({ kind: 'error', sub: sub.group.name, code: 'events_away', text: 'the event bus cannot be reached; what comes follows' });
    await tail.caughtUp();
    look();
    const place: Place = after === undefined ? { position: await this.#snapshot(sub, gap, look), isWhole: true } : await this.#resume(sub, after, look);
    for (;;) {
      await this.#older(sub, place, look);
      await tail.reached(place.position);
      look();
      place.position = await this.#recent(sub, place.position, look);
      if (place.position < tail.position) continue;
      if (place.isWhole) break;
      // What was lost may have changed actors that nothing is told of any more.
      place.position = await this.#snapshot(sub, undefined, look);
      place.isWhole = true;
    }
    this.#setup.onJoined(sub);
  }

  /** Where it stands once all that is told which the stream held and memory does not. */
  async #resume(sub: Subscription, after: number, look: () => void): Promise<Place> {
    const { tail } = this.#setup;
    if (after >= tail.recent.floor && after <= tail.position) return { position: after, isWhole: true };
    const { lastSeq } = await this.#ask(sub, () => tail.look(), look);
    if (after <= lastSeq) return { position: after, isWhole: true };
    // The stream was begun anew: what the client has is of another.
    sub.socket.tell({ kind: 'gap', sub: sub.group.name, from: 0, to: lastSeq, reason: 'retention' });
    return { position: lastSeq, isWhole: false };
  }

  /** Reads from the stream what memory does not have. Whoever does not read what he gets gives his place to the next meanwhile. */
  async #older(sub: Subscription, place: Place, look: () => void): Promise<void> {
    const { tail } = this.#setup;
    const ranks = new Map<string, number>();
    while (place.position < tail.recent.floor) {
      await this.#room(sub, look);
      await this.#catchUps.run(() => this.#ask(sub, () => this.#pass(sub, place, ranks, look), look));
    }
  }

  /** Up to where memory begins, or until the socket is full. */
  async #pass(sub: Subscription, place: Place, ranks: Map<string, number>, look: () => void): Promise<void> {
    const { tail, options } = this.#setup;
    const { firstSeq, lastSeq } = await tail.look();
    look();
    this.#lost(sub, place, firstSeq);
    let batch: LiveEvent[] = [];
    const hand = async (): Promise<void> => {
      // Told only after it is known that nothing before it was lost while it was read.
      if (batch.length > 0) this.#lost(sub, place, (await tail.look()).firstSeq);
      look();
      this.#hand(sub, batch, place, ranks);
      batch = [];
    };
    for await (const event of tail.older(place.position + 1, sub.group.scope.subject)) {
      look();
      if (event.seq > tail.recent.floor) {
        await hand();
        place.position = Math.max(place.position, event.seq - 1);
        return;
      }
      batch.push(event);
      if (batch.length < AT_ONCE) continue;
      await hand();
      if (sub.socket.unsent > options.slowBytes) return;
    }
    await hand();
    place.position = Math.max(place.position, Math.min(lastSeq, tail.recent.floor));
  }

  #hand(sub: Subscription, batch: readonly LiveEvent[], place: Place, ranks: Map<string, number>): void {
    const { tail } = this.#setup;
    const frames: string[] = [];
    for (const event of batch) {
      if (event.seq <= place.position) continue;
      place.position = event.seq;
      if (!sub.group.scope.allows(event) || event.rank <= (ranks.get(event.teller) ?? Number.NEGATIVE_INFINITY)) continue;
      ranks.set(event.teller, event.rank);
      // A repetition that comes later is then known for one.
      if (event.seq <= tail.recent.floor) tail.seen.take(event);
      frames.push(sub.group.frame(event));
    }
    if (frames.length > 0) sub.socket.tellAll(frames);
  }

  #lost(sub: Subscription, place: Place, firstSeq: number): void {
    if (firstSeq <= place.position + 1) return;
    sub.socket.tell({ kind: 'gap', sub: sub.group.name, from: place.position + 1, to: firstSeq - 1, reason: 'retention' });
    place.position = firstSeq - 1;
    place.isWhole = false;
  }

  /** From memory, up to the tail's position. */
  async #recent(sub: Subscription, from: number, look: () => void): Promise<number> {
    const { tail, options } = this.#setup;
    const { group, socket } = sub;
    let position = from;
    while (position < tail.position && position >= tail.recent.floor) {
      const frames: string[] = [];
      let place = tail.recent.placeAfter(position);
      for (let event = tail.recent.at(place); event && frames.length < AT_ONCE; event = tail.recent.at(++place)) {
        position = event.seq;
        if (group.scope.allows(event) && !isGuarded(sub, event)) frames.push(group.frame(event));
      }
      if (frames.length < AT_ONCE) position = tail.position;
      if (frames.length > 0) socket.tellAll(frames);
      if (socket.unsent <= options.slowBytes) continue;
      await this.#room(sub, look);
    }
    return position;
  }

  /** Tells the gap, where there is one, and what is now. */
  async #snapshot(sub: Subscription, gap: Start['gap'], look: () => void): Promise<number> {
    const { snapshots, clock } = this.#setup;
    const { group, socket } = sub;
    const { seq, items, counts, guard } = await this.#ask(sub, () => snapshots.read(group.scope), look);
    const name = group.name;
    if (gap) socket.tell({ kind: 'gap', sub: name, from: gap.from, to: gap.to ?? seq, reason: gap.reason });
    sub.guard = guard;
    sub.guardUntil = clock.monotonic() + ANNOUNCED_MS;
    for (let at = 0; at === 0 || at < items.length; at += SNAPSHOT_PAGE) {
      await this.#room(sub, look);
      const head = `{"kind":"snapshot","sub":${JSON.stringify(name)},"seq":${seq},"items":[${items.slice(at, at + SNAPSHOT_PAGE).join(',')}]`;
      const shown = at === 0 && counts ? `,"counts":${JSON.stringify(counts)}` : '';
      socket.tellAll([`${head},"more":${at + SNAPSHOT_PAGE < items.length}${shown}}`]);
    }
    return seq;
  }

  /** Asks until there is an answer; what is away is waited for. */
  async #ask<T>(sub: Subscription, question: () => Promise<T>, look: () => void): Promise<T> {
    const { tail, clock, log } = this.#setup;
    for (;;) {
      try {
        const answer = await question();
        look();
        return answer;
      } catch (error) {
        look();
        log.debug({ err: error }, 'a live subscription waits for what it asked');
        if (!tail.isAway)
          sub.socket.tell({ kind: 'error', sub: sub.group.name, code: 'unavailable', text: 'what was asked for cannot be read now; it follows' });
        await new Promise<void>((resolve) => clock.after(AGAIN_MS, resolve));
        await tail.caughtUp();
        look();
      }
    }
  }

  async #room(sub: Subscription, look: () => void): Promise<void> {
    while (sub.socket.isOpen && sub.socket.unsent > this.#setup.options.slowBytes) await sub.socket.drained();
    look();
  }
}

/** Its snapshot has it already. */
export const isGuarded = (sub: Subscription, event: LiveEvent): boolean => event.actorVersion <= (sub.guard?.get(event.actor) ?? -1);
