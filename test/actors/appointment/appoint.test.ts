/** The command `appoint` on a real engine: 422, replay, 409, and what is recorded (appointments 1.2 to 1.5, 6). */
import test from 'ava';
import { Value } from 'typebox/value';
import { type AppointmentOptions, AppointmentOptionsSchema, type AppointReply, contextOf } from '../../../actors/appointment/index.ts';
import { checkIf031 } from '../../../actors/dip/schema/index.ts';
import { appointmentsWorld, FACTS, requestId, SUPY } from '../../support/machines/appointments-engine.ts';

const types = (reply: AppointReply): string[] => (reply.kind === 'invalid' ? reply.errors.map((error) => error.type) : [reply.kind]);

test('an accepted request is recorded Pending with the documented response members', async (t) => {
  const w = appointmentsWorld();
  await w.importMpan();
  const id = requestId();
  const reply = await w.appoint({ requestId: id });
  t.deepEqual(reply, {
    kind: 'accepted',
    response: {
      request_id: id,
      request_type: 'metering-service-appointment',
      request_status: 'Pending',
      description: 'Metering Service Appointment Process',
      created_at: '2026-03-24T10:35:00+00:00',
      last_updated_at: '2026-03-24T10:35:00+00:00',
      mpan_core: 2000056535971,
    },
  });
  const doc = await w.process(id);
  t.is(doc?.state, 'SUBMITTING');
  t.deepEqual(doc?.indexes.mpidStatus, ['SUPX|Pending']);
  t.deepEqual(doc?.slots, ['active:live:SUPX:2000056535971:ms']);
});

test('IF-031 leaves under its SUR with bytes that fit schema 011', async (t) => {
  const w = appointmentsWorld();
  await w.importMpan();
  const id = requestId();
  await w.appoint({ requestId: id, scenario: 'COS', cssRegistrationId: '3f0c2b4e-9a51-4f0d-8b77-1d6d2f3a9c10' });
  await w.settle();
  const [effect] = w.dip.performed;
  t.is(effect?.key, `S-IF-031-2300000012-SUP-20260324-${id.replaceAll('-', '')}`);
  const item = JSON.parse(effect?.body ?? '');
  t.deepEqual(checkIf031(item), []);
  t.is(item.payload.CustomBlock.B070.proposedMeteringServiceDIPEffectiveFromDate, '2026-03-30T00:00:00+01:00');
  t.is(item.payload.CustomBlock.B013.CSSRegistrationID, '3f0c2b4e-9a51-4f0d-8b77-1d6d2f3a9c10');
  t.deepEqual(effect?.data, { interface: 'IF-031', sur: effect?.key, supplierDipId: '2300000012', test: false });
});

test('stored facts that break schema 011 are named beside the message, so that it is never sent', async (t) => {
  const w = appointmentsWorld();
  await w.importMpan({ ...FACTS, gsp_group_id: '_I' });
  await w.appoint({ requestId: requestId() });
  await w.settle();
  const { fault } = w.dip.performed[0]!.data as { fault: string };
  t.regex(fault, /M0\/GSPGroupID/);
});

test('IF-031 has the bytes of the documented example', async (t) => {
  const w = appointmentsWorld();
  await w.importMpan();
  await w.appoint({ requestId: '0f5e0bc6-e9b0-451a-8d5b-15bc01c4d2fd' });
  await w.settle();
  t.is(
    w.dip.performed[0]?.body,
    '{"payload":{"CommonBlock":{"S0":{"interfaceID":"IF-031","schemaVersion":"011","eventCode":"[MSApp]"},"S1":{"environmentTag":"SIT","subText":null,"senderUniqueReference":"S-IF-031-2300000012-SUP-20260324-0f5e0bc6e9b0451a8d5b15bc01c4d2fd","senderTimestamp":"2026-03-24T10:35:00+00:00","senderDIPID":"2300000012","senderRoleID":"SUP","senderCorrelationID":null,"DIPConnectionProviderID":null},"M0":{"MPANCore":"2000056535971","distributorDIPID":"2500000033","GSPGroupID":"_H"}},"CustomBlock":{"B070":{"proposedMeteringServiceDIPID":"1200000015","proposedMeteringServiceMPID":"MOPX","proposedMeteringServiceDIPEffectiveFromDate":"2026-03-30T00:00:00+01:00","contractReferenceMeteringService":"MSA20260330","appointmentScenario":"CSP"}}}}',
  );
});

test('422: an MPAN that is not known, routing facts that are missing', async (t) => {
  const w = appointmentsWorld();
  t.deepEqual(types(await w.appoint()), ['unknown_mpan']);
  await w.importMpan({ gsp_group_id: '_H', market_segment: 'S' });
  t.deepEqual(types(await w.appoint()), ['routing_facts_missing']);
});

test('422: unknown agents and agents in another role', async (t) => {
  const w = appointmentsWorld();
  await w.importMpan();
  t.deepEqual(types(await w.appoint({ meteringServiceMpid: 'NONE' })), ['unknown_agent']);
  w.agents.set('ADVA', [{ dipId: '1200000077', role: 'MSA', effectiveFrom: null }]);
  t.deepEqual(types(await w.appoint({ meteringServiceMpid: 'ADVA' })), ['agent_role_mismatch']);
  w.agents.set('LATE', [{ dipId: '1200000078', role: 'MSS', effectiveFrom: '2026-04-01' }]);
  t.deepEqual(types(await w.appoint({ meteringServiceMpid: 'LATE' })), ['unknown_agent']);
  t.deepEqual(types(await w.appoint({ mpan: '1900012374324', meteringServiceMpid: 'NONE' })), ['unknown_mpan', 'unknown_agent']);
});

test('the newest entry in force on the effective date is the provider', async (t) => {
  const w = appointmentsWorld();
  await w.importMpan();
  w.agents.set('MOPX', [
    { dipId: '1200000001', role: 'MSS', effectiveFrom: '2024-01-01' },
    { dipId: '1200000002', role: 'MSS', effectiveFrom: '2026-03-30' },
    { dipId: '1200000003', role: 'MSS', effectiveFrom: '2026-03-31' },
  ]);
  const id = requestId();
  await w.appoint({ requestId: id });
  t.is(contextOf((await w.process(id))!).request.meteringServiceDipId, '1200000002');
});

test('SEG goes by the prospective segment, else by the only role of the provider', async (t) => {
  const w = appointmentsWorld();
  w.agents.set('MOPX', [
    { dipId: '1200000001', role: 'MSS', effectiveFrom: null },
    { dipId: '1200000002', role: 'MSA', effectiveFrom: null },
  ]);
  await w.importMpan();
  t.deepEqual(types(await w.appoint({ scenario: 'SEG' })), ['agent_role_mismatch']);
  await w.importMpan({ ...FACTS, prospective_market_segment: 'A' });
  const id = requestId();
  await w.appoint({ requestId: id, scenario: 'SEG' });
  t.is(contextOf((await w.process(id))!).request.meteringServiceDipId, '1200000002');
});

test('409: one pending process per supplier and meter point, whatever its scenario', async (t) => {
  const w = appointmentsWorld();
  await w.importMpan();
  await w.importMpan(FACTS, SUPY);
  await w.appoint();
  t.deepEqual(await w.appoint({ scenario: 'USP', effectiveFrom: '2026-04-01' }), {
    kind: 'conflict',
    rule: 'active_process',
    detail: 'An active metering service appointment process already exists for MPAN 2000056535971',
  });
  t.is((await w.appoint({ mpid: SUPY.mpid, supplierDipId: SUPY.dipId })).kind, 'accepted');
});

test('test-mode processes conflict only with test-mode processes', async (t) => {
  const w = appointmentsWorld();
  await w.importMpan();
  t.is((await w.appoint()).kind, 'accepted');
  t.is((await w.appoint({ test: true })).kind, 'accepted');
  t.is((await w.appoint({ test: true })).kind, 'conflict');
});

test('an ended process never conflicts', async (t) => {
  const w = appointmentsWorld();
  await w.importMpan();
  const id = requestId();
  await w.appoint({ requestId: id });
  await w.command('2000056535971', 'operator.cancel', { actor: `appointment:${id}`, by: 'ann', reason: 'wrong' });
  t.is((await w.process(id))?.state, 'FAILED');
  t.is((await w.appoint()).kind, 'accepted');
});

const key = { slotName: 'idem:1', bodyHash: 'a' };

test('the same key and body are answered as the first time, even when the facts have changed', async (t) => {
  const w = appointmentsWorld();
  await w.importMpan();
  const first = await w.appoint({ idempotency: key });
  w.agents.clear();
  await w.clock.advance(60_000);
  const again = await w.appoint({ idempotency: key });
  t.is(again.kind, 'replayed');
  t.deepEqual('response' in again && again.response, 'response' in first && first.response);
});

test('the same key with another body is a conflict, after validation', async (t) => {
  const w = appointmentsWorld();
  await w.importMpan();
  await w.appoint({ idempotency: key });
  t.like(await w.appoint({ idempotency: { slotName: 'idem:1', bodyHash: 'b' } }), { kind: 'conflict', rule: 'idempotency_key_reused' });
  t.deepEqual(types(await w.appoint({ idempotency: { slotName: 'idem:1', bodyHash: 'b' }, meteringServiceMpid: 'NONE' })), ['unknown_agent']);
});

test('a refused request leaves its key free', async (t) => {
  const w = appointmentsWorld();
  await w.importMpan();
  t.is((await w.appoint({ idempotency: key, meteringServiceMpid: 'NONE' })).kind, 'invalid');
  t.is((await w.appoint({ idempotency: key })).kind, 'accepted');
});

test('parallel calls with one key create one process', async (t) => {
  const w = appointmentsWorld();
  await w.importMpan();
  const replies = await Promise.all(Array.from({ length: 8 }, () => w.appoint({ idempotency: key })));
  t.is(replies.filter((reply) => reply.kind === 'accepted').length, 1);
  t.is(replies.filter((reply) => reply.kind === 'replayed').length, 7);
});

test('a key outlives its process by thirty days', async (t) => {
  const w = appointmentsWorld();
  await w.importMpan();
  const id = requestId();
  await w.appoint({ requestId: id, idempotency: key });
  t.is((await w.store.slot('idem:1'))?.expiresAt, undefined);
  await w.clock.advance(3_600_000);
  await w.command('2000056535971', 'operator.cancel', { actor: `appointment:${id}`, by: 'ann', reason: 'wrong' });
  const ended = contextOf((await w.process(id))!).endedAt!;
  t.is((await w.store.slot('idem:1'))?.expiresAt, ended + 30 * 86_400_000);
  t.is(await w.store.slot('active:live:SUPX:2000056535971:ms'), undefined);
});

test('with facts at send a gaining supplier’s request waits for its record and then sends', async (t) => {
  const options = Value.Default(AppointmentOptionsSchema, { routingFacts: { required: 'atSend' } }) as AppointmentOptions;
  const w = appointmentsWorld(options);
  const id = requestId();
  t.is((await w.appoint({ scenario: 'CSP' })).kind, 'invalid');
  t.is((await w.appoint({ requestId: id, scenario: 'COS' })).kind, 'accepted');
  t.is((await w.process(id))?.state, 'SUBMITTING.awaitingFacts');
  await w.importMpan();
  await w.settle();
  t.is((await w.process(id))?.state, 'SUBMITTING');
  t.is(w.dip.performed.length, 1);
});
