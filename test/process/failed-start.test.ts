/** A start that fails half-way leaves what the next one must know. */
import { createServer } from 'node:net';
import { join } from 'node:path';
import test from 'ava';
import { Value } from 'typebox/value';
import { openStore, StoreOptionsSchema } from '../../actors/store/index.ts';
import type { Json } from '../../machines/common/effects.ts';
import { Installation, onOneEngine, run } from '../support/process/index.ts';

async function aliveAt(dataDir: string): Promise<Json | undefined> {
  const store = await openStore(Value.Create(StoreOptionsSchema), { directory: join(dataDir, 'store') });
  try {
    return await store.getMeta('aliveAt');
  } finally {
    await store.close();
  }
}

const embedded = onOneEngine(test, 'it looks into the embedded store');

embedded('a start whose port is taken does not count as being alive: the gap before it is still asked for by the next', async (t) => {
  const installation = await Installation.started(t);
  await installation.stop();
  const before = await aliveAt(installation.dataDir);
  t.is(typeof before, 'number');

  const taken = createServer();
  const port = await new Promise<number>((resolve) => {
    taken.listen(0, '127.0.0.1', () => {
      const address = taken.address();
      resolve(typeof address === 'object' && address ? address.port : 0);
    });
  });
  t.teardown(() => void taken.close());
  const failed = await run('ops/node/main.ts', ['--data', installation.dataDir, '--port', String(port), '--http-port', 'auto', '--seed-mpans', '0']).ended;
  t.is(failed.code, 1, failed.stdout);
  t.is(await aliveAt(installation.dataDir), before);
});
