/**
 * From one event to all sockets that hear of it.
 *
 *   event ─► groups that may hear ─┬─ live ────► one frame to the topic, the library writes it to each socket
 *                                  ├─ guarded ─► the same frame, one by one, unless the snapshot had it
 *                                  └─ held ────► the latest of its subject is kept ──── drain ───► sent in order, then live again
 *
 * - F1 A socket whose reader is slow costs the others nothing: it leaves its topics as soon as it is noticed, and what is kept is kept
 *   once for its whole group.
 * - F2 What is told on one subscription rises in sequence.
 * - F3 Whoever missed more than is kept is told so by `gap overflow`, and gets a fresh snapshot.
 */
import type { Clock } from '../../actors/engine/ports.ts';
import type { LiveEvent } from './event.ts';
import type { Group } from './group.ts';
import type { Groups } from './groups.ts';
import { isGuarded } from './joining.ts';
import type { LiveOptions } from './options.ts';
import { progressHead } from './progress.ts';
import { CLOSE } from './protocol.ts';
import type { Facts } from './scope.ts';
import type { LiveSocket, Subscription } from './socket.ts';

/** Where topics are published: each listener has its own. */
export interface Publisher {
  publish(topic: string, message: string): unknown;
}

export interface FanOutSetup {
  readonly groups: Groups;
  readonly publishers: readonly Publisher[];
  readonly options: Pick<LiveOptions, 'slowBytes' | 'maxHeldSubjects' | 'maxHeldBytes' | 'overflowAgainMs'>;
  readonly clock: Pick<Clock, 'monotonic'>;
  /** It overflowed: `from` is the first sequence that it may lack. */
  onOverflow(sub: Subscription, from: number): void;
}

/** Bytes to one topic after which its sockets are looked at: half of what makes a reader slow. */
const CHECK_SHARE = 0.5;
const AT_ONCE = 32;

export class FanOut {
  readonly #setup: FanOutSetup;
  /** Last sequence that was told. */
  #told = 0;
  /** Before the events that were told last: those may not have been handed to the sockets yet. */
  #toldBefore = 0;
  readonly #toCheck = new Set<Group>();
  readonly #suspects = new Set<LiveSocket>();
  readonly slow = new Set<LiveSocket>();
  /** Events told, by how many groups. */
  events = 0;

  constructor(setup: FanOutSetup) {
    this.#setup = setup;
  }

  /** In order of sequence. */
  tell(events: readonly LiveEvent[]): void {
    const { groups } = this.#setup;
    for (const event of events) groups.each(event, (group) => this.#tellGroup(group, event));
    this.events += events.length;
    this.#toldBefore = this.#told;
    this.#told = events.at(-1)?.seq ?? this.#told;
    for (const group of this.#toCheck) this.#check(group);
    this.#toCheck.clear();
    for (const socket of this.#suspects) if (socket.unsent > this.#setup.options.slowBytes) this.#slowDown(socket);
    this.#suspects.clear();
  }

  /** Of the moment: slow readers miss it. */
  progress(facts: Facts, tail: string): void {
    this.#setup.groups.each(facts, (group) => {
      const frame = progressHead(group.name) + tail;
      this.#publish(group, frame);
      for (const { socket } of group.guarded ?? []) socket.tellAll([frame]);
    });
  }

  /** It heard all up to now. */
  join(sub: Subscription, position: number): void {
    if (sub.socket.isSlow) {
      sub.state = 'held';
      sub.from = position;
      sub.group.hold(sub);
    } else this.#enter(sub);
  }

  /** It hears nothing any more. */
  part(sub: Subscription): void {
    const { group, socket } = sub;
    if (group.live.delete(sub)) socket.leave(group.topic);
    group.guarded?.delete(sub);
    group.release(sub);
  }

  /** Nothing of its snapshot is still to be announced. */
  unguard(sub: Subscription): void {
    const wasGuarded = sub.group.guarded?.delete(sub) === true;
    sub.guard = undefined;
    if (wasGuarded) this.#enter(sub);
  }

  /** The library has thrown something away, a bound of last resort: from the last look on nothing is certain. */
  dropped(socket: LiveSocket): void {
    for (const sub of [...socket.subs]) {
      if (sub.state !== 'live') continue;
      const from = sub.group.checkedSeq;
      this.part(sub);
      sub.state = 'held';
      sub.from = from;
    }
    if (this.#overflow(socket)) return;
    for (const sub of [...socket.subs]) if (sub.state === 'held') this.#setup.onOverflow(sub, sub.from + 1);
    socket.isSlow = false;
    this.slow.delete(socket);
  }

  /** Its reader has read something: what is kept for it follows, as far as there is room. */
  drain(socket: LiveSocket): void {
    if (!socket.isSlow) return;
    const { slowBytes } = this.#setup.options;
    if (socket.unsent > slowBytes / 2) return;
    const lost = socket.subs.filter((sub) => sub.state === 'held' && sub.group.overflowed(sub));
    if (lost.length > 0) {
      if (this.#overflow(socket)) return;
      for (const sub of lost) {
        this.part(sub);
        this.#setup.onOverflow(sub, sub.from + 1);
      }
    }
    for (const sub of socket.subs) if (sub.state === 'held' && !this.#sendHeld(sub, slowBytes)) return;
    socket.isSlow = false;
    this.slow.delete(socket);
    for (const sub of socket.subs) {
      if (sub.state !== 'held') continue;
      sub.group.release(sub);
      this.#enter(sub);
    }
  }

  /** Readers of several subscriptions: the bound is for all of them together. */
  lookAtSlow(): void {
    const { maxHeldSubjects, maxHeldBytes } = this.#setup.options;
    for (const socket of this.slow) {
      if (socket.subs.length < 2) continue;
      let [subjects, bytes] = [0, socket.unsent];
      for (const sub of socket.subs) {
        if (sub.state !== 'held') continue;
        for (const event of sub.group.heldFor(sub)) {
          subjects++;
          bytes += event.tail.length;
        }
      }
      if (subjects <= maxHeldSubjects && bytes <= maxHeldBytes) continue;
      if (this.#overflow(socket)) continue;
      for (const sub of socket.subs) {
        if (sub.state !== 'held') continue;
        this.part(sub);
        this.#setup.onOverflow(sub, sub.from + 1);
      }
    }
  }

  #enter(sub: Subscription): void {
    const { group } = sub;
    sub.state = 'live';
    if (sub.guard) {
      group.guarded ??= new Set();
      group.guarded.add(sub);
      return;
    }
    if (group.live.size === 0) {
      group.unchecked = 0;
      group.checkedSeq = this.#told;
    }
    group.live.add(sub);
    sub.socket.enter(group.topic);
  }

  #tellGroup(group: Group, event: LiveEvent): void {
    const { options } = this.#setup;
    const frame = group.frame(event);
    if (group.live.size > 0) {
      this.#publish(group, frame);
      group.unchecked += frame.length;
      if (group.unchecked >= options.slowBytes * CHECK_SHARE) this.#toCheck.add(group);
    }
    for (const sub of group.guarded ?? []) {
      if (isGuarded(sub, event)) continue;
      sub.socket.tellAll([frame]);
      this.#suspects.add(sub.socket);
    }
    if (group.held) group.keep(event, options);
  }

  #publish(group: Group, frame: string): void {
    if (group.live.size === 0) return;
    for (const publisher of this.#setup.publishers) publisher.publish(group.topic, frame);
  }

  #check(group: Group): void {
    group.unchecked = 0;
    group.checkedSeq = this.#toldBefore;
    const { slowBytes } = this.#setup.options;
    for (const { socket } of group.live) if (socket.unsent > slowBytes) this.#slowDown(socket);
  }

  #slowDown(socket: LiveSocket): void {
    socket.isSlow = true;
    this.slow.add(socket);
    for (const sub of socket.subs) {
      if (sub.state !== 'live') continue;
      this.part(sub);
      sub.state = 'held';
      sub.from = this.#told;
      sub.group.hold(sub);
    }
  }

  /** False while not all is sent. */
  #sendHeld(sub: Subscription, slowBytes: number): boolean {
    const { group, socket } = sub;
    let frames: string[] = [];
    for (const event of group.heldFor(sub)) {
      sub.from = event.seq;
      if (!isGuarded(sub, event)) frames.push(group.frame(event));
      if (frames.length < AT_ONCE) continue;
      socket.tellAll(frames);
      frames = [];
      if (socket.unsent > slowBytes) return false;
    }
    if (frames.length > 0) socket.tellAll(frames);
    return socket.unsent <= slowBytes;
  }

  /** True when it was the second within the time: the socket is closed. */
  #overflow(socket: LiveSocket): boolean {
    const now = this.#setup.clock.monotonic();
    const isSecond = now - socket.overflowAt < this.#setup.options.overflowAgainMs;
    socket.overflowAt = now;
    if (isSecond) socket.end(CLOSE.overflow, 'too slow: more than may be held was missed twice');
    return isSecond;
  }
}
