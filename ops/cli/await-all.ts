/** Waits for meter actions to end: asks for each in turn until none is pending. */
import { setTimeout as pause } from 'node:timers/promises';
import type { ActionItem, ActionsClient } from './actions-client.ts';
import { progress } from './output.ts';
import { CallError, wordsOf } from './target.ts';

export interface AwaitOptions {
  /** Pause between two rounds, milliseconds. */
  readonly intervalMs: number;
  /** Longest wait in all, milliseconds. */
  readonly timeoutMs: number;
  readonly parallel: number;
}

const PENDING = 'PENDING';

/** What became of them, in the order of `ids`; undefined for one that was still pending at the end. @throws CallError when one cannot be seen */
export async function awaitAll(client: ActionsClient, ids: readonly number[], options: AwaitOptions): Promise<readonly (ActionItem | undefined)[]> {
  const ended = new Map<number, ActionItem>();
  const until = performance.now() + options.timeoutMs;
  const bar = progress(ids.length, 'done');
  try {
    for (let pending = [...new Set(ids)]; ; pending = pending.filter((id) => !ended.has(id))) {
      let next = 0;
      const worker = async (): Promise<void> => {
        for (let id = pending[next++]; id !== undefined; id = pending[next++]) {
          const item = await ask(client, id);
          if (item === undefined || item.result === PENDING) continue;
          ended.set(id, item);
          bar.update(ended.size);
        }
      };
      await Promise.all(Array.from({ length: Math.min(options.parallel, pending.length) }, worker));
      if (ended.size >= new Set(ids).size || performance.now() + options.intervalMs > until) break;
      await pause(options.intervalMs);
    }
  } finally {
    bar.stop();
  }
  return ids.map((id) => ended.get(id));
}

/** Undefined while the engine is away or busy. */
async function ask(client: ActionsClient, id: number): Promise<ActionItem | undefined> {
  let answer: Awaited<ReturnType<ActionsClient['statusAnswer']>>;
  try {
    answer = await client.statusAnswer(id);
  } catch {
    client.target.forget();
    return undefined;
  }
  if (answer.status === 200) return answer.json as ActionItem;
  if (answer.status === 429 || answer.status >= 500) return undefined;
  throw new CallError(answer.status, `${answer.status} ${wordsOf(answer)}`);
}
