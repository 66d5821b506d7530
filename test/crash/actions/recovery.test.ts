import test from 'ava';
import { actionCases } from '../../support/crash/actions.ts';
import { recoverVariants } from '../../support/crash/recover.ts';
import { makeVariant } from '../../support/crash/variant.ts';
import { T0 } from '../../support/machines/time-update-world.ts';

/** Which of its places each edge is cut at: neighbouring edges, which do much the same, at different ones. */
const placesOf = (edge: number, places: number): readonly number[] =>
  places === 0 ? [] : [...new Set([edge % places, (edge + Math.ceil(places / 2)) % places])];

test('an action that was cut anywhere is taken up by the real channel and puller, ends honestly, and is written at most once more', async (t) => {
  t.timeout(120_000);
  const cases = actionCases();
  let serial = 0;
  const whole = await recoverVariants(
    T0,
    cases.map(({ edge, subject }) => makeVariant(edge, subject, serial++, undefined)),
  );
  t.deepEqual(whole.faults.slice(0, 5), []);
  const cuts = cases.flatMap(({ edge, subject }, i) => placesOf(i, whole.passes[i] ?? 0).map((crashAt) => makeVariant(edge, subject, serial++, crashAt)));
  const cut = await recoverVariants(T0, cuts);
  t.log(`${cases.length} edges, ${cuts.length} cuts, ${cut.sessions} sessions`);
  t.true(cuts.length > cases.length && cut.sessions > 200);
  t.deepEqual(cut.faults.slice(0, 5), []);
});
