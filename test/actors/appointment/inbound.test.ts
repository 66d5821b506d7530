/** Routing of market messages on a real engine (architecture 4, appointments 7.5, 7.6, 8.3). */
import test from 'ava';
import { type AppointReply, contextOf } from '../../../actors/appointment/index.ts';
import type { StepDetails } from '../../../actors/engine/definition.ts';
import { type AppointmentsWorld, appointmentsWorld, FACTS, requestId, SUPY } from '../../support/machines/appointments-engine.ts';
import { if003, if032, if035, if036, if036Of, if037, message, toAnother } from '../../support/machines/market-messages.ts';

async function pending(
  more: Parameters<AppointmentsWorld['appoint']>[0] = {},
): Promise<AppointmentsWorld & { readonly id: string; state(): Promise<string | undefined> }> {
  const w = appointmentsWorld();
  await w.importMpan();
  const id = requestId();
  const reply: AppointReply = await w.appoint({ requestId: id, ...more });
  if (reply.kind !== 'accepted') throw new Error(reply.kind);
  return { ...w, id, state: async () => (await w.process(id))?.state };
}

test('a whole flow: each answer reaches the process, IF-036 the record', async (t) => {
  const w = await pending();
  for (const [event, state] of [
    [if032('A'), 'AWAIT_OUTCOME'],
    [if035('A'), 'AWAIT_ACTIVE'],
    [if036(), 'SUCCESS'],
  ] as const) {
    t.like(await w.inbound(event), { kind: 'handled', outcomes: [{ actor: `appointment:${w.id}`, outcome: 'applied' }] });
    t.is(await w.state(), state);
  }
  const doc = (await w.process(w.id))!;
  t.deepEqual(doc.indexes.mpidStatus, ['SUPX|Success']);
  t.deepEqual(doc.slots, []);
  const record = (await w.record())?.snapshot as unknown as { context: { facts: { metering_service_dip_id: string } } };
  t.is(record.context.facts.metering_service_dip_id, '1200000015');
});

test('every step leaves its events in order', async (t) => {
  const w = await pending();
  await w.inbound(if036());
  await w.settle();
  const mine = w.events.performed.filter((effect) => effect.actor === `appointment:${w.id}`);
  t.deepEqual(
    mine.map((effect) => effect.name),
    ['created', 'submitted', 'warning', 'active', 'succeeded'],
  );
  t.like(mine.at(-1)?.data, {
    type: 'meterwright.appointment.succeeded.v1',
    data: { requestId: w.id, status: 'Success', mpid: 'SUPX', mpan: '2000056535971', actorVersion: 2 },
  });
});

test('messages are kept in full in both directions', async (t) => {
  const w = await pending();
  await w.inbound(if032('A'));
  const history = await w.store.history(`appointment:${w.id}`);
  const [first, second] = history.map((entry) => entry.details as unknown as StepDetails);
  t.like(first?.sent?.[0], { channel: 'dip', direction: 'outbound', interface: 'IF-031', event_code: '[MSApp]' });
  t.like(second?.event, {
    channel: 'dip',
    direction: 'inbound',
    interface: 'IF-032',
    payload: { CommonBlock: { S0: { eventCode: '[MSAppInitialResp]' } } },
  });
});

test('the same transaction again has no effect', async (t) => {
  const w = await pending();
  const answer = if032('A');
  await w.inbound(answer);
  t.like(await w.inbound(answer), { outcomes: [{ outcome: 'duplicate' }] });
});

test('the same reference in a new transaction (replay) has no effect if it was applied, else it counts', async (t) => {
  const w = await pending();
  const answer = if032('A');
  t.like(await w.inbound({ ...answer, transactionId: 'T-replayed-1', replay: true }), { outcomes: [{ outcome: 'applied' }] });
  t.like(await w.inbound({ ...answer, transactionId: 'T-replayed-2', replay: true }), { outcomes: [{ outcome: 'duplicate' }] });
  t.is(await w.state(), 'AWAIT_OUTCOME');
});

test('a repetition is known although its process has ended meanwhile', async (t) => {
  const w = await pending();
  const answer = if032('R', ['REG1021 - no'], { senderCorrelationId: null, initialCorrelationId: null, proposed: null });
  await w.inbound(answer);
  t.is(await w.state(), 'FAILED');
  t.like(await w.inbound(answer), { outcomes: [{ actor: `appointment:${w.id}`, outcome: 'duplicate' }] });
});

test('a message that the record took as unsolicited has no effect on a process that came later', async (t) => {
  const w = appointmentsWorld();
  await w.importMpan();
  const early = if036({ transactionAt: w.clock.now() - 60_000 });
  await w.inbound(early);
  const id = requestId();
  await w.appoint({ requestId: id });
  for (const again of [early, { ...early, transactionId: 'T-replayed', replay: true }]) {
    t.like(await w.inbound(again), { outcomes: [{ actor: 'mpan:SUPX:2000056535971', outcome: 'duplicate' }] });
  }
  t.is((await w.process(id))?.state, 'SUBMITTING');
});

test('IF-036 without a process updates the record; ALG raises nothing', async (t) => {
  const w = appointmentsWorld();
  await w.importMpan();
  const incoming = { dipId: '1200000026', mpid: 'MOPY', effectiveFrom: '2026-03-01', contractReference: null, scenario: 'ALG' };
  t.like(await w.inbound(if036({ incoming })), { kind: 'handled', outcomes: [{ actor: 'mpan:SUPX:2000056535971' }] });
  t.deepEqual(await w.alerts('mpan:SUPX:2000056535971'), []);
});

test('IF-032 and IF-035 without a process are orphans', async (t) => {
  const w = appointmentsWorld();
  await w.importMpan();
  await w.inbound(if035('A'));
  t.deepEqual(await w.alerts('mpan:SUPX:2000056535971'), ['orphan_message']);
});

test('a message that concerns us makes the record it needs', async (t) => {
  const w = appointmentsWorld();
  t.is(await w.record(), undefined);
  await w.inbound(if036());
  t.truthy(await w.record());
});

test('a message goes to every own supplier that it names', async (t) => {
  const w = await pending();
  await w.importMpan(FACTS, SUPY);
  const reply = await w.inbound(if037('CSUPP', { incomingSupplier: toAnother() }));
  t.deepEqual(reply.kind === 'handled' && reply.outcomes.map((outcome) => outcome.actor), [
    `mpan:SUPX:2000056535971`,
    `appointment:${w.id}`,
    'mpan:SUPY:2000056535971',
  ]);
  t.is(await w.state(), 'FAILED');
});

test('a switch from one own supplier to another fails the loser’s process and leaves the gainer’s alone', async (t) => {
  const w = await pending();
  await w.importMpan(FACTS, SUPY);
  const gaining = requestId();
  await w.appoint({ requestId: gaining, mpid: SUPY.mpid, supplierDipId: SUPY.dipId, scenario: 'COS', idempotency: null });
  await w.inbound(if037('CSUPP', { incomingSupplier: { ...SUPY, effectiveFrom: '2026-03-30' } }));
  t.is(contextOf((await w.process(w.id))!).reason, 'deappointed_all');
  t.is((await w.process(gaining))?.state, 'SUBMITTING');
  t.is((await w.doc('mpan:SUPX:2000056535971'))?.state, 'metering_closed');
  t.is((await w.doc('mpan:SUPY:2000056535971'))?.state, 'known');
});

test('answers for one own supplier leave another’s process for the same meter point alone', async (t) => {
  const w = await pending();
  await w.importMpan(FACTS, SUPY);
  const other = requestId();
  await w.appoint({ requestId: other, mpid: SUPY.mpid, supplierDipId: SUPY.dipId, scenario: 'COS', idempotency: null });
  await w.inbound(if032('A', [], { recipients: [SUPY.dipId], senderCorrelationId: null, initialCorrelationId: null }));
  t.is(await w.state(), 'SUBMITTING');
  t.is((await w.process(other))?.state, 'AWAIT_OUTCOME');
});

test('a message that names nobody goes to every own record of its meter point', async (t) => {
  const w = appointmentsWorld();
  await w.importMpan(FACTS, SUPY);
  const reply = await w.inbound(if037('CSERV', { recipients: [] }));
  t.deepEqual(reply.kind === 'handled' && reply.outcomes.map((outcome) => outcome.actor), ['mpan:SUPY:2000056535971']);
});

test('what concerns nobody of ours is kept and flagged', async (t) => {
  const w = appointmentsWorld();
  const stray = if037('CSERV', { recipients: ['2300000099'], mpan: '1900012374324' });
  t.like(await w.inbound(stray), { kind: 'unhandled', outcomes: [{ outcome: 'applied' }] });
  t.like(await w.inbound(stray), { outcomes: [{ outcome: 'duplicate' }] });
  t.is((await w.doc(`unhandled-message:${stray.transactionId}`))?.state, 'unhandled');
});

test('an unknown event code is kept with the record and flagged', async (t) => {
  const w = appointmentsWorld();
  await w.importMpan();
  t.like(await w.inbound(message('IF-035', '[NeverSeen]')), { kind: 'unhandled', outcomes: [{ actor: 'mpan:SUPX:2000056535971', outcome: 'applied' }] });
  t.deepEqual(await w.alerts('mpan:SUPX:2000056535971'), ['unhandled_event_code']);
});

test('IF-045 is an advisory on the record', async (t) => {
  const w = appointmentsWorld();
  await w.importMpan();
  t.like(await w.inbound(message('IF-045', '[NoAgentReminder]')), { kind: 'handled', outcomes: [{ actor: 'mpan:SUPX:2000056535971' }] });
  t.deepEqual(await w.alerts('mpan:SUPX:2000056535971'), ['registry_reminder']);
});

test('IF-003 reaches the record and the pending process', async (t) => {
  const w = await pending();
  await w.inbound(if003());
  t.is(contextOf((await w.process(w.id))!).reason, 'reverse_migrated');
});

test('one supplier’s message never reaches another’s process', async (t) => {
  const w = await pending();
  await w.inbound(if035('R', 'SP001', { requestingSupplier: SUPY, recipients: [SUPY.dipId], senderCorrelationId: null, initialCorrelationId: null }));
  t.is(await w.state(), 'SUBMITTING');
});

test('test messages reach test processes only and touch no record', async (t) => {
  const w = await pending({ test: true });
  const before = (await w.record())?.version;
  await w.inbound(if036({ test: true }));
  t.is(await w.state(), 'SUCCESS');
  await w.inbound(if035('A', null, { test: true, mpan: '1900012374324' }));
  t.is((await w.record())?.version, before);
  t.is(await w.doc('mpan:SUPX:1900012374324'), undefined);
});

test('IF-036 of another service keeps the process waiting and the record true', async (t) => {
  const w = await pending();
  await w.inbound(if032('A'));
  await w.inbound(if035('A'));
  await w.inbound(if036Of('1200000099'));
  t.is(await w.state(), 'AWAIT_ACTIVE');
  t.deepEqual(await w.alerts(`appointment:${w.id}`), ['active_mismatch']);
});

test('a migration: the D0151 line reaches the DTN actor', async (t) => {
  const w = await pending();
  await w.command('2000056535971', 'operator.cancel', { actor: `appointment:${w.id}`, by: 'ann', reason: 'other test' });
  await w.importMpan({ ...FACTS, legacy_mop_mpid: 'LMOP', registration_efd: '2024-04-01' });
  const id = requestId();
  await w.appoint({ requestId: id, scenario: 'MCA' });
  await w.inbound(if035('A', null, { senderCorrelationId: null, initialCorrelationId: null }));
  await w.settle();
  t.is((await w.doc('dtn:SUPX'))?.state, 'collecting');
  await w.inbound(if036({ senderCorrelationId: null, initialCorrelationId: null }));
  t.is((await w.process(id))?.state, 'COMPLETING');
});

test('a status message finds its process by SUR and counts once', async (t) => {
  const w = await pending();
  const sur = contextOf((await w.process(w.id))!).sur;
  const status = { sur, code: '1001', text: 'Schema Failure', transactionId: 'T-1' };
  t.deepEqual(await w.command('2000056535971', 'market.status', status), { kind: 'applied', actor: `appointment:${w.id}` });
  t.is(contextOf((await w.process(w.id))!).reason, 'dip_rule_rejected');
  t.like(await w.command('2000056535971', 'market.status', status), { kind: 'duplicate' });
  t.deepEqual(await w.command('2000056535971', 'market.status', { ...status, sur: 'S-unknown' }), { kind: 'missing' });
});

test('an operator cancels what is pending, and nothing else', async (t) => {
  const w = await pending();
  const order = { actor: `appointment:${w.id}`, by: 'ann', reason: 'wrong' };
  t.like(await w.command('2000056535971', 'operator.cancel', order), { kind: 'applied', status: 'Failed' });
  await t.throwsAsync(w.command('2000056535971', 'operator.cancel', order), { code: 'not_pending' });
});

test('an operator resends only what the DIP never accepted', async (t) => {
  const w = await pending();
  const order = { actor: `appointment:${w.id}`, by: 'ann', reason: 'facts corrected' };
  t.like(await w.command('2000056535971', 'operator.resend', order), { kind: 'applied', state: 'SUBMITTING' });
  const doc = (await w.process(w.id))!;
  t.is(doc.indexes.sur?.length, 2);
  t.deepEqual(
    doc.owed.map((owed) => owed.name),
    [`${doc.indexes.sur?.[0]}r1`],
  );
  await w.inbound(if032('A'));
  await t.throwsAsync(w.command('2000056535971', 'operator.resend', order), { code: 'not_submitting' });
});

test('a resend is built of the facts as they are stored now, under the next suffix', async (t) => {
  const w = await pending();
  await w.importMpan({ gsp_group_id: '_K' });
  await w.command('2000056535971', 'operator.resend', { actor: `appointment:${w.id}`, by: 'ann', reason: 'facts corrected' });
  const last = (await w.store.history(`appointment:${w.id}`)).at(-1)?.details as unknown as StepDetails;
  const [sent] = last.sent as unknown as { reference: string; payload: { CommonBlock: { M0: object } } }[];
  t.regex(sent!.reference, /r1$/);
  t.like(sent!.payload.CommonBlock.M0, { GSPGroupID: '_K' });
});

test('a deadline that passed is handled, warnings first', async (t) => {
  const w = await pending();
  await w.clock.advance(73 * 3_600_000);
  await w.settle();
  // T_SEND, then ten minutes for the delivery status that nobody gives.
  t.is(contextOf((await w.process(w.id))!).reason, 'dip_unreachable');
  const history = await w.store.history(`appointment:${w.id}`);
  t.deepEqual(
    history.map((entry) => entry.to),
    ['SUBMITTING', 'SUBMITTING', 'SUBMITTING.checkingDelivery', 'FAILED'],
  );
  t.deepEqual((await w.alerts(`appointment:${w.id}`)).sort(), ['dip_unreachable', 'send_delayed']);
});
