/** IF-037 for each reason and IF-003 for each event, with and without a pending process (appointments 7.3 rows 25, 26, 28, 8.2, 11.2 check 11). */
import test from 'ava';
import { contextOf } from '../../../actors/appointment/index.ts';
import { contextOf as contextOfMpan } from '../../../actors/mpan/index.ts';
import type { MarketMessage } from '../../../machines/market/message.ts';
import { appointmentsWorld, FACTS, requestId } from '../../support/machines/appointments-engine.ts';
import { if003, if037, message, toAnother, toUs } from '../../support/machines/market-messages.ts';

const INCUMBENT = { metering_service_dip_id: '1200000026', metering_service_mpid: 'MOPY', metering_service_efd: '2024-04-01' };
const noMeteringBlock = { deAppointed: null, incomingSupplier: null } as const;
const dataService = { dipId: '1400000001', mpid: 'SDSX', effectiveFrom: '2024-04-01', effectiveTo: '2026-03-29', reason: 'CSUPP' };

/** Message, why the pending process fails by it (null: it does not), and the metering service's last day afterwards. */
const CASES: readonly [title: string, said: () => MarketMessage, reason: string | null, etd: string | null][] = [
  ['IF-037 CSUPP to another supplier', () => if037('CSUPP', { incomingSupplier: toAnother() }), 'deappointed_all', '2026-03-29'],
  ['IF-037 CSUPP naming us', () => if037('CSUPP', { incomingSupplier: toUs() }), null, '2026-03-29'],
  ['IF-037 DEREG', () => if037('DEREG'), 'deappointed_all', '2026-03-29'],
  ['IF-037 CSERV', () => if037('CSERV'), null, '2026-03-29'],
  ['IF-037 CSEGM', () => if037('CSEGM'), null, '2026-03-29'],
  ['IF-037 CCONN', () => if037('CCONN'), null, '2026-03-29'],
  ['IF-037 IMPEXP', () => if037('IMPEXP'), null, '2026-03-29'],
  ['IF-037 RELATED', () => if037('RELATED'), null, '2026-03-29'],
  ['IF-003 [MSDeAppRM]', () => if003(), 'reverse_migrated', '2026-03-29'],
  ['IF-003 [DSDeAppRM]', () => if003('[DSDeAppRM]', { deAppointed: null, dataServiceDeAppointed: dataService }), 'reverse_migrated', null],
  ['IF-003 [ReverseMigNotification]', () => if003('[ReverseMigNotification]', { deAppointed: null, mhhsRegimeEnd: '2026-03-29' }), 'reverse_migrated', null],
  ['IF-037 [DSDeApp]', () => message('IF-037', '[DSDeApp]', { ...noMeteringBlock, dataServiceDeAppointed: dataService }), null, null],
];

const lastDay = async (w: ReturnType<typeof appointmentsWorld>): Promise<string | null> =>
  contextOfMpan((await w.record())!).meteringServices.find((row) => row.dipId === INCUMBENT.metering_service_dip_id)?.etd ?? null;

for (const [title, said, reason, etd] of CASES) {
  test(`${title} with a pending process`, async (t) => {
    const w = appointmentsWorld();
    await w.importMpan({ ...FACTS, ...INCUMBENT });
    const id = requestId();
    await w.appoint({ requestId: id });
    await w.inbound(said());
    const process = (await w.process(id))!;
    t.is(process.state, reason === null ? 'SUBMITTING' : 'FAILED');
    t.is(contextOf(process).reason as string | null, reason);
    t.deepEqual(
      (await w.alerts(process.id)).filter((code) => code === 'unexpected_event'),
      [],
    );
    t.is(await lastDay(w), etd);
  });

  test(`${title} without a process`, async (t) => {
    const w = appointmentsWorld();
    await w.importMpan({ ...FACTS, ...INCUMBENT });
    const given = said();
    t.like(await w.inbound(given), { kind: 'handled', outcomes: [{ actor: 'mpan:SUPX:2000056535971', outcome: 'applied' }] });
    t.is(await lastDay(w), etd);
    const { version } = (await w.record())!;
    t.like(await w.inbound(given), { outcomes: [{ outcome: 'duplicate' }] });
    t.is((await w.record())?.version, version);
  });
}

test('CSUPP naming us as incoming supplier leaves our COS process untouched', async (t) => {
  const w = appointmentsWorld();
  await w.importMpan({ ...FACTS, ...INCUMBENT });
  const id = requestId();
  await w.appoint({ requestId: id, scenario: 'COS' });
  for (const incomingSupplier of [toUs(), null]) await w.inbound(if037('CSUPP', { incomingSupplier }));
  t.is((await w.process(id))?.state, 'SUBMITTING');
  t.deepEqual(await w.alerts(`appointment:${id}`), []);
});
