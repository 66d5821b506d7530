import test from 'ava';
import { type CodecOptions, CodecOptionsSchema, poolOptionsOf } from '../../../ops/config/sections.ts';
import { defaultsOf } from '../../../ops/config/settings.ts';
import { createCodecHouse } from '../../../ops/node/codec.ts';
import { completePoolOptions } from '../../../workers/pool/index.ts';

const defaults = defaultsOf(CodecOptionsSchema) as CodecOptions;

test('the defaults of the section are those of the pool', (t) => {
  t.deepEqual(completePoolOptions(poolOptionsOf(defaults)), completePoolOptions());
});

test('there is one pool, made when it is asked for, and none after the end', async (t) => {
  const house = createCodecHouse({ ...defaults, threads: 1 });
  const pool = house.pool();
  t.is(house.pool(), pool);
  await house.close();
  t.throws(() => house.pool(), { message: /after its end/ });
});
