/**
 * What a scope's actors are like now. The stream's last sequence is noted before the store is read, so whatever changes meanwhile comes
 * as an event. Those who ask for the same within a moment share one reading.
 */
import { mpanIndexValue } from '../../actors/appointment/index.ts';
import type { StoreReader } from '../../actors/engine/face.ts';
import type { Clock } from '../../actors/engine/ports.ts';
import type { ActorDoc, PageQuery } from '../../actors/store/store.ts';
import { actionActor, ownerIndex } from '../../actors/time-update/index.ts';
import type { ActorId } from '../../machines/common/effects.ts';
import { Gate } from './gate.ts';
import { itemOf, LIVE_KINDS } from './items.ts';
import type { LiveOptions } from './options.ts';
import type { Scope } from './scope.ts';
import type { EventTail } from './tail.ts';

export interface Snapshot {
  readonly seq: number;
  /** Each as JSON. */
  readonly items: readonly string[];
  /** Where there are more actors than items. */
  readonly counts: Readonly<Record<string, number>> | undefined;
  /** Versions that may not have been announced yet. */
  readonly guard: ReadonlyMap<string, number> | undefined;
}

export interface SnapshotsSetup {
  readonly store: StoreReader;
  /** All shards of the installation. */
  readonly shards: readonly number[];
  readonly tail: Pick<EventTail, 'look' | 'recent'>;
  readonly options: Pick<LiveOptions, 'maxSnapshotItems' | 'snapshotsAtOnce'>;
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
}

/** How long a snapshot is shared. */
const SHARED_MS = 250;
/** What was committed longer ago than this is taken to be announced; a late announcement is then told although it is in the snapshot. */
export const ANNOUNCED_MS = 60_000;
/** Actions looked through for a remote address, which no index has. */
const LOOKED_THROUGH = 1_000;

interface Gathered {
  readonly docs: readonly (ActorDoc | undefined)[];
  readonly counts?: Readonly<Record<string, number>>;
}

export class Snapshots {
  readonly #setup: SnapshotsSetup;
  readonly #gate: Gate;
  readonly #shared = new Map<string, Promise<Snapshot>>();
  /** Keys of `#shared` by when they end, oldest first. */
  #ends: { readonly key: string; readonly at: number; readonly of: Promise<Snapshot> }[] = [];

  constructor(setup: SnapshotsSetup) {
    this.#setup = setup;
    this.#gate = new Gate(setup.options.snapshotsAtOnce);
  }

  /** Rejects while the bus or the store is away. */
  read(scope: Scope): Promise<Snapshot> {
    this.#forgetOld();
    const known = this.#shared.get(scope.key);
    if (known) return known;
    const reading = this.#gate.run(() => this.#read(scope));
    this.#shared.set(scope.key, reading);
    const end = (at: number): void => void this.#ends.push({ key: scope.key, at, of: reading });
    reading.then(
      () => end(this.#setup.clock.monotonic() + SHARED_MS),
      () => this.#forget(scope.key, reading),
    );
    return reading;
  }

  #forgetOld(): void {
    const now = this.#setup.clock.monotonic();
    while (this.#ends[0] && this.#ends[0].at <= now) {
      const old = this.#ends.shift();
      if (old) this.#forget(old.key, old.of);
    }
  }

  #forget(key: string, reading: Promise<Snapshot>): void {
    if (this.#shared.get(key) === reading) this.#shared.delete(key);
  }

  async #read(scope: Scope): Promise<Snapshot> {
    const { tail, options, clock } = this.#setup;
    const { lastSeq } = await tail.look();
    const since = clock.now() - ANNOUNCED_MS;
    const { docs, counts } = await this.#gather(scope);
    const known = new Map<ActorId, ActorDoc>();
    for (const doc of docs) if (doc) known.set(doc.id, doc);
    const newest = [...known.values()].sort((a, b) => b.changedAt - a.changedAt);
    const items: string[] = [];
    const guard = new Map<string, number>();
    for (const doc of newest) {
      const live = itemOf(doc);
      if (!live || !scope.allows(live.facts) || items.length >= options.maxSnapshotItems) continue;
      items.push(JSON.stringify(live.item));
      if (doc.changedAt >= since) guard.set(doc.id, doc.version);
    }
    return { seq: lastSeq, items, counts, guard: guard.size > 0 ? guard : undefined };
  }

  #gather(scope: Scope): Promise<Gathered> {
    switch (scope.name) {
      case 'mpid':
        return this.#ofSupplier(scope);
      case 'mpan':
        return this.#ofMeterPoint(scope);
      case 'requestId':
        return this.#ofIds(() => this.#setup.store.find('requestId', scope.value));
      case 'action':
        return this.#ofIds(async () => [actionActor(Number(scope.value))]);
      case 'meter':
        return this.#ofMeter(scope);
      case 'node':
        return Promise.resolve({ docs: [] });
      case 'all':
        return this.#ofAll(scope);
    }
  }

  async #ofIds(find: () => Promise<readonly ActorId[]>): Promise<Gathered> {
    return { docs: await this.#setup.store.get(await find()) };
  }

  /** Its processes; records of meter points are found by `mpan`. */
  async #ofSupplier(scope: Scope): Promise<Gathered> {
    const { store } = this.#setup;
    const { value } = scope;
    const total = await store.count({ index: 'mpid', value });
    const docs = await this.#page({ index: 'mpid', value });
    if (total <= this.#most) return { docs };
    const statuses = ['Pending', 'Success', 'Failed'] as const;
    const counted = await Promise.all(
      statuses.map(async (status) => [`appointment.${status}`, await store.count({ index: 'mpidStatus', value: `${value}|${status}` })] as const),
    );
    return { docs: [...(await this.#changedOfLate(scope)), ...docs], counts: Object.fromEntries(counted) };
  }

  async #ofMeterPoint({ view, value }: Scope): Promise<Gathered> {
    const { store } = this.#setup;
    const records = await store.get(await store.find('mpanAny', value));
    const mpids = view.kind === 'supplier' ? [...view.mpids] : records.map((doc) => doc?.id.split(':')[1] ?? '');
    const found = await Promise.all(
      mpids.flatMap((mpid) => [store.find('mpan', mpanIndexValue(mpid, value), this.#most), store.find('about', `mpan:${mpid}:${value}`, this.#most)]),
    );
    return { docs: [...records, ...(await store.get(found.flat()))] };
  }

  async #ofMeter({ view, value }: Scope): Promise<Gathered> {
    const { store } = this.#setup;
    const bySerial = await store.get(await store.find('serialNumber', value, this.#most));
    const page = view.kind === 'mts' ? ({ index: 'about', value: ownerIndex(view.owner) } as const) : ({ index: 'kind', value: 'action' } as const);
    return { docs: [...bySerial, ...(await this.#page(page, LOOKED_THROUGH))] };
  }

  async #ofAll(scope: Scope): Promise<Gathered> {
    const { store, shards } = this.#setup;
    const counts: Record<string, number> = {};
    let total = 0;
    for (const { kind, state, count } of await store.counts(shards)) {
      if (count <= 0 || !(LIVE_KINDS as readonly string[]).includes(kind)) continue;
      counts[`${kind}.${state}`] = (counts[`${kind}.${state}`] ?? 0) + count;
      total += count;
    }
    const pages = await Promise.all(LIVE_KINDS.map((kind) => this.#page({ index: 'kind', value: kind })));
    if (total <= this.#most) return { docs: pages.flat() };
    return { docs: [...(await this.#changedOfLate(scope)), ...pages.flat()], counts };
  }

  /** No index goes by the time of the last change; the latest events do. */
  async #changedOfLate(scope: Scope): Promise<readonly (ActorDoc | undefined)[]> {
    const ids = new Set<ActorId>();
    for (const event of this.#setup.tail.recent.backwards()) {
      if (ids.size >= this.#most) break;
      if (scope.allows(event)) ids.add(event.actor as ActorId);
    }
    return this.#setup.store.get([...ids]);
  }

  /** The latest made. */
  async #page(query: Pick<PageQuery, 'index' | 'value'>, limit = this.#most): Promise<readonly ActorDoc[]> {
    return (await this.#setup.store.page({ ...query, order: 'desc', limit })).items;
  }

  get #most(): number {
    return this.#setup.options.maxSnapshotItems;
  }
}
