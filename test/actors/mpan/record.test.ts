import test from 'ava';
import { Value } from 'typebox/value';
import { type AlertView, alertHandlers, createAlertDefinition, toAlertView } from '../../../actors/alert/index.ts';
import { createMpanDefinition, MpanOptionsSchema, mpanActorId, mpanHandlers, toMeterViews, toMpanView } from '../../../actors/mpan/index.ts';
import { openMemoryStore } from '../../../actors/store/memory/memory-store.ts';
import type { ActorDoc } from '../../../actors/store/store.ts';
import { createWorkingDays } from '../../../machines/calendar/index.ts';
import type { ActorId } from '../../../machines/common/effects.ts';
import type { MpanEvent, MpanFacts } from '../../../machines/mpan/index.ts';
import { toyWorld } from '../../support/engine.ts';
import { at, if036, if037, LINKED, MOPX, MOPY, MPAN, US } from '../../support/machines/mpan-world.ts';

const FACTS: MpanFacts = {
  gsp_group_id: '_H',
  distributor_dip_id: '2500000033',
  market_segment: 'S',
  metering_service_dip_id: MOPY.dipId,
  metering_service_mpid: 'MOPY',
  metering_service_efd: '2025-01-01',
  registration_efd: '2024-04-01',
};

function start() {
  const options = { ...Value.Create(MpanOptionsSchema), workingDays: createWorkingDays(), subjectPrefix: 'mw' };
  const world = toyWorld({
    store: openMemoryStore(),
    definitions: [createMpanDefinition(options), createAlertDefinition({ subjectPrefix: 'mw' })],
    handlers: {
      ...mpanHandlers,
      ...alertHandlers,
      'test.apply': (turn, payload) => {
        const { id, event, ids } = payload as { id: ActorId; event: { type: string }; ids?: string[] };
        return turn.apply(id, event, ids);
      },
    },
  });
  const command = <T>(key: string, type: string, payload: unknown): Promise<T> => world.engine.command<T>({ key, type, payload, origin: 'caller', id: 'c' });
  const id = mpanActorId(US.mpid, MPAN);
  return {
    ...world,
    id,
    import: (facts: MpanFacts = FACTS, mpan = MPAN) => command(mpan, 'mpan.import', { mpan, lines: [{ mpid: US.mpid, supplierDipId: US.dipId, facts }] }),
    apply: (event: Omit<MpanEvent, 'at'>, ids?: string[]) => command(MPAN, 'test.apply', { id, event, ids }),
    acknowledge: (alert: ActorId) => command<AlertView>(MPAN, 'alert.acknowledge', { id: alert, by: 'ann', note: 'looking' }),
    read: async (actor: ActorId = id): Promise<ActorDoc> => {
      const [doc] = await world.store.get([actor]);
      if (doc === undefined) throw new Error(`no ${actor}`);
      return doc;
    },
  };
}

test('an import creates the record once and is found by its MPAN', async (t) => {
  const world = start();
  t.like(await world.import(), { created: 1 });
  t.like(await world.import(), { created: 0 });
  t.deepEqual(await world.store.find('mpanAny', MPAN), [world.id]);
  t.is((await world.read()).state, 'known');
});

test('status reads become current at the effective date', async (t) => {
  const world = start();
  await world.import();
  await world.apply({ type: 'project.active', message: if036(), requestId: 'r1' } as Omit<MpanEvent, 'at'>);
  const doc = await world.read();
  t.like(toMpanView(doc, '2026-03-29'), { metering_service_mpid: 'MOPY', metering_service_etd: '2026-03-29T00:00:00+00:00' });
  t.like(toMpanView(doc, '2026-03-30'), {
    id: Number(MPAN),
    metering_service_mpid: 'MOPX',
    metering_service_dip_id: MOPX.dipId,
    metering_service_efd: '2026-03-30T00:00:00+01:00',
    metering_service_etd: null,
    market_segment: 'S',
    market_segment_efd: '2025-11-01T00:00:00+00:00',
    address_line_5: 'HIGH STREET',
    postcode: 'SO15 1AA',
    supply_start_date: '2024-04-01T00:00:00+01:00',
  });
});

test('an appointment to come is shown with its date where there is none before it', async (t) => {
  const world = start();
  await world.import({ gsp_group_id: '_H' });
  await world.apply({ type: 'project.active', message: if036(), requestId: 'r1' } as Omit<MpanEvent, 'at'>);
  t.like(toMpanView(await world.read(), '2026-03-25'), { metering_service_mpid: 'MOPX', metering_service_efd: '2026-03-30T00:00:00+01:00' });
});

test('after a de-appointment the MPID stays and the effective-to date is filled', async (t) => {
  const world = start();
  await world.import();
  await world.apply({ type: 'project.active', message: if036(), requestId: 'r1' } as Omit<MpanEvent, 'at'>);
  await world.apply({ type: 'project.deappointment', message: if037('CSUPP') } as Omit<MpanEvent, 'at'>);
  const doc = await world.read();
  t.is(doc.state, 'metering_closed');
  t.like(toMpanView(doc, '2026-10-01'), { metering_service_mpid: 'MOPX', metering_service_etd: '2026-09-14T00:00:00+01:00' });
});

test('meters are listed with their settlement date, and as of a day only those that were there', async (t) => {
  const world = start();
  await world.import();
  await world.apply({ type: 'project.active', message: if036(), requestId: 'r1' } as Omit<MpanEvent, 'at'>);
  const doc = await world.read();
  t.like(toMeterViews(doc, null), [
    {
      mpan_core: Number(MPAN),
      meter_id: '21J0012345',
      meter_type: 'S2ADE',
      manufacturer: 'ACME AM1',
      meter_location: 'E',
      meter_removal_datetime: null,
      effective_from_settlement_date_msmtd: '2026-03-30',
      meter_asset_provider_id: 'MAPX',
      nhh_mtd: null,
    },
  ]);
  t.is(toMeterViews(doc, '2021-06-13').length, 0);
  t.is(toMeterViews(doc, '2021-06-14').length, 1);
});

test('announcements leave on the subject of the supplier and the shard', async (t) => {
  const world = start();
  await world.import();
  await world.apply({ type: 'project.active', message: if036(), requestId: 'r1' } as Omit<MpanEvent, 'at'>);
  await world.settle();
  const { shard } = await world.read();
  const sent = world.events.performed.map(({ data }) => data as { subject: string; type: string; data: object });
  t.deepEqual(
    sent.map(({ subject }) => subject),
    ['updated', 'updated', 'meters-updated'].map((what) => `mw.evt.mpan.SUPX.${shard}.${what}`),
  );
  t.is(sent[2]?.type, 'meterwright.mpan.meters-updated.v1');
  t.like(sent[2]?.data, { mpan: MPAN, mpid: 'SUPX', meters: ['21J0012345'] });
});

test('a tell creates the record of a linked meter point that was never imported', async (t) => {
  const world = start();
  await world.import();
  const linked = [{ mpan: LINKED, direction: 'E', supplierDipId: US.dipId, supplierMpid: US.mpid }];
  await world.apply({ type: 'project.active', message: if036({}, { linked }), requestId: 'r1' } as Omit<MpanEvent, 'at'>);
  await world.apply({ type: 'process.succeeded', requestId: 'r1', meteringServiceDipId: MOPX.dipId, effectiveFrom: '2026-03-30' } as Omit<MpanEvent, 'at'>);
  await world.settle();
  const other = await world.read(mpanActorId(US.mpid, LINKED));
  t.is(other.state, 'alignment_expected');
  t.deepEqual(
    other.reminders.map(({ name }) => name),
    ['alignment'],
  );
});

test('an alert is raised beside its subject, acknowledged by someone, and found by what it is about', async (t) => {
  const world = start();
  await world.import();
  const orphan = { type: 'unsolicited', message: if036({ interface: 'IF-035', eventCode: '[MSAppAccepted]' }), handling: 'orphan' } as Omit<MpanEvent, 'at'>;
  await world.apply(orphan);
  await world.apply(orphan);
  const [alert] = await world.store.find('about', world.id);
  t.is(alert, `alert:orphan_message:${world.id}`);
  t.like(toAlertView(await world.read(alert)), { state: 'raised', count: 2, severity: 'warning', about: world.id });
  t.like(await world.acknowledge(alert as ActorId), { state: 'acknowledged', acknowledged: { by: 'ann', note: 'looking' } });
  await t.throwsAsync(world.acknowledge('alert:nothing:x'), { message: /no alert/ });
  await world.settle();
  const subjects = world.events.performed.map(({ data }) => (data as { subject: string }).subject).filter((subject) => subject.includes('.alert.'));
  t.deepEqual(subjects, ['mw.evt.alert.orphan_message.raised', 'mw.evt.alert.orphan_message.acknowledged']);
});

test('a side alert is raised by its reminder and the clock', async (t) => {
  const world = start();
  await world.import();
  await world.apply({ type: 'project.active', message: if036(), requestId: 'r1' } as Omit<MpanEvent, 'at'>);
  await world.apply({ type: 'project.deappointment', message: if037('DEREG') } as Omit<MpanEvent, 'at'>);
  const [closure] = (await world.read()).reminders;
  t.is(closure?.dueAt, at('2026-03-26T10:35:00Z'));
});

test('the same message again, by any of its ids, is not applied', async (t) => {
  const world = start();
  await world.import();
  const event = { type: 'project.active', message: if036(), requestId: 'r1' } as Omit<MpanEvent, 'at'>;
  await world.apply(event, ['T-IF-036-1', 'S-1']);
  const { version } = await world.read();
  t.like(await world.apply(event, ['T-other', 'S-1']), { kind: 'duplicate' });
  t.is((await world.read()).version, version);
});
