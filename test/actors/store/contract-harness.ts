import test, { type ExecutionContext } from 'ava';
import type { Store } from '../../../actors/store/store.ts';

export interface Opened {
  readonly store: Store;
  /** Ends the store (closing it) and opens what it left behind; absent where nothing survives. */
  reopen?(): Promise<Store>;
  /** Ends everything and removes what it left. */
  dispose(): Promise<void>;
}

export type OpenStore = () => Promise<Opened>;

/** Registers a test that has a fresh store to itself. */
export function storeTest(open: OpenStore, title: string, run: (t: ExecutionContext, store: Store, opened: Opened) => Promise<void>): void {
  test(title, async (t) => {
    const opened = await open();
    try {
      await run(t, opened.store, opened);
    } finally {
      await opened.dispose();
    }
  });
}
