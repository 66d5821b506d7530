/** The six orders of the three answers on a real engine: one terminal state, one projection (appointments 7.6, 11.2 check 8). */
import test from 'ava';
import { contextOf as contextOfMpan, toMeterViews, toMpanView } from '../../../actors/mpan/index.ts';
import type { MarketMessage } from '../../../machines/market/message.ts';
import { appointmentsWorld, requestId } from '../../support/machines/appointments-engine.ts';
import { if032, if035, if036, T0 } from '../../support/machines/market-messages.ts';
import { meter } from '../../support/machines/mpan-world.ts';

const ANSWERS: Readonly<Record<string, MarketMessage>> = {
  'IF-032': if032('A', [], { transactionAt: T0 + 1_000 }),
  'IF-035': if035('A', 'SP000 - Proposed Appointment ACCEPTED', { transactionAt: T0 + 2_000 }),
  'IF-036': if036({
    transactionAt: T0 + 3_000,
    active: { meters: [meter('21J0012345'), meter('21J0012346')], energisationStatus: { value: 'E', from: '2020-04-01' }, postcode: 'SO15 1AA' },
  }),
};
const ORDERS = [
  ['IF-032', 'IF-035', 'IF-036'],
  ['IF-032', 'IF-036', 'IF-035'],
  ['IF-035', 'IF-032', 'IF-036'],
  ['IF-035', 'IF-036', 'IF-032'],
  ['IF-036', 'IF-032', 'IF-035'],
  ['IF-036', 'IF-035', 'IF-032'],
] as const;

async function run(order: readonly string[], id: string): Promise<{ readonly state: string | undefined; readonly projection: object }> {
  const w = appointmentsWorld();
  await w.importMpan();
  await w.appoint({ requestId: id });
  for (const name of order) await w.inbound(ANSWERS[name]!);
  await w.settle();
  const record = (await w.record())!;
  const { facts, meteringServices, meters } = contextOfMpan(record);
  const views = ['2026-03-24', '2026-03-30'].map((day) => [toMpanView(record, day), toMeterViews(record, day)]);
  return { state: (await w.process(id))?.state, projection: { facts, meteringServices, meters, views } };
}

const id = requestId();
for (const order of ORDERS.slice(1)) {
  test(`${order.join(', ')} ends as IF-032, IF-035, IF-036 do, with the same projection`, async (t) => {
    const [expected, found] = [await run(ORDERS[0], id), await run(order, id)];
    t.is(expected.state, 'SUCCESS');
    t.deepEqual(found, expected);
  });
}
