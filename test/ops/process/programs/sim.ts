/** A child as simulators are: says that it is ready, ends with its pipe. `silent`, `broken` and `stubborn` are bad ones. */
import { onPipeEnd } from '../../../../ops/process/child.ts';

const how = process.argv[2];
if (how === 'broken') {
  process.stderr.write('cannot open the journal\n');
  process.exit(3);
}
if (how !== 'silent') process.stdout.write(`${JSON.stringify({ port: 1234, env: process.env.MW_TEST_WORD ?? null })}\n`);
if (how === 'stubborn') setInterval(() => {}, 1_000);
onPipeEnd(() => {
  if (how !== 'stubborn') process.exit(0);
});
