/** What the rest of the house may ask of a running engine. The gateway, the DIP receiver and the CLI's routes know only this. */
import type { ActorId } from '../../machines/common/effects.ts';
import type { Store } from '../store/store.ts';
import type { Command } from './definition.ts';

/** The reading half of the store: nothing here changes anything. */
export type StoreReader = Pick<Store, 'get' | 'slot' | 'find' | 'page' | 'count' | 'counts' | 'totals' | 'history' | 'outboxSize' | 'health'>;

export interface EngineFace {
  readonly store: StoreReader;
  /**
   * Run a command in the turn of its key; resolves with the handler's reply after the commit.
   * Rejects with `OverloadedError` (queue full, stopping, disk reserve reached; see `retryAfterMs`), `StoreError`
   * (the commit failed; nothing was acknowledged) or `RefusedError` (the handler refused).
   */
  command<TReply>(command: Command): Promise<TReply>;
  /** What an actor waits for, for `mw why`: undone effects with attempts and last error, beside its document. */
  inspect(actor: ActorId): Promise<ActorInspection | undefined>;
}

/** Live view of one undone effect. */
export interface OwedInspection {
  readonly key: string;
  readonly channel: string;
  readonly name: string;
  readonly attempts: number;
  readonly nextAttemptAt: number | null;
  readonly lastError: string | null;
}

export interface ActorInspection {
  readonly doc: import('../store/store.ts').ActorDoc;
  readonly owed: readonly OwedInspection[];
  readonly queued: number;
}
