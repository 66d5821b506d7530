import test from 'ava';
import { mutated } from '../../../ops/fuzz/mutate.ts';
import { Random } from '../../../ops/fuzz/random.ts';
import { fuzz, inputOf, tryInput } from '../../../ops/fuzz/run.ts';
import type { FuzzTarget } from '../../../ops/fuzz/target.ts';
import { loadTarget, targetNames } from '../../../ops/fuzz/targets/index.ts';

const corpus = [Uint8Array.of(0x7e, 0xa0, 7, 1, 2, 3)];
const target = (check: FuzzTarget['check']): FuzzTarget => ({ name: 'sample', corpus, check });

test('the same seed and index give the same input, others give others', (t) => {
  const input = (seed: number, index: number) =>
    inputOf(
      target(() => undefined),
      seed,
      index,
    );
  t.is(input(5, 100), input(5, 100));
  const inputs = new Set(Array.from({ length: 100 }, (_, index) => input(5, index)));
  t.true(inputs.size > 80);
  t.not(input(5, 100), input(6, 100));
});

test('a throw is a finding with seed, index, property and input, and is found again alone', (t) => {
  const throws = target((input) => {
    if (input.length > 20) throw new RangeError('too long');
    return undefined;
  });
  const finding = fuzz(throws, 9, 10_000);
  t.like(finding, { codec: 'sample', seed: 9 });
  t.regex(finding!.property, /^P1: throws RangeError: too long/);
  t.deepEqual(tryInput(throws, 9, finding!.index)!.input, finding!.input);
});

test('inputs are good ones, bent ones, cut ones and rubbish', (t) => {
  const inputs = Array.from({ length: 3000 }, (_, index) => mutated(corpus, new Random(1, index)));
  t.true(inputs.some((input) => input === corpus[0]));
  t.true(inputs.some((input) => input.length === 0));
  t.true(inputs.some((input) => input.length > 12));
  t.true(inputs.some((input) => input[0] === 0x7e && input.length < 6));
});

test('every codec and every link has a target and good octets to start from', async (t) => {
  const codecs = ['apdu', 'cewe', 'data', 'edmi', 'elster', 'emlite', 'hdlc', 'iec62056-21', 'security', 'wrapper'];
  const links = ['edmi-link', 'emlite-link', 'hdlc-link', 'iec-link', 'wrapper-link'];
  t.deepEqual([...targetNames].sort(), [...codecs, ...links].sort());
  for (const name of targetNames) {
    const loaded = await loadTarget(name);
    t.is(loaded?.name, name);
    t.true((loaded?.corpus.length ?? 0) >= 5, name);
  }
  t.is(await loadTarget('modbus'), undefined);
});
