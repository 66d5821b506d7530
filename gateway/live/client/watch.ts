/** The same as a loop: `for await (const message of watch(client, { mpid: 'SUPX' }))`. */
import type { LiveClient } from './client.ts';
import type { Event, Filter, Gap, Progress, Snapshot } from './frames.ts';

export type LiveMessage = Snapshot | Event | Progress | Gap;

/** The subscription was refused. */
export class RefusedSubscription extends Error {
  readonly code: string;
  constructor(code: string, text: string) {
    super(text);
    this.name = 'RefusedSubscription';
    this.code = code;
  }
}

/**
 * Everything of a subscription, until the loop is left or `signal` fires. What comes while the loop is busy waits in memory.
 * @throws RefusedSubscription
 */
export async function* watch(client: LiveClient, filter: Filter, { after, signal }: { readonly after?: number; readonly signal?: AbortSignal } = {}) {
  const waiting: LiveMessage[] = [];
  const state: { refusal?: RefusedSubscription; wake: () => void } = { wake: () => {} };
  const take = (message: LiveMessage): void => {
    waiting.push(message);
    state.wake();
  };
  const subscription = client.subscribe(
    filter,
    {
      onSnapshot: take,
      onEvent: take,
      onProgress: take,
      onGap: take,
      onError: ({ code, text }) => {
        if (code === 'events_away' || code === 'unavailable' || code === 'try_again') return;
        state.refusal = new RefusedSubscription(code, text);
        state.wake();
      },
    },
    after,
  );
  const stop = (): void => state.wake();
  signal?.addEventListener('abort', stop);
  try {
    while (!signal?.aborted) {
      const next = waiting.shift();
      if (next) yield next;
      else if (state.refusal) throw state.refusal;
      else
        await new Promise<void>((resolve) => {
          state.wake = resolve;
        });
    }
  } finally {
    signal?.removeEventListener('abort', stop);
    subscription.close();
  }
}
