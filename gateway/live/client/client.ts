/**
 * Hears of appointments, meter points and meter actions as they change, over one WebSocket, in browsers and in Node. It connects again
 * by itself, goes on where it was, and says what it missed.
 *
 *   connecting ──auth, ready──► ready ──lost──► waiting (longer each time, at random) ──► connecting
 *        └── refused (4401, 4403), or `close()` ──► closed
 *
 * - C1 Handlers get each event once, in order of `seq`.
 * - C2 Nothing is missing between two of them, or `onGap` said so before.
 */
import { type ErrorFrame, type Event, type Filter, type Gap, type Progress, readFrame, type ServerFrame, type Snapshot } from './frames.ts';
import { Position } from './position.ts';

/** What this client needs of a WebSocket: that of browsers, of Node, and of the packages `ws` and `undici`. */
export interface SocketLike {
  onopen: ((event: never) => unknown) | null;
  onmessage: ((event: never) => unknown) | null;
  onclose: ((event: never) => unknown) | null;
  onerror: ((event: never) => unknown) | null;
  send(text: string): void;
  close(): void;
}

export interface LiveClientOptions {
  /** `wss://host:port/live/v1`. */
  readonly url: string;
  /** API key. Neither key nor token: the session of the page. */
  readonly key?: string;
  readonly token?: string;
  /** Opens a socket; by default the WebSocket of the browser or of Node. Node's own takes no certificate of ours: hand in one that does. */
  readonly open?: (url: string) => SocketLike;
  /** Ceiling of the first pause before it connects again, milliseconds. Default 250. */
  readonly reconnectMinMs?: number;
  /** Highest such ceiling, milliseconds. Default 30,000. */
  readonly reconnectMaxMs?: number;
  /** How often it asks whether the other side is there, milliseconds; without an answer for twice as long it connects again. Default 30,000. */
  readonly pingMs?: number;
  /** Uniform in [0, 1), for the pauses. Default `Math.random`. */
  readonly random?: () => number;
  onState?(state: LiveState): void;
  /** What concerns no subscription: `events_away`. */
  onError?(error: ErrorFrame): void;
}

/** `closed`: for good; `code` as the server closed, 0 by `close()`. */
export type LiveState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'ready' }
  | { readonly kind: 'waiting'; readonly delayMs: number; readonly code: number }
  | { readonly kind: 'closed'; readonly code: number; readonly reason: string };

export interface Handlers {
  onSnapshot?(snapshot: Snapshot): void;
  onEvent?(event: Event): void;
  onProgress?(progress: Progress): void;
  onGap?(gap: Gap): void;
  /** Refusals end the subscription; `events_away` and `unavailable` do not. */
  onError?(error: ErrorFrame): void;
}

export interface LiveSubscription {
  /** Last sequence that it has; undefined before its first snapshot is complete. */
  readonly seq: number | undefined;
  close(): void;
}

interface Sub {
  readonly name: string;
  readonly filter: Filter;
  readonly handlers: Handlers;
  readonly position: Position;
}

const GOES_ON: ReadonlySet<string> = new Set(['events_away', 'unavailable']);
/** Closed with one of these, the next try would end alike. */
const FINAL: ReadonlySet<number> = new Set([4401, 4403]);
const TRY_AGAIN_MS = 1_000;
/** In which a close follows an error, with its code. */
const CLOSE_FOLLOWS_MS = 100;

export class LiveClient {
  readonly #options: LiveClientOptions;
  readonly #subs = new Map<string, Sub>();
  #socket: SocketLike | undefined;
  #isReady = false;
  #isClosed = false;
  #names = 0;
  #attempts = 0;
  #stream: string | null = null;
  #heardAt = 0;
  #pause: ReturnType<typeof setTimeout> | undefined;
  #ping: ReturnType<typeof setInterval> | undefined;

  constructor(options: LiveClientOptions) {
    this.#options = options;
    this.#connect();
  }

  /** Hear of something. @param after last sequence that is known from before: what came after it follows, without a snapshot */
  subscribe(filter: Filter, handlers: Handlers, after?: number): LiveSubscription {
    const name = `s${++this.#names}`;
    const sub: Sub = { name, filter, handlers, position: new Position(after) };
    this.#subs.set(name, sub);
    if (this.#isReady) this.#ask(sub);
    return {
      get seq() {
        return sub.position.seq;
      },
      close: () => {
        if (this.#subs.delete(name) && this.#isReady) this.#send({ kind: 'unsubscribe', sub: name });
      },
    };
  }

  /** End it, for good. */
  close(): void {
    this.#end(0, '');
  }

  #connect(): void {
    this.#tell({ kind: 'connecting' });
    const open = this.#options.open ?? ((url: string): SocketLike => new WebSocket(url) as unknown as SocketLike);
    let socket: SocketLike;
    try {
      socket = open(this.#options.url);
    } catch (error) {
      this.#end(0, error instanceof Error ? error.message : String(error));
      return;
    }
    this.#socket = socket;
    const mine = (run: () => void): void => {
      if (this.#socket === socket) run();
    };
    socket.onopen = () => mine(() => this.#authenticate());
    socket.onmessage = (event: { readonly data: unknown }) => mine(() => this.#read(event.data));
    socket.onclose = (event: { readonly code?: number; readonly reason?: unknown }) => mine(() => this.#lost(event.code ?? 1006, String(event.reason ?? '')));
    // A close follows, but not for the WebSocket of Node 22 when nobody listens.
    socket.onerror = () => void setTimeout(() => mine(() => this.#lost(1006, 'cannot be reached')), CLOSE_FOLLOWS_MS);
  }

  #authenticate(): void {
    const { key, token, pingMs = 30_000 } = this.#options;
    this.#heardAt = performance.now();
    if (key !== undefined) this.#send({ kind: 'auth', key });
    else if (token !== undefined) this.#send({ kind: 'auth', token });
    this.#ping = setInterval(() => {
      if (performance.now() - this.#heardAt > 2 * pingMs) this.#drop();
      else this.#send({ kind: 'ping' });
    }, pingMs);
  }

  #read(data: unknown): void {
    this.#heardAt = performance.now();
    const frame = typeof data === 'string' ? readFrame(data) : undefined;
    if (frame) this.#take(frame);
  }

  #take(frame: ServerFrame): void {
    if (frame.kind === 'ready') {
      this.#ready(frame.stream);
      return;
    }
    if (frame.kind === 'pong') return;
    if (frame.kind === 'error' && frame.sub === undefined) {
      this.#options.onError?.(frame);
      if (frame.code === 'try_again') this.#drop();
      return;
    }
    const sub = this.#subs.get(frame.sub ?? '');
    if (sub) this.#hand(sub, frame);
  }

  #ready(stream: string | null): void {
    this.#isReady = true;
    this.#attempts = 0;
    const isOther = stream !== null && this.#stream !== null && stream !== this.#stream;
    this.#stream = stream ?? this.#stream;
    this.#tell({ kind: 'ready' });
    for (const sub of this.#subs.values()) {
      const { seq } = sub.position;
      if (isOther && seq !== undefined) {
        sub.position.forget();
        sub.handlers.onGap?.({ kind: 'gap', sub: sub.name, from: seq + 1, to: seq + 1, reason: 'retention' });
      }
      this.#ask(sub);
    }
  }

  #ask({ name, filter, position }: Sub): void {
    this.#send({ kind: 'subscribe', sub: name, filter, ...(position.seq === undefined ? {} : { after: position.seq }) });
  }

  #hand(sub: Sub, frame: Snapshot | Event | Progress | Gap | ErrorFrame): void {
    const { handlers, position } = sub;
    switch (frame.kind) {
      case 'snapshot':
        position.snapshot(frame);
        handlers.onSnapshot?.(frame);
        break;
      case 'event':
        if (position.event(frame)) handlers.onEvent?.(frame);
        break;
      case 'progress':
        handlers.onProgress?.(frame);
        break;
      case 'gap':
        handlers.onGap?.(frame);
        break;
      case 'error':
        handlers.onError?.(frame);
        if (frame.code === 'try_again') setTimeout(() => this.#isReady && this.#subs.get(sub.name) === sub && this.#ask(sub), TRY_AGAIN_MS);
        else if (!GOES_ON.has(frame.code)) this.#subs.delete(sub.name);
        break;
    }
  }

  #send(frame: object): void {
    this.#socket?.send(JSON.stringify(frame));
  }

  /** The other side is silent: its end may never be heard of. */
  #drop(): void {
    const socket = this.#socket;
    this.#lost(1006, 'no answer');
    socket?.close();
  }

  #lost(code: number, reason: string): void {
    this.#leave();
    if (FINAL.has(code)) {
      this.#end(code, reason);
      return;
    }
    if (this.#isClosed) return;
    const { reconnectMinMs = 250, reconnectMaxMs = 30_000, random = Math.random } = this.#options;
    const ceiling = code === 4429 ? reconnectMaxMs : Math.min(reconnectMaxMs, reconnectMinMs * 2 ** Math.min(this.#attempts, 20));
    this.#attempts++;
    // All of it at random: those who were cut off together do not come back together.
    const delayMs = Math.ceil(ceiling * random());
    this.#tell({ kind: 'waiting', delayMs, code });
    this.#pause = setTimeout(() => this.#connect(), delayMs);
  }

  #leave(): void {
    clearInterval(this.#ping);
    clearTimeout(this.#pause);
    this.#socket = undefined;
    this.#isReady = false;
  }

  #end(code: number, reason: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const socket = this.#socket;
    this.#leave();
    this.#subs.clear();
    socket?.close();
    this.#tell({ kind: 'closed', code, reason });
  }

  #tell(state: LiveState): void {
    this.#options.onState?.(state);
  }
}
