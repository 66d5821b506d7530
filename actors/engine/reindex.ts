/**
 * Gives documents of before their place in an index that is new: in the background, page by page, once for each kind and version of
 * its index (`ActorDefinition.indexVersion`). What is written meanwhile is indexed as it is written.
 *
 *   kind's page ──► is what `indexesOf` says what the document has? ──no──► `engine.reindex` in the turn of its key
 *        │ to the end
 *        └──► meta `indexes.<kind>` = version: never again
 *
 * Among many nodes the one that leads does it, once all nodes are of its version: an older one would write documents without the new
 * entries. A pass that is cut short begins anew; what it did already it finds done.
 */
import type { ActorId, Json } from '../../machines/common/effects.ts';
import type { ActorDoc, Store } from '../store/store.ts';
import type { Command } from './definition.ts';
import type { Ports, Timer } from './ports.ts';
import { type Registry, UnloadableError } from './registry.ts';

export interface ReindexWorld {
  readonly ports: Pick<Ports, 'clock' | 'log'>;
  readonly store: Pick<Store, 'page' | 'getMeta' | 'putMeta'>;
  readonly registry: Registry;
  command(command: Command): Promise<unknown>;
  /** Whether it is ours to do now. */
  mayGo(): boolean;
}

export type ReindexPayload = { readonly actor: ActorId };

const PAGE = 200;
/** Between two pages: others have the store for most of the time. */
const PAUSE_MS = 50;
/** Where it may not go yet, or something failed. */
const WAIT_MS = 10_000;

const metaOf = (kind: string): string => `indexes.${kind}`;

export class Reindex {
  readonly #world: ReindexWorld;
  #timer: Timer | undefined;
  #wake: (() => void) | undefined;
  #running: Promise<void> = Promise.resolve();
  #stopped = true;

  constructor(world: ReindexWorld) {
    this.#world = world;
  }

  start(): void {
    this.#stopped = false;
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#wake?.();
    await this.#running;
  }

  /** Resolves when every kind is done, or after the stop. */
  async #run(): Promise<void> {
    const { registry, ports } = this.#world;
    for (const { kind, indexVersion = 1 } of registry.definitions()) {
      for (let done = indexVersion <= 1; !done && !this.#stopped; ) {
        try {
          done = await this.#kind(kind, indexVersion);
        } catch (error) {
          ports.log.warn({ err: error, kind }, 'documents could not be indexed again yet');
        }
        if (!done) await this.#pause(WAIT_MS);
      }
    }
  }

  /** False: it may not go, or was stopped. */
  async #kind(kind: string, version: number): Promise<boolean> {
    const { store, mayGo, ports } = this.#world;
    if ((await store.getMeta(metaOf(kind))) === version) return true;
    let cursor: string | undefined;
    let changed = 0;
    do {
      if (this.#stopped || !mayGo()) return false;
      const page = await store.page({ index: 'kind', value: kind, limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
      for (const doc of page.items) if (await this.#document(doc)) changed++;
      cursor = page.cursor;
      if (cursor !== undefined) await this.#pause(PAUSE_MS);
    } while (cursor !== undefined);
    if (!mayGo()) return false;
    await store.putMeta(metaOf(kind), version as Json);
    if (changed > 0) ports.log.info({ kind, changed }, 'documents of before are in the new index');
    return true;
  }

  async #document(doc: ActorDoc): Promise<boolean> {
    if (this.#stopped || !isIndexStale(this.#world.registry, doc)) return false;
    const payload: ReindexPayload = { actor: doc.id };
    await this.#world.command({ key: doc.key, type: 'engine.reindex', payload, origin: 'caller', id: `reindex:${doc.id}` });
    return true;
  }

  #pause(ms: number): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wake = resolve;
      this.#timer = this.#world.ports.clock.after(ms, resolve);
    });
  }
}

/** What the definition of today finds in a document; undefined: it cannot be brought to life here. */
export function indexesOfDoc(registry: Registry, doc: ActorDoc): ActorDoc['indexes'] | undefined {
  try {
    return registry.kind(doc.kind)?.definition.indexesOf(registry.restore(doc) as never, doc);
  } catch (error) {
    if (error instanceof UnloadableError) return undefined;
    throw error;
  }
}

/** Whether a document's entries are not those of today. */
export function isIndexStale(registry: Registry, doc: ActorDoc): boolean {
  const today = indexesOfDoc(registry, doc);
  return today !== undefined && !sameIndexes(today, doc.indexes);
}

export function sameIndexes(a: ActorDoc['indexes'], b: ActorDoc['indexes']): boolean {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]) as Set<keyof ActorDoc['indexes']>;
  for (const name of names) {
    const [one = [], other = []] = [a[name], b[name]];
    if (one.length !== other.length || one.some((value) => !other.includes(value))) return false;
  }
  return true;
}
