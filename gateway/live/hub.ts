/**
 * The live sockets of this node: who is there, what each may, and what each hears (interfaces 4.1).
 *
 *   opened ──cookie of a session, or `auth`──► ready ──subscribe──► joining ──► live ◄──► held (slow reader)
 *     └─ in time, or 4401                        └─ its key, token or session ends: 4401
 */
import type { Grant } from '../../actors/access/index.ts';
import type { StoreReader } from '../../actors/engine/face.ts';
import type { Clock, Log, Timer } from '../../actors/engine/ports.ts';
import { FanOut, type Publisher } from './fan-out.ts';
import { Groups } from './groups.ts';
import { type Hold, Holders } from './holders.ts';
import { Joining } from './joining.ts';
import type { LiveOptions } from './options.ts';
import { ProgressFeed } from './progress.ts';
import { CLOSE, type ClientFrame, type Filter, LIVE_PROTOCOL, type LiveError, readClientFrame } from './protocol.ts';
import { decide, filtersOf, viewOf } from './scope.ts';
import { Snapshots } from './snapshots.ts';
import type { LiveSocket, Subscription } from './socket.ts';
import { EventTail, type LiveBus } from './tail.ts';

/** Who somebody is, by what he shows. */
export interface LiveIdentities {
  key(text: string): Grant | undefined | Promise<Grant | undefined>;
  token(text: string): Grant | undefined | Promise<Grant | undefined>;
  /** By the secret of the cookie; absent: there are no sessions. */
  session?(secret: string): Grant | undefined | Promise<Grant | undefined>;
  readonly hold: Hold;
  /** A failed authentication of a source address; 0, or milliseconds for which it is to be refused. */
  failed(source: string): number;
}

export interface LiveSetup {
  readonly options: LiveOptions;
  readonly bus: LiveBus;
  /** Of every subject: `mw`. */
  readonly prefix: string;
  readonly store: StoreReader;
  /** All shards of the installation. */
  readonly shards: readonly number[];
  readonly identities: LiveIdentities;
  readonly clock: Clock;
  readonly log: Log;
}

export interface LiveStats {
  readonly sockets: number;
  readonly subscriptions: number;
  readonly groups: number;
  readonly slow: number;
  /** Events that were read and handed on since the start. */
  readonly events: number;
}

const SWEEP_MS = 1_000;
/** An outage that is shorter is nobody's concern. */
const AWAY_MS = 2_000;
const RESTARTING = 'restarting';

export class LiveHub {
  readonly #setup: LiveSetup;
  readonly #sockets = new Set<LiveSocket>();
  readonly #unknown = new Set<LiveSocket>();
  readonly #groups = new Groups();
  readonly #publishers: Publisher[] = [];
  readonly #holders: Holders;
  readonly #tail: EventTail;
  readonly #joining: Joining;
  readonly #fanOut: FanOut;
  readonly #progress: ProgressFeed;
  readonly #guarded = new Set<Subscription>();
  #subscriptions = 0;
  #timer: Timer | undefined;
  #awayTimer: Timer | undefined;
  #unwatch: (() => void) | undefined;
  #isClosing = false;

  constructor(setup: LiveSetup) {
    this.#setup = setup;
    const { options, bus, prefix, store, shards, identities, clock, log } = setup;
    this.#holders = new Holders(identities.hold, (sockets) => {
      for (const socket of sockets) socket.end(CLOSE.unauthenticated, 'the key, token or session has ended');
    });
    this.#tail = new EventTail({
      bus,
      prefix,
      options,
      clock,
      log,
      onEvents: (events) => {
        for (const event of events) this.#progress.learn(event);
        this.#fanOut.tell(events);
      },
      onLoss: ({ from, to }) => {
        for (const { subs } of this.#sockets) for (const sub of subs) this.#rejoin(sub, { from, to, reason: 'retention' });
      },
    });
    this.#fanOut = new FanOut({
      groups: this.#groups,
      publishers: this.#publishers,
      options,
      clock,
      onOverflow: (sub, from) => this.#rejoin(sub, { from, to: undefined, reason: 'overflow' }),
    });
    const snapshots = new Snapshots({ store, shards, tail: this.#tail, options, clock });
    this.#joining = new Joining({ tail: this.#tail, snapshots, options, clock, log, onJoined: (sub) => this.#joined(sub) });
    this.#progress = new ProgressFeed({ bus, prefix, store, clock, log, onProgress: (facts, tail) => this.#fanOut.progress(facts, tail) });
    this.#unwatch = bus.onChange((connected) => this.#busChanged(connected));
  }

  get stats(): LiveStats {
    const sockets = this.#sockets.size;
    return { sockets, subscriptions: this.#subscriptions, groups: this.#groups.size, slow: this.#fanOut.slow.size, events: this.#fanOut.events };
  }

  get isFull(): boolean {
    return this.#isClosing || this.#sockets.size >= this.#setup.options.maxSockets;
  }

  get isClosing(): boolean {
    return this.#isClosing;
  }

  /** Where topics of another listener are published. */
  serve(publisher: Publisher): void {
    this.#publishers.push(publisher);
  }

  opened(socket: LiveSocket): void {
    const { options, clock, identities } = this.#setup;
    const now = clock.monotonic();
    socket.authBy = now + options.authTimeoutMs;
    socket.tokens = options.frameBurst;
    socket.reckonedAt = now;
    this.#sockets.add(socket);
    this.#unknown.add(socket);
    this.#timer ??= clock.after(SWEEP_MS, () => this.#sweep());
    if (socket.secret === undefined || !identities.session) return;
    socket.byCookie = this.#authenticate(socket, identities.session(socket.secret), false).finally(() => {
      socket.byCookie = undefined;
    });
  }

  closed(socket: LiveSocket): void {
    this.#sockets.delete(socket);
    this.#unknown.delete(socket);
    this.#fanOut.slow.delete(socket);
    for (const sub of socket.subs) this.#end(sub);
    socket.subs = [];
    if (socket.grant) this.#holders.leave(socket.grant, socket);
  }

  drained(socket: LiveSocket): void {
    this.#fanOut.drain(socket);
    socket.wake();
  }

  /** Not within the library's own call: it walks over the very topics that are left now. */
  dropped(socket: LiveSocket): void {
    this.#setup.clock.soon(() => {
      if (socket.isOpen) this.#fanOut.dropped(socket);
    });
  }

  message(socket: LiveSocket, data: ArrayBuffer, isBinary: boolean): void {
    const { options } = this.#setup;
    if (data.byteLength > options.maxFrameBytes) {
      this.#refuse(socket, 'frame_too_large', `frame: must have at most ${options.maxFrameBytes} bytes, not ${data.byteLength}`);
      socket.end(CLOSE.tooBig, 'frame too large');
      return;
    }
    if (!this.#admits(socket)) {
      socket.end(CLOSE.tooMany, 'too many frames');
      return;
    }
    if (isBinary) {
      this.#refuse(socket, 'frame_invalid', 'frame: must be text');
      return;
    }
    const read = readClientFrame(Buffer.from(data).toString('utf8'));
    if (read.kind === 'bad') this.#refuse(socket, read.code, read.text, read.sub);
    else this.#take(socket, read.frame);
  }

  /** Everybody is told to come again. */
  close(): void {
    this.#isClosing = true;
    this.#unwatch?.();
    this.#awayTimer?.cancel();
    this.#timer?.cancel();
    this.#timer = undefined;
    for (const socket of [...this.#sockets]) socket.end(CLOSE.restart, RESTARTING);
    this.#tail.stop();
    this.#progress.stop();
  }

  #take(socket: LiveSocket, frame: ClientFrame): void {
    const { identities } = this.#setup;
    switch (frame.kind) {
      case 'ping':
        socket.tell({ kind: 'pong' });
        break;
      case 'auth': {
        // A cookie that says nothing must not stand in the way of a key that does.
        if (socket.byCookie) void socket.byCookie.then(() => this.#take(socket, frame));
        else if (socket.grant || socket.isAuthenticating) this.#refuse(socket, 'already_authenticated', 'auth: this socket is authenticated, or about to be');
        else void this.#authenticate(socket, 'key' in frame ? identities.key(frame.key) : identities.token(frame.token), true);
        break;
      }
      case 'subscribe':
        void this.#subscribe(socket, frame.sub, frame.filter as Filter, frame.after);
        break;
      case 'unsubscribe': {
        // One that is still being looked up does not come about.
        if (socket.deciding?.delete(frame.sub)) break;
        const sub = socket.find(frame.sub);
        if (!sub) {
          this.#refuse(socket, 'sub_unknown', 'sub: this socket has no such subscription', frame.sub);
          break;
        }
        socket.subs = socket.subs.filter((other) => other !== sub);
        this.#end(sub);
        break;
      }
    }
  }

  /** @param mustKnow a credential that says nothing closes the socket; a cookie that says nothing does not */
  async #authenticate(socket: LiveSocket, asked: Grant | undefined | Promise<Grant | undefined>, mustKnow: boolean): Promise<void> {
    const { identities, options, log } = this.#setup;
    socket.isAuthenticating = true;
    try {
      const grant = asked instanceof Promise ? await asked : asked;
      if (!socket.isOpen) return;
      if (!grant) {
        if (!mustKnow) return;
        const wait = identities.failed(socket.source);
        if (wait > 0) socket.end(CLOSE.tooMany, 'too many failed authentications');
        else socket.end(CLOSE.unauthenticated, 'the key or token is unknown, revoked or expired');
        return;
      }
      const view = viewOf(grant);
      if (!view) {
        socket.end(CLOSE.forbidden, 'the token has no scope for live sockets');
        return;
      }
      if (this.#holders.count(grant) >= options.maxSocketsPerKey) {
        socket.end(CLOSE.tooMany, `more than ${options.maxSocketsPerKey} sockets of one key, token or session`);
        return;
      }
      socket.grant = grant;
      socket.view = view;
      this.#unknown.delete(socket);
      const { maxSubscriptions, maxFrameBytes } = options;
      const filters = [...filtersOf(view)];
      socket.tell({ kind: 'ready', protocol: LIVE_PROTOCOL, stream: this.#tail.stream, filters, maxSubscriptions, maxFrameBytes });
      this.#holders.enter(grant, socket);
    } catch (error) {
      log.warn({ err: error }, 'who opened a live socket could not be looked up');
      if (socket.isOpen) this.#refuse(socket, 'try_again', 'auth: cannot be looked up now; try again');
    } finally {
      socket.isAuthenticating = false;
    }
  }

  async #subscribe(socket: LiveSocket, name: string, filter: Filter, after: number | undefined): Promise<void> {
    const { store, prefix, log } = this.#setup;
    const { view } = socket;
    if (!view) {
      this.#refuse(socket, 'unauthenticated', 'subscribe: only after `ready`', name);
      return;
    }
    const refusal = this.#tooMany(socket, name);
    if (refusal) {
      this.#refuse(socket, refusal.code, refusal.text, name);
      return;
    }
    try {
      this.#start();
      socket.deciding ??= new Set();
      socket.deciding.add(name);
      const decision = await decide(view, filter, store, prefix);
      if (!socket.deciding.delete(name) || !socket.isOpen) return;
      if (decision.kind === 'refused') this.#refuse(socket, 'filter_refused', decision.text, name);
      else {
        const group = this.#groups.enter(decision.scope, name);
        const sub: Subscription = { socket, group, state: 'joining', from: 0, guard: undefined, guardUntil: 0, run: 0 };
        socket.subs.push(sub);
        this.#subscriptions++;
        await this.#joining.join(sub, after === undefined ? {} : { after });
      }
    } catch (error) {
      log.warn({ err: error }, 'a live subscription could not be looked up');
      socket.deciding?.delete(name);
      this.#refuse(socket, 'try_again', 'subscribe: cannot be looked up now; try again', name);
    }
  }

  #tooMany(socket: LiveSocket, name: string): { readonly code: LiveError; readonly text: string } | undefined {
    const { maxSubscriptions } = this.#setup.options;
    if (socket.find(name) || socket.deciding?.has(name)) return { code: 'sub_taken', text: 'sub: this socket has a subscription of that name' };
    if (socket.subs.length + (socket.deciding?.size ?? 0) >= maxSubscriptions)
      return { code: 'too_many_subscriptions', text: `sub: a socket has at most ${maxSubscriptions} subscriptions` };
    return undefined;
  }

  /** Nothing is read before somebody wants to hear of it. */
  #start(): void {
    this.#tail.start();
    this.#progress.start();
  }

  #joined(sub: Subscription): void {
    this.#fanOut.join(sub, this.#tail.position);
    if (sub.guard) this.#guarded.add(sub);
  }

  #rejoin(sub: Subscription, gap: { readonly from: number; readonly to: number | undefined; readonly reason: 'retention' | 'overflow' }): void {
    this.#fanOut.part(sub);
    this.#guarded.delete(sub);
    sub.guard = undefined;
    void this.#joining.join(sub, { gap });
  }

  #end(sub: Subscription): void {
    this.#fanOut.part(sub);
    this.#guarded.delete(sub);
    sub.state = 'ended';
    sub.run++;
    this.#groups.leave(sub.group);
    this.#subscriptions--;
  }

  #refuse(socket: LiveSocket, code: LiveError, text: string, sub?: string): void {
    socket.tell({ kind: 'error', ...(sub === undefined ? {} : { sub }), code, text });
  }

  /** Whether it may send one more frame now. */
  #admits(socket: LiveSocket): boolean {
    const { options, clock } = this.#setup;
    const now = clock.monotonic();
    socket.tokens = Math.min(options.frameBurst, socket.tokens + ((now - socket.reckonedAt) * options.framesPerSecond) / 1_000);
    socket.reckonedAt = now;
    if (socket.tokens < 1) return false;
    socket.tokens--;
    return true;
  }

  #busChanged(connected: boolean): void {
    this.#awayTimer?.cancel();
    this.#awayTimer = undefined;
    if (connected) return;
    this.#awayTimer = this.#setup.clock.after(AWAY_MS, () => {
      for (const socket of this.#sockets)
        if (socket.subs.length > 0) this.#refuse(socket, 'events_away', 'the event bus cannot be reached; what happens meanwhile follows when it is back');
    });
  }

  #sweep(): void {
    this.#timer = undefined;
    const now = this.#setup.clock.monotonic();
    for (const socket of this.#unknown)
      if (socket.authBy <= now) socket.end(CLOSE.unauthenticated, `not authenticated within ${this.#setup.options.authTimeoutMs} ms`);
    for (const sub of this.#guarded) {
      // While the bus is away nothing is announced, and nothing is over.
      if (sub.guardUntil > now || !this.#tail.isAttached || sub.state !== 'live') continue;
      this.#guarded.delete(sub);
      this.#fanOut.unguard(sub);
    }
    this.#fanOut.lookAtSlow();
    if (this.#sockets.size > 0 && !this.#isClosing) this.#timer = this.#setup.clock.after(SWEEP_MS, () => this.#sweep());
  }
}
