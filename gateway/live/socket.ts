/** One socket, and one subscription of it: small, for there are many. */
import type { Grant } from '../../actors/access/index.ts';
import type { RawSocket } from '../http/index.ts';
import type { Group } from './group.ts';
import type { ServerFrame } from './protocol.ts';
import type { View } from './scope.ts';

export interface Subscription {
  readonly socket: LiveSocket;
  readonly group: Group;
  /**
   * `joining`: its snapshot or what it missed is on its way. `live`: in the topic, or guarded. `held`: its reader is slow.
   * `ended`: unsubscribed, or the socket is gone.
   */
  state: 'joining' | 'live' | 'held' | 'ended';
  /** Of a held one: last sequence that was told. */
  from: number;
  /** Versions of its snapshot that may still be announced. */
  guard: ReadonlyMap<string, number> | undefined;
  /** Monotonic instant at which the guard may go. */
  guardUntil: number;
  /** Rises when its joining begins anew, so that the one before ends. */
  run: number;
}

export class LiveSocket {
  readonly source: string;
  readonly secret: string | undefined;
  /** Set when it opens; the library's socket, which must not be touched once `isOpen` is false. */
  #ws: RawSocket | undefined;
  subs: Subscription[] = [];
  /** Names of subscriptions that are being looked up. */
  deciding: Set<string> | undefined;
  grant: Grant | undefined;
  view: View | undefined;
  /** An `auth` is being looked at. */
  isAuthenticating = false;
  /** Resolves when it is known whether its cookie says who it is. */
  byCookie: Promise<void> | undefined;
  isSlow = false;
  /** Monotonic instant until which it must have said who it is. */
  authBy = Number.POSITIVE_INFINITY;
  overflowAt = Number.NEGATIVE_INFINITY;
  /** Frames that it may send now, and when that was reckoned. */
  tokens = 0;
  reckonedAt = 0;
  #waiting: (() => void)[] | undefined;

  /** @param secret of the session's cookie, where it counts */
  constructor(source: string, secret: string | undefined) {
    this.source = source;
    this.secret = secret;
  }

  get isOpen(): boolean {
    return this.#ws !== undefined;
  }

  opened(ws: RawSocket): void {
    this.#ws = ws;
  }

  closed(): void {
    this.#ws = undefined;
    this.wake();
  }

  /** Bytes that wait for its reader. */
  get unsent(): number {
    return this.#ws?.getBufferedAmount() ?? 0;
  }

  tell(frame: ServerFrame): void {
    this.#ws?.send(JSON.stringify(frame));
  }

  /** Frames in their words, in one write. */
  tellAll(frames: readonly string[]): void {
    const ws = this.#ws;
    if (!ws) return;
    if (frames.length === 1 && frames[0] !== undefined) ws.send(frames[0]);
    else
      ws.cork(() => {
        for (const frame of frames) ws.send(frame);
      });
  }

  enter(topic: string): void {
    this.#ws?.subscribe(topic);
  }

  leave(topic: string): void {
    this.#ws?.unsubscribe(topic);
  }

  end(code: number, reason: string): void {
    this.#ws?.end(code, reason);
  }

  /** Resolves when something was sent of what waits, or at its end. */
  drained(): Promise<void> {
    if (!this.isOpen) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting ??= [];
      this.#waiting.push(resolve);
    });
  }

  wake(): void {
    const waiting = this.#waiting;
    if (!waiting) return;
    this.#waiting = undefined;
    for (const resolve of waiting) resolve();
  }

  find(name: string): Subscription | undefined {
    return this.subs.find((sub) => sub.group.name === name);
  }
}
