/** A disk that is full, as the reserve decides: new work is refused, everything else goes on. */
import test from 'ava';
import { seededMpan } from '../../ops/sim/market/seed.ts';
import { appointment, BRISK, Installation, onOneEngine, until } from '../support/process/index.ts';

/** More than any disk has: the largest reserve that a setting can name. */
const NEVER_FREE = String(Number.MAX_SAFE_INTEGER);

const embedded = onOneEngine(test, 'the reserve is on the disk of the embedded store');

embedded('below the reserve new work is refused with 503 and Retry-After, reads and work in hand go on; with space back, work resumes', async (t) => {
  const slow = seededMpan(1);
  const rules = [{ match: { mpan: slow }, outcome: { code: 'A', delayMs: 3_000 }, active: { delayMs: 3_050 } }];
  const installation = await Installation.started(t, { settings: { ...BRISK, sim: { ...BRISK.sim, rules } } });
  const done = await installation.supplier.appoint(seededMpan(0));
  await installation.supplier.ended(done);
  const inHand = await installation.supplier.appoint(slow);

  await installation.restart({ env: { MW_STORE_DISK_RESERVE_BYTES: NEVER_FREE } });
  const refused = await installation.supplier.post(appointment(seededMpan(2)), 'full');
  t.is(refused.status, 503, refused.text);
  t.regex(refused.headers.get('retry-after') ?? '', /^\d+$/);
  t.is((await installation.supplier.request(done))?.metadata.request_status, 'Success', 'reads work');
  t.is((await installation.supplier.mpan(seededMpan(0))).gsp_group_id, '_H');
  const ready = await installation.operator.ready();
  t.is(ready.status, 'down');
  t.is(ready.httpStatus, 503);
  t.is(ready.checks.store?.status, 'down');
  t.is((await installation.supplier.ended(inHand)).metadata.request_status, 'Success', 'work in hand ends');

  await installation.restart();
  t.is((await installation.supplier.requests({ mpan_id: seededMpan(2) })).length, 0, 'what was refused left nothing');
  await until('readiness is good again', async () => (await installation.operator.ready()).status === 'ok');
  const again = await installation.supplier.post(appointment(seededMpan(2)), 'full');
  t.is(again.status, 202, 'the key of a refused request may be used again');
  t.is((await installation.supplier.ended(again.json.request_id)).metadata.request_status, 'Success');
});
