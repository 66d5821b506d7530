/** Rows 1 to 7 of appointments 7.3. Every step runs from storage form, as after a restart. */
import test from 'ava';
import {
  accepted,
  delivery,
  if032,
  if035,
  if036,
  if036Of,
  input,
  inState,
  market,
  operator,
  REQUEST_ID,
  rejected,
  SUR,
  status,
  T0,
  world,
} from '../../support/machines/appointment-world.ts';

const HOUR = 3_600_000;

test('row 1: a request is recorded, IF-031 is asked for once, T_SEND starts', (t) => {
  const w = world();
  t.is(w.state, 'SUBMITTING');
  t.deepEqual(w.owed, [SUR]);
  t.deepEqual(w.announced(), ['created']);
  t.deepEqual(w.reminders.get('T_SEND.warn'), { dueAt: T0 + 15 * 60_000 });
  t.deepEqual(w.reminders.get('T_SEND.fail'), { dueAt: T0 + 72 * HOUR, gate: 'dip' });
});

test('row 1: IF-031 carries the facts of the request', (t) => {
  const [ask] = world({ cssRegistrationId: 'css-1' }).asks.filter((one) => one.type === 'sendDip');
  t.deepEqual(ask?.params, {
    interface: 'IF-031',
    sur: SUR,
    test: false,
    supplierDipId: '2300000012',
    mpan: '2000056535971',
    distributorDipId: '2500000033',
    gspGroupId: '_H',
    meteringServiceDipId: '1200000015',
    meteringServiceMpid: 'MOPX',
    effectiveFrom: '2026-03-30',
    contractReference: 'MSA20260330',
    scenario: 'CSP',
    cssRegistrationId: 'css-1',
    sentAt: T0,
  });
});

test('row 2: MSG0000 keeps the ids, stops T_SEND and starts T032', (t) => {
  const w = world().give(accepted());
  t.is(w.state, 'AWAIT_INITIAL');
  t.is(w.context.transactionId, 'T-IF-031-1');
  t.deepEqual(w.context.correlationIds, ['CI-20260324-7d1f0a9be2c34455']);
  t.is(w.context.submittedAt, T0);
  t.deepEqual([...w.reminders.keys()].sort(), ['T032.fail', 'T032.warn']);
  t.deepEqual(w.announced(), ['created', 'submitted']);
});

test('row 3: any other item answer fails the process with its text', (t) => {
  const w = world().give(rejected());
  t.is(w.state, 'FAILED');
  t.is(w.context.reason, 'dip_schema_rejected');
  t.deepEqual(w.alerts(), ['dip_schema_rejected']);
  t.like(w.context.errors[0], { code: 'MSG1001', message: 'Schema Failure', source: 'DIP' });
  t.is(w.reminders.size, 0);
  t.deepEqual(w.owed, []);
});

test('row 3: a refusal of a reference that was replaced changes nothing', (t) => {
  const w = world().give(operator('resend')).give(rejected());
  t.is(w.state, 'SUBMITTING');
  t.deepEqual(w.alerts(), []);
});

test('row 4: a resend withdraws the old reference and asks under a new one', (t) => {
  const w = world().give(operator('resend'));
  t.is(w.state, 'SUBMITTING');
  t.deepEqual(w.owed, [`${SUR}r1`]);
  w.give(operator('resend'));
  t.deepEqual(w.owed, [`${SUR}r2`]);
});

test('row 4: the old reference accepted after a resend counts, the new one is withdrawn', (t) => {
  const w = world().give(operator('resend')).give(accepted(SUR));
  t.is(w.state, 'AWAIT_INITIAL');
  t.deepEqual(w.owed, []);
  t.is(w.context.sur, SUR);
});

test('row 7: after a resend the failing status message counts for the reference that the DIP took', (t) => {
  t.is(world().give(operator('resend')).give(accepted(SUR)).give(status('1001', SUR)).state, 'FAILED');
  t.is(
    world()
      .give(operator('resend'))
      .give(accepted(SUR))
      .give(status('1001', `${SUR}r1`)).state,
    'AWAIT_INITIAL',
  );
});

test('row 4: after MSG0000 a resend is unexpected', (t) => {
  const w = inState.AWAIT_INITIAL().give(operator('resend'));
  t.is(w.state, 'AWAIT_INITIAL');
  t.deepEqual(w.alerts(), ['unexpected_event']);
});

test('T_SEND warn: alerts once and clears when accepted', (t) => {
  const w = world().fire('T_SEND.warn');
  t.is(w.state, 'SUBMITTING');
  t.deepEqual(w.alerts(), ['send_delayed']);
  w.give(accepted());
  t.true(w.last.some((ask) => ask.type === 'clearAlert' && ask.params.code === 'send_delayed'));
});

test('row 5: T_SEND expiry asks for the delivery status once and keeps the send', (t) => {
  const w = world().fire('T_SEND.fail');
  t.is(w.state, 'SUBMITTING.checkingDelivery');
  t.deepEqual(w.owed, [SUR, `delivery:${SUR}`]);
  t.is(w.reminders.get('delivery.fail')?.gate, 'dip');
});

test('row 5: found delivered, row 2 follows', (t) => {
  const w = world().fire('T_SEND.fail').give(delivery('delivered'));
  t.is(w.state, 'AWAIT_INITIAL');
  t.deepEqual(w.owed, []);
  t.true(w.reminders.has('T032.fail'));
  t.false(w.reminders.has('delivery.fail'));
});

test('row 5: not delivered fails the process', (t) => {
  const w = world().fire('T_SEND.fail').give(delivery('not-delivered'));
  t.is(w.context.reason, 'dip_unreachable');
  t.deepEqual(w.owed, []);
  t.is(w.reminders.size, 0);
});

test('row 5: an unknown delivery status waits on, and the end of the wait fails the process', (t) => {
  const w = world().fire('T_SEND.fail').give(delivery('unknown'));
  t.is(w.state, 'SUBMITTING.checkingDelivery');
  w.fire('delivery.fail');
  t.is(w.context.reason, 'dip_unreachable');
  t.deepEqual(w.owed, []);
});

for (const [name, event, state] of [
  ['MSG0000', accepted(), 'AWAIT_INITIAL'],
  ['IF-032 A', market(if032('A')), 'AWAIT_OUTCOME'],
  ['IF-035 A', market(if035('A')), 'AWAIT_ACTIVE'],
  ['IF-036', market(if036()), 'SUCCESS'],
  ['a refusal', rejected(), 'FAILED'],
] as const) {
  test(`row 5: while checking delivery, ${name} counts`, (t) => {
    t.is(world().fire('T_SEND.fail').give(event).state, state);
  });
}

for (const [name, event, state, announced] of [
  ['IF-032 A', market(if032('A')), 'AWAIT_OUTCOME', ['submitted', 'initial-response']],
  ['IF-032 R', market(if032('R', ['REG1021 - no'])), 'FAILED', ['submitted', 'initial-response', 'failed']],
  ['IF-035 A', market(if035('A')), 'AWAIT_ACTIVE', ['submitted', 'accepted']],
  ['IF-035 L', market(if035('L')), 'FAILED', ['submitted', 'failed']],
  ['IF-035 W', market(if035('W')), 'AWAIT_INITIAL', ['submitted', 'warning']],
  ['IF-036', market(if036()), 'SUCCESS', ['submitted', 'warning', 'active', 'succeeded']],
] as const) {
  test(`row 6: ${name} in SUBMITTING applies row 2, withdraws the send, then applies the message`, (t) => {
    const w = world().give(event);
    t.is(w.state, state);
    t.deepEqual(w.owed, []);
    t.is(w.context.submittedAt, T0);
    t.false(w.reminders.has('T_SEND.fail'));
    t.deepEqual(w.announced().slice(1), [...announced]);
  });
}

test('row 6: a message of another service does not prove anything', (t) => {
  const w = world().give(market(if036Of('1200000099')));
  t.is(w.state, 'SUBMITTING');
  t.deepEqual(w.owed, [SUR]);
  t.deepEqual(w.alerts(), ['unexpected_event']);
  t.deepEqual(
    w.told('mpan').map((event) => event.type),
    ['project.active'],
  );
});

test('row 6: the answer that was overtaken only brings its ids', (t) => {
  const w = world()
    .give(market(if032('A')))
    .give(accepted());
  t.is(w.state, 'AWAIT_OUTCOME');
  t.is(w.context.transactionId, 'T-IF-031-1');
  t.deepEqual(w.alerts(), []);
});

for (const state of ['SUBMITTING', 'AWAIT_INITIAL'] as const) {
  test(`row 7: a failing status message in ${state} fails the process`, (t) => {
    const w = inState[state]().give(status());
    t.is(w.context.reason, 'dip_rule_rejected');
    t.deepEqual(w.alerts(), ['dip_rule_rejected']);
    t.deepEqual(w.errors(), ['MSG1001']);
    t.deepEqual(w.owed, []);
    t.is(w.reminders.size, 0);
  });
}

for (const state of ['AWAIT_OUTCOME', 'AWAIT_ACTIVE', 'COMPLETING'] as const) {
  test(`row 7: in ${state} a failing status message alerts only`, (t) => {
    const w = inState[state]().give(status());
    t.is(w.state, state);
    t.deepEqual(w.alerts(), ['status_after_acceptance']);
  });
}

test('row 7: a status of success changes nothing', (t) => {
  const w = world().give(status('0000'));
  t.is(w.state, 'SUBMITTING');
  t.deepEqual(w.last, []);
});

const unknownFacts = { scenario: 'COS', meteringServiceDipId: null, distributorDipId: null, gspGroupId: null } as const;
const facts = { type: 'facts.known', distributorDipId: '2500000033', gspGroupId: '_H', legacyMop: null, registrationEffectiveFrom: null } as const;

test('facts at send: a request without routing facts asks its record and sends when they come', (t) => {
  const w = world(unknownFacts);
  t.is(w.state, 'SUBMITTING.awaitingFacts');
  t.deepEqual(w.owed, []);
  t.like(w.told('mpan')[0], { type: 'facts.wanted', requestId: REQUEST_ID });
  w.give({ ...facts, meteringServiceDipId: '1200000015' });
  t.is(w.state, 'SUBMITTING');
  t.deepEqual(w.owed, [SUR]);
});

test('facts at send: while the provider is not known, they are asked for again', (t) => {
  const w = world(unknownFacts).give({ ...facts, meteringServiceDipId: null });
  t.is(w.state, 'SUBMITTING.awaitingFacts');
  w.fire('facts.retry');
  t.is(w.told('mpan').filter((event) => event.type === 'facts.wanted').length, 2);
});

test('facts at send: T_SEND ends the wait without a query, since nothing was sent', (t) => {
  const w = world(unknownFacts).fire('T_SEND.fail');
  t.is(w.context.reason, 'dip_unreachable');
  t.is(w.reminders.size, 0);
});

test('a fresh process is small when stored', (t) => {
  t.true(JSON.stringify(input()).length < 800);
  t.true(world().persisted.length < 1_200);
  t.true(inState.SUCCESS().persisted.length < 1_500);
});
