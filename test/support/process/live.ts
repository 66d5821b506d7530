/** A client of the live sockets as a system would use it, and what it heard; compared with the stream itself. */
import type { ExecutionContext } from 'ava';
import { type Event, type Filter, type Gap, LiveClient, type LiveState, type Snapshot } from '../../../gateway/live/client/index.ts';
import type { EngineProcess } from './engine-process.ts';
import type { SeenEvent } from './events.ts';
import { until } from './until.ts';

const QUICK = { reconnectMinMs: 50, reconnectMaxMs: 500 } as const;

export const liveUrl = (node: EngineProcess): string => `${node.program.connect.httpUrl?.replace('http', 'ws')}/live/v1`;

export class Watcher {
  readonly events: Event[] = [];
  readonly snapshots: Snapshot[] = [];
  readonly gaps: Gap[] = [];
  /** What a server may not say on one connection; the client itself would drop it in silence. */
  readonly faults: string[] = [];
  /** Codes of the closes that it came back from. */
  readonly codes: number[] = [];
  /** Urls that it was ready at, one after the other. */
  readonly places: string[] = [];
  state: LiveState['kind'] = 'connecting';
  #wasReady = false;
  readonly #client: LiveClient;
  /** What each actor was last heard to be in. */
  readonly #last = new Map<string, string>();

  /** @param door asked before each connection: where it goes */
  constructor(t: Pick<ExecutionContext, 'teardown'>, door: () => EngineProcess, key: string, filter: Filter) {
    let url = '';
    this.#client = new LiveClient({
      ...QUICK,
      url: 'ws://asked-each-time',
      key,
      open: () => {
        url = liveUrl(door());
        const socket = new WebSocket(url);
        const wire = new Wire(this.faults);
        socket.addEventListener('message', ({ data }) => wire.take(String(data)));
        return socket as never;
      },
      onState: (state) => {
        this.state = state.kind;
        if (state.kind === 'ready') this.places.push(url);
        // Where nobody listens yet there was no socket to close.
        if (state.kind === 'waiting' && this.#wasReady) this.codes.push(state.code);
        this.#wasReady = state.kind === 'ready';
      },
    });
    t.teardown(() => this.#client.close());
    this.#client.subscribe(filter, {
      onSnapshot: (snapshot) => {
        this.snapshots.push(snapshot);
        for (const { actor, state } of snapshot.items) this.#last.set(actor, state);
      },
      onEvent: (event) => {
        this.events.push(event);
        if (typeof event.data.state === 'string') this.#last.set(event.actor, event.data.state);
      },
      onGap: (gap) => this.gaps.push(gap),
    });
  }

  /** It has what is. */
  async begun(): Promise<this> {
    await until('the first snapshot is whole', () => this.snapshots.some(({ more }) => !more));
    return this;
  }

  /** State of an actor, as far as it heard. */
  stateOf(actor: string): string | undefined {
    return this.#last.get(actor);
  }

  /** What the stream has for it and it has not: neither in its first snapshot, nor as an event. */
  missing(stream: readonly SeenEvent[], mpid: string): readonly string[] {
    const first = this.snapshots.slice(0, this.snapshots.findIndex(({ more }) => !more) + 1);
    const known = new Map(first.flatMap(({ items }) => items.map(({ actor, actorVersion }) => [actor, actorVersion])));
    const heard = new Set(this.events.map(idOf));
    const owed = stream.filter(({ seq, data, subject, id }) => {
      const [version = 0] = id.split('/').slice(-2).map(Number);
      return seq > (first[0]?.seq ?? 0) && data.mpid === mpid && version > (known.get(subject) ?? -1);
    });
    return [...new Set(owed.map(({ subject, id }) => [subject, ...id.split('/').slice(-2)].join('/')))].filter((id) => !heard.has(id));
  }

  /** Events that came more than once. */
  get twice(): readonly string[] {
    const ids = this.events.map(idOf);
    return ids.filter((id, at) => ids.indexOf(id) !== at);
  }
}

const idOf = ({ actor, actorVersion, n }: Event): string => `${actor}/${actorVersion}/${n}`;

/** One connection with one subscription, as it was said: sequences rise, nothing comes twice, nor what the snapshot had. */
class Wire {
  readonly #faults: string[];
  readonly #said = new Set<string>();
  readonly #snapshot = new Map<string, number>();
  #seq = 0;

  constructor(faults: string[]) {
    this.#faults = faults;
  }

  take(text: string): void {
    const frame = JSON.parse(text) as Snapshot | Event;
    if (frame.kind === 'snapshot') for (const { actor, actorVersion } of frame.items) this.#snapshot.set(actor, actorVersion);
    if (frame.kind !== 'event') return;
    const id = idOf(frame);
    if (frame.seq <= this.#seq) this.#faults.push(`${frame.seq} after ${this.#seq}`);
    if (this.#said.has(id)) this.#faults.push(`${id} twice`);
    if (frame.actorVersion <= (this.#snapshot.get(frame.actor) ?? -1)) this.#faults.push(`${id} was in the snapshot`);
    this.#said.add(id);
    this.#seq = frame.seq;
  }
}
