/**
 * Request ids: positive integers, unique for ever, rising in order of allocation (mts-actions-api 2). Ranges are reserved durably
 * ahead of use, so that a restart skips what was reserved and never gives an id twice.
 */
import type { Json } from '../../machines/common/effects.ts';
import type { Handler } from '../engine/definition.ts';
import type { EngineFace } from '../engine/face.ts';
import type { Ids } from '../engine/ports.ts';

const KEY = 'directory';
const RECORD_ID = 'sequence:action';
const RECORD_KIND = 'sequence';

/** Reply of `action.reserve-ids`: `next` and the ids after it, `count` in all. */
export interface IdRange {
  readonly next: number;
  readonly count: number;
}

/** Payload `{count}`; key `directory`. */
export const reserveIds: Handler = async (turn, payload): Promise<IdRange> => {
  const { count } = payload as { count: number };
  const doc = await turn.get(RECORD_ID);
  const next = (doc?.snapshot as { readonly next?: number } | undefined)?.next ?? 1;
  const record: Json = { next: next + count };
  await turn.put({ id: RECORD_ID, kind: RECORD_KIND, state: 'kept', record });
  return { next, count };
};

export class RequestIds {
  readonly #engine: Pick<EngineFace, 'command'>;
  readonly #ids: Ids;
  readonly #range: number;
  #next = 0;
  #end = 0;
  #reserving: Promise<void> | undefined;

  /** @param range ids reserved at once */
  constructor(engine: Pick<EngineFace, 'command'>, ids: Ids, range: number) {
    this.#engine = engine;
    this.#ids = ids;
    this.#range = range;
  }

  /** The next id. Rejects as `command` does when a range cannot be reserved. */
  async next(): Promise<number> {
    while (this.#next >= this.#end) {
      this.#reserving ??= this.#reserve().finally(() => {
        this.#reserving = undefined;
      });
      await this.#reserving;
    }
    return this.#next++;
  }

  async #reserve(): Promise<void> {
    const count = this.#range;
    const range = await this.#engine.command<IdRange>({ key: KEY, type: 'action.reserve-ids', payload: { count }, origin: 'caller', id: this.#ids.uuid() });
    this.#next = range.next;
    this.#end = range.next + range.count;
  }
}
