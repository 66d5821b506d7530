/**
 * `npm run crash -- --seed N --minutes M`: random walks through the appointment machine on the real engine and store, each cut
 * at every place of its last step, for as long as wanted. Ends with a line `N passed, N failed`.
 */
import { parseArgs } from 'node:util';
import { crashEveryEdge } from '../support/crash/edges.ts';
import { T0 } from '../support/machines/appointment-world.ts';
import { randomWalk, seeded } from './walks.ts';

const WALKS_AT_ONCE = 400;

const { values } = parseArgs({ options: { seed: { type: 'string' }, minutes: { type: 'string', default: '1' }, help: { type: 'boolean' } } });
if (values.help) {
  process.stdout.write('usage: npm run crash -- [--seed N] [--minutes M]\n');
  process.exit(0);
}
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
const minutes = Number(values.minutes);
if (!Number.isInteger(seed) || !(minutes > 0)) {
  process.stderr.write('crash: --seed takes a whole number, --minutes a number above 0\n');
  process.exit(2);
}
process.stderr.write(`seed ${seed}\n`);
const random = seeded(seed);
const until = performance.now() + minutes * 60_000;
let passed = 0;
let failed = 0;
while (performance.now() < until && failed === 0) {
  const walks = Array.from({ length: WALKS_AT_ONCE }, () => randomWalk(random));
  const report = await crashEveryEdge(T0, walks, ({ names: { mpid, mpan, requestId } }) => [`appointment:${requestId}`, `mpan:${mpid}:${mpan}`, `dtn:${mpid}`]);
  failed += report.failures.length;
  passed += report.crashes - report.failures.length;
  for (const failure of report.failures.slice(0, 3)) process.stderr.write(`${failure}\n`);
  process.stderr.write(`${passed} cuts led to the same${failed > 0 ? `, ${failed} did not (seed ${seed})` : ''}\n`);
}
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exit(failed > 0 ? 1 : 0);
