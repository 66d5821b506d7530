/**
 * Request ids: positive integers, unique for ever, rising in order of allocation (mts-actions-api 2).
 *
 * Where one process gives them all (`RequestIds`), ranges are reserved durably ahead of use, so that a restart skips what was
 * reserved and never gives an id twice. Of many nodes (`GroupedRequestIds`) none holds ids in hand: an id that another node gave
 * later would be lower. Each asks the one owner of the sequence for as many as are wanted at that moment, in one command for all.
 */
import type { Json } from '../../machines/common/effects.ts';
import type { Handler } from '../engine/definition.ts';
import type { EngineFace } from '../engine/face.ts';
import type { Clock, Ids } from '../engine/ports.ts';

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

/** Gives out request ids. Rejects as `command` does when none can be reserved. */
export interface RequestIdSource {
  next(): Promise<number>;
}

export class RequestIds implements RequestIdSource {
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

/** Most ids of one command. */
const MOST_AT_ONCE = 10_000;

export class GroupedRequestIds implements RequestIdSource {
  readonly #engine: Pick<EngineFace, 'command'>;
  readonly #ids: Ids;
  readonly #clock: Pick<Clock, 'soon'>;
  #waiting: PromiseWithResolvers<number>[] = [];
  #planned = false;

  constructor(engine: Pick<EngineFace, 'command'>, ids: Ids, clock: Pick<Clock, 'soon'>) {
    this.#engine = engine;
    this.#ids = ids;
    this.#clock = clock;
  }

  /** An id above all that were given before it was asked for, on any node. Calls of one turn of the event loop share a command. */
  next(): Promise<number> {
    const wanted = Promise.withResolvers<number>();
    this.#waiting.push(wanted);
    this.#plan();
    return wanted.promise;
  }

  /** One command at a time: who comes meanwhile shares the next one. */
  #plan(): void {
    if (this.#planned) return;
    this.#planned = true;
    this.#clock.soon(() => {
      const group = this.#waiting.splice(0, MOST_AT_ONCE);
      void this.#give(group).finally(() => {
        this.#planned = false;
        if (this.#waiting.length > 0) this.#plan();
      });
    });
  }

  async #give(group: readonly PromiseWithResolvers<number>[]): Promise<void> {
    try {
      const payload = { count: group.length };
      const { next } = await this.#engine.command<IdRange>({ key: KEY, type: 'action.reserve-ids', payload, origin: 'caller', id: this.#ids.uuid() });
      for (const [index, wanted] of group.entries()) wanted.resolve(next + index);
    } catch (error) {
      for (const wanted of group) wanted.reject(error);
    }
  }
}
