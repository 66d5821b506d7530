import test from 'ava';
import { fuzz } from '../../../ops/fuzz/run.ts';
import { loadTarget, targetNames } from '../../../ops/fuzz/targets/index.ts';

/** Fixed, so that a failure is the same everywhere; `npm run fuzz` takes others, for as long as wanted. */
const SEED = 1;
const INPUTS = 200_000;
/** Each is a whole conversation. */
const CONVERSATIONS = 5_000;

for (const name of targetNames) {
  const inputs = name.endsWith('-link') ? CONVERSATIONS : INPUTS;
  test(`${name}: ${inputs} inputs break no property`, async (t) => {
    t.timeout(120_000);
    const target = await loadTarget(name);
    if (target === undefined) return t.fail('no such target');
    t.deepEqual(fuzz(target, SEED, inputs), undefined);
  });
}
