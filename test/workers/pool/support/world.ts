/** One line of set-up for tests of the pool. */
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import type { Answer } from '../../../../workers/pool/answer.ts';
import type { RunOptions } from '../../../../workers/pool/dispatcher.ts';
import type { PoolOptions } from '../../../../workers/pool/options.ts';
import { openPool, type Pool } from '../../../../workers/pool/pool.ts';
import { TOYS, type ToyRequest } from './toys.ts';

export const entry = (name: string): string => fileURLToPath(new URL(`./${name}.ts`, import.meta.url));

export interface ToyPool extends Omit<Pool, 'run'> {
  run(requests: readonly ToyRequest[], options?: Partial<RunOptions>): Promise<Answer<Uint8Array>[]>;
}

/** Sends everything; two threads; closed when the test ends. */
export function toyPool(t: Pick<ExecutionContext, 'teardown'>, options: Partial<PoolOptions> = {}): ToyPool {
  const pool = openPool(
    { threads: 2, slots: 16, slotBytes: 4_096, inlineBelowBytes: 0, hangMs: 60_000, closeMs: 2_000, ...options },
    TOYS,
    entry('toy-worker'),
  );
  t.teardown(() => pool.close());
  return {
    ...pool,
    // Every toy answers octets.
    run: (requests, run) => pool.run(requests, { priority: 'live', ...run }) as Promise<Answer<Uint8Array>[]>,
  };
}

export const toy = (op: ToyRequest['op'], ...octets: number[]): ToyRequest => ({ op, octets: Uint8Array.from(octets) });

/** Codes of errors, octets of values. */
export const told = (answers: readonly Answer<Uint8Array>[]): (string | number[])[] =>
  answers.map((answer) => (answer.kind === 'good' ? [...answer.value] : answer.error.code));
