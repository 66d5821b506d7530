/**
 * `npm run crash -- --seed N --minutes M`: random walks through the machines of appointments and meter actions on the real engine and
 * store, each cut at every place of its last step, for as long as wanted; actions are then taken up by their real channel until they
 * end. Rounds on a store of atomic groups take turns with rounds on one that applies groups op by op, cut between two of them, as
 * are the crowds: actors of one key that are told many things at once. Ends with a line `N passed, N failed`.
 */
import { parseArgs } from 'node:util';
import { liveAsCrowd } from '../support/crash/crowd.ts';
import { crashEveryEdge } from '../support/crash/edges.ts';
import type { Groups } from '../support/crash/house.ts';
import { recoverVariants } from '../support/crash/recover.ts';
import { makeVariant } from '../support/crash/variant.ts';
import { T0 } from '../support/machines/appointment-world.ts';
import { T0 as NIGHT } from '../support/machines/time-update-world.ts';
import { actions, appointments, randomWalk, seeded } from './walks.ts';

const WALKS_AT_ONCE = 400;
/** More than a step of an action passes; where the chosen one is beyond its own, nothing is cut. */
const PLACES = 12;
const CROWDS = 10;
const CROWD_KEYS = 12;

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
const note = (cuts: number, failures: readonly string[]): void => {
  failed += failures.length;
  passed += Math.max(0, cuts - failures.length);
  for (const failure of failures.slice(0, 3)) process.stderr.write(`${failure}\n`);
};
for (let round = 0; performance.now() < until && failed === 0; round++) {
  const groups: Groups = round % 2 === 0 ? 'atomic' : 'op by op';
  const walks = Array.from({ length: WALKS_AT_ONCE }, () => randomWalk(appointments, random));
  const report = await crashEveryEdge(
    T0,
    walks,
    ({ names: { mpid, mpan, requestId } }) => [`appointment:${requestId}`, `mpan:${mpid}:${mpan}`, `dtn:${mpid}`],
    groups,
  );
  note(report.crashes, report.failures);
  const acts = Array.from({ length: WALKS_AT_ONCE }, () => randomWalk(actions, random));
  const same = await crashEveryEdge(NIGHT, acts, ({ actor }) => [actor], groups);
  note(same.crashes, same.failures);
  const cuts = acts.map(({ edge, subject }, i) => makeVariant(edge, subject, i, Math.floor(random() * PLACES)));
  note(cuts.length, (await recoverVariants(NIGHT, cuts, groups)).faults);
  for (let n = 0; n < CROWDS; n++) {
    const { faults, tally } = await liveAsCrowd(random, CROWD_KEYS);
    note(tally.parts, faults);
  }
  process.stderr.write(`${passed} cuts led to the same${failed > 0 ? `, ${failed} did not (seed ${seed})` : ''}\n`);
}
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exit(failed > 0 ? 1 : 0);
