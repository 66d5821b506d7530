/**
 * Subscriptions that get the same bytes: equal scope, equal name. An event is put into words once for all of them, and the library
 * hands it to its sockets by topic, many events in one write.
 *
 *   live     in the topic
 *   guarded  as live, but told one by one: something in its snapshot may still be announced, and is not to be told again
 *   held     slow readers: the latest event of each subject is kept for all of them together, in order of sequence
 *
 *   held for one of them: `latest` above its `from`.  lostUpTo > from: more than may be held, it overflowed
 */
import { eventHead, type LiveEvent } from './event.ts';
import type { Scope } from './scope.ts';
import type { Subscription } from './socket.ts';

export interface HoldLimits {
  readonly maxHeldSubjects: number;
  readonly maxHeldBytes: number;
}

export class Group {
  readonly scope: Scope;
  readonly name: string;
  readonly topic: string;
  readonly head: string;
  readonly live = new Set<Subscription>();
  guarded: Set<Subscription> | undefined;
  held: Set<Subscription> | undefined;
  /** Bytes told to its topic since its sockets were looked at. */
  unchecked = 0;
  /** Last sequence then. */
  checkedSeq = 0;
  /** Subscriptions in any state. */
  uses = 0;
  #latest: Map<string, LiveEvent> | undefined;
  #bytes = 0;
  #lostUpTo = 0;

  constructor(scope: Scope, name: string, topic: string) {
    this.scope = scope;
    this.name = name;
    this.topic = topic;
    this.head = eventHead(name);
  }

  frame(event: LiveEvent): string {
    return this.head + event.tail;
  }

  /** An event for those who are held. */
  keep(event: LiveEvent, limits: HoldLimits): void {
    this.#latest ??= new Map();
    const before = this.#latest.get(event.actor);
    if (before) {
      this.#latest.delete(event.actor);
      this.#bytes -= before.tail.length + this.head.length;
    }
    this.#latest.set(event.actor, event);
    this.#bytes += event.tail.length + this.head.length;
    while (this.#latest.size > limits.maxHeldSubjects || this.#bytes > limits.maxHeldBytes) this.#forgetOldest(this.#latest);
  }

  /** More came for it than may be held. */
  overflowed(sub: Subscription): boolean {
    return sub.from < this.#lostUpTo;
  }

  /** What is held for it, in order. */
  *heldFor(sub: Subscription): Generator<LiveEvent> {
    for (const event of this.#latest?.values() ?? []) if (event.seq > sub.from) yield event;
  }

  hold(sub: Subscription): void {
    this.held ??= new Set();
    this.held.add(sub);
  }

  release(sub: Subscription): void {
    if (!this.held?.delete(sub) || this.held.size > 0) return;
    this.held = undefined;
    this.#latest = undefined;
    this.#bytes = 0;
    this.#lostUpTo = 0;
  }

  #forgetOldest(latest: Map<string, LiveEvent>): void {
    const [oldest] = latest.values();
    if (!oldest) return;
    latest.delete(oldest.actor);
    this.#bytes -= oldest.tail.length + this.head.length;
    this.#lostUpTo = oldest.seq;
  }
}
