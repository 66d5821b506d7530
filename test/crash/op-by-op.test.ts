/** Groups of which a crash leaves only a part, as a server without transactions does. */
import test from 'ava';
import { liveAsCrowd } from '../support/crash/crowd.ts';
import { crashEveryEdge } from '../support/crash/edges.ts';
import { T0 } from '../support/machines/appointment-world.ts';
import { T0 as NIGHT } from '../support/machines/time-update-world.ts';
import { actions, appointments, randomWalk, seeded } from './walks.ts';

test('a crowd whose turns are cut between the ops of their groups comes to the same: nothing confirmed is lost, nothing is done twice', async (t) => {
  let parts = 0;
  for (let seed = 1; seed <= 12; seed++) {
    const { faults, tally } = await liveAsCrowd(seeded(seed), 12);
    t.deepEqual(faults.slice(0, 5), [], `seed ${seed}`);
    parts += tally.parts;
  }
  t.log(`${parts} groups were cut in the middle`);
  t.true(parts > 40);
});

test('random walks of appointments and actions, cut at every place of their last step, lead to the same where tells are carried', async (t) => {
  const random = seeded(7);
  const walks = Array.from({ length: 150 }, () => randomWalk(appointments, random));
  const ids: Parameters<typeof crashEveryEdge>[2] = ({ names: { mpid, mpan, requestId } }) => [
    `appointment:${requestId}`,
    `mpan:${mpid}:${mpan}`,
    `dtn:${mpid}`,
  ];
  const appointed = await crashEveryEdge(T0, walks, ids, 'op by op');
  t.deepEqual(appointed.failures.slice(0, 3), []);
  const acts = Array.from({ length: 150 }, () => randomWalk(actions, random));
  const acted = await crashEveryEdge(NIGHT, acts, ({ actor }) => [actor], 'op by op');
  t.deepEqual(acted.failures.slice(0, 3), []);
  t.true(appointed.crashes > walks.length && acted.crashes > acts.length);
});
