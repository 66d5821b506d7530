/** Appointments through the real program: engine, store, NATS, simulated market, each a process. */
import test from 'ava';
import { seededMpan } from '../../ops/sim/market/seed.ts';
import { appointment, BRISK, call, day, Installation, Supplier, until } from '../support/process/index.ts';

let installation: Installation;
test.before(async () => {
  // Two own suppliers share the engine; what is one's is not the other's.
  const suppliers = [
    { mpid: 'SUPX', dipId: '2300000012' },
    { mpid: 'SUPY', dipId: '2300000023' },
  ];
  installation = await Installation.started(undefined, { settings: { ...BRISK, dip: { suppliers } } });
});
test.after.always(() => installation.remove());

const ids = (from: number, count: number): string[] => Array.from({ length: count }, (_, index) => seededMpan(from + index));

test.serial('a first appointment ends in Success, with the meter point and its meters updated', async (t) => {
  const { supplier } = installation;
  const mpan = seededMpan(0);
  t.is((await supplier.mpan(mpan)).metering_service_mpid, 'MOPY');
  const started = performance.now();
  t.deepEqual(await supplier.meters(mpan), []);
  const id = await supplier.appoint(mpan, { effective_from: `${day(0)}T00:00:00+00:00` });
  const ended = await supplier.ended(id, 10_000);
  t.is(ended.metadata.request_status, 'Success');
  t.true(performance.now() - started < 10_000);
  const record = await until('the record follows', async () => {
    const read = await supplier.mpan(mpan);
    return read.metering_service_mpid === 'MOPX' && read;
  });
  t.is(record.metering_service_dip_id, '1200000015');
  t.is(String(record.metering_service_efd).slice(0, 10), day(0));
  const meters = await supplier.meters(mpan);
  t.true(meters.length > 0);
  t.is(typeof meters[0]?.meter_id, 'string');
});

test.serial('a migration (MCA) ends in Success and its D0151 reaches the legacy gateway once', async (t) => {
  const { supplier, market } = installation;
  const mpan = seededMpan(7);
  const ended = await supplier.ended(await supplier.appoint(mpan, { appointment_scenario: 'MCA' }));
  t.is(ended.metadata.request_status, 'Success');
  t.deepEqual(ended.metadata.errors, []);
  const lines = await until('the gateway has the line', async () => {
    const found = (await market.dtn()).lines.filter((line) => line.mpan === mpan);
    return found.length > 0 && found;
  });
  t.is(lines.length, 1);
  t.is(lines[0]?.times, 1);
  t.is(lines[0]?.recipient, 'LMOP');
  t.is(lines[0]?.effectiveTo, day(6).replaceAll('-', ''));
});

test.serial('while the DIP is away requests are accepted; when it is back all end in Success, one SUR each, the bytes the same', async (t) => {
  const { supplier, market } = installation;
  const before = await market.surs();
  await market.outage({ mode: 'drop' });
  await Promise.all(ids(20, 10).map((mpan) => supplier.appoint(mpan, { appointment_scenario: 'CSP' })));
  await until('something was sent into the outage', async () => ((await market.stats()).faults.drop ?? 0) > 0);
  await market.outage({ mode: 'refuse' });
  const more = await Promise.all(ids(30, 10).map((mpan) => supplier.appoint(mpan, { appointment_scenario: 'CSP' })));
  t.is((await supplier.request(more[0]!))?.metadata.request_status, 'Pending');
  await market.outage({ mode: 'none' });
  for (const mpan of ids(20, 20)) {
    const [entry] = await until(`${mpan} has ended`, async () => {
      const found = await supplier.requests({ mpan_id: mpan });
      return found[0]?.metadata.request_status !== 'Pending' && found;
    });
    t.is(entry?.metadata.request_status, 'Success', mpan);
  }
  const after = await market.surs();
  t.is(after.count, before.count + 20, 'one reference each');
  t.deepEqual(after.differentBytes, []);
});

test.serial('one poison item in a batch of a hundred fails alone; the others go on to Success', async (t) => {
  const { supplier, market } = installation;
  const poisoned = seededMpan(73);
  await market.rules([{ match: { mpan: poisoned }, poison: true }]);
  // Held back, so that all hundred are owed at once and share a batch.
  await market.outage({ mode: 'refuse' });
  const requests = await Promise.all(ids(50, 100).map((mpan) => supplier.appoint(mpan, { appointment_scenario: 'CSP' })));
  await market.outage({ mode: 'none' });
  await until('all have ended', async () => (await supplier.count('Pending')) === 0, 40_000);
  const ends = await Promise.all(requests.map((id) => supplier.request(id)));
  const failed = ends.filter((entry) => entry?.metadata.request_status === 'Failed');
  t.is(failed.length, 1);
  t.is(failed[0]?.metadata.mpan_core, Number(poisoned));
  t.is((await installation.operator.why(failed[0]?.metadata.request_id ?? '')).reason, 'dip_schema_rejected');
  t.is(ends.filter((entry) => entry?.metadata.request_status === 'Success').length, 99);
  t.true((await market.stats()).poisoned > 0);
});

test.serial('test mode sends nothing, changes no record, and conflicts only with test mode', async (t) => {
  const { supplier, market } = installation;
  const mpan = seededMpan(160);
  const testing = { 'x-test-mode': 'true' };
  const id = await supplier.appoint(mpan, {}, testing);
  const second = await supplier.post(appointment(mpan, { contract_reference: 'OTHER' }), 'test-conflict', testing);
  t.is(second.status, 409);
  // A live process on the same meter point runs to its end beside it.
  const live = await supplier.post(appointment(mpan, { metering_service_mpid: 'MOPX' }), 'live-beside-test');
  t.is(live.status, 202);
  t.is((await supplier.ended(live.json.request_id)).metadata.request_status, 'Success');
  const flows = await market.flows(mpan);
  t.is(flows.length, 1, 'the market saw the live one alone');
  t.is((await supplier.request(id))?.metadata.request_status, 'Pending');

  const other = seededMpan(161);
  await supplier.appoint(other, {}, testing);
  const marker = await supplier.appoint(seededMpan(162));
  await supplier.ended(marker);
  t.deepEqual(await market.flows(other), [], 'a later one went out and ended, this one never left');
  t.is((await supplier.mpan(other)).metering_service_mpid, 'MOPY');
});

test.serial('another supplier’s key neither sees nor touches the process', async (t) => {
  const { supplier } = installation;
  const { connect } = installation.program;
  const mpan = seededMpan(170);
  const id = await supplier.appoint(mpan);
  const made = await installation.mw('key', 'add', 'SUPY', '--label', 'another');
  t.is(made.code, 0, made.stderr);
  const key = made.stdout.trim();
  const base = connect.httpUrl ?? '';
  for (const path of [
    '/requests/v1/SUPX',
    `/requests/v1/SUPX?request_id=${id}`,
    `/mpan/v1/SUPX?mpan_id=${mpan}`,
    `/meter-technical-details/v1/SUPX?mpan_id=${mpan}`,
  ]) {
    const answer = await call(`${base}${path}`, { headers: { 'x-api-key': key } });
    t.is(answer.status, 401, path);
    t.false(answer.text.includes(id), path);
  }
  const stranger = new Supplier(base, 'SUPX', key);
  t.is((await stranger.post(appointment(mpan), 'stranger')).status, 401);
  const own = await call(`${base}/requests/v1/SUPY?request_id=${id}`, { headers: { 'x-api-key': key } });
  t.is(own.status, 200);
  t.false(own.text.includes(id));
  t.is((await supplier.ended(id)).metadata.request_status, 'Success');
});

test.serial('an idempotency key that comes again is answered byte for byte as before, and appoints nothing', async (t) => {
  const { supplier, market } = installation;
  const mpan = seededMpan(180);
  const first = await supplier.post(appointment(mpan), 'same-key');
  await supplier.ended(first.json.request_id);
  const again = await supplier.post(appointment(mpan), 'same-key');
  t.is(again.status, 202);
  t.is(again.text, first.text);
  t.is((await supplier.post(appointment(mpan, { contract_reference: 'OTHER' }), 'same-key')).status, 409);
  t.is((await market.flows(mpan)).length, 1);
});

test.serial('nothing was left in quarantine', async (t) => {
  t.deepEqual(await installation.operator.quarantine(), []);
});
