/** Every line of appointments 7.6 that the machine sees, 7.4's instants, and 7.5's disagreement of codes. */
import test from 'ava';
import { londonInstant } from '../../../machines/calendar/index.ts';
import type { MarketMessage } from '../../../machines/market/message.ts';
import { accepted, if032, if035, if036, inState, market, migration, T0, world } from '../../support/machines/appointment-world.ts';

const answers: Record<string, () => MarketMessage> = {
  'IF-032': () => if032('A'),
  'IF-035': () => if035('A', 'SP000 - Proposed Appointment ACCEPTED'),
  'IF-036': () => if036(),
};

function orders<T>(items: readonly T[]): T[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item, index) => orders(items.filter((_, other) => other !== index)).map((rest) => [item, ...rest]));
}

for (const start of ['SUBMITTING', 'AWAIT_INITIAL'] as const) {
  for (const order of orders(Object.keys(answers))) {
    test(`all orders end alike: ${order.join(', ')} from ${start}`, (t) => {
      const w = inState[start]();
      for (const name of order) w.give(market(answers[name]!()));
      if (start === 'SUBMITTING') w.give(accepted());
      t.is(w.state, 'SUCCESS');
      t.is(w.told('mpan').filter((event) => event.type === 'project.active').length, 1);
      t.is(w.announced().filter((what) => what === 'succeeded').length, 1);
      t.deepEqual(w.owed, []);
      t.is(w.reminders.size, 0);
    });
  }
}

for (const order of orders(Object.keys(answers))) {
  test(`all orders of a migration owe the D0151 once: ${order.join(', ')}`, (t) => {
    const w = inState.AWAIT_INITIAL(migration);
    for (const name of order) w.give(market(answers[name]!()));
    t.is(w.state, 'COMPLETING');
    t.is(w.told('dtn').length, 1);
  });
}

test('IF-035 before IF-032: a later IF-032 A is a no-op', (t) => {
  const w = inState
    .AWAIT_INITIAL()
    .give(market(if035('A')))
    .give(market(if032('A')));
  t.is(w.state, 'AWAIT_ACTIVE');
  t.deepEqual(w.last, []);
});

for (const state of ['AWAIT_OUTCOME', 'AWAIT_ACTIVE', 'COMPLETING', 'SUCCESS'] as const) {
  test(`a later IF-032 R in ${state} is alerted and changes nothing`, (t) => {
    const w = inState[state]();
    w.give(market(if032('R', ['REG1021 - no'])));
    t.is(w.state, state);
    t.deepEqual(w.alerts(), ['contradictory_initial']);
  });
}

test('the same content under a new reference is a no-op where it agrees', (t) => {
  t.deepEqual(inState.AWAIT_OUTCOME().give(market(if032('A'))).last, []);
  t.deepEqual(inState.AWAIT_ACTIVE().give(market(if035('A'))).last, []);
});

test('IF-035 A, then an older R: ignored and alerted', (t) => {
  for (const code of ['R', 'L'] as const) {
    const w = inState.AWAIT_ACTIVE().give(market(if035(code, null, { transactionAt: T0 })));
    t.is(w.state, 'AWAIT_ACTIVE');
    t.deepEqual(w.alerts(), ['outdated_outcome']);
  }
});

test('IF-035 A, then an R of the same second: the R is newer', (t) => {
  t.is(inState.AWAIT_ACTIVE().give(market(if035('R'))).state, 'FAILED');
});

test('IF-036 before the effective date is applied at once', (t) => {
  const w = inState.AWAIT_ACTIVE();
  w.at = londonInstant('2026-03-29', '19:00');
  t.is(w.give(market(if036())).state, 'SUCCESS');
});

for (const [reason, late] of [
  ['sla_initial', () => inState.AWAIT_INITIAL().fire('T032.fail')],
  ['sla_outcome', () => inState.AWAIT_OUTCOME().fire('T035.fail').fire('replay.fail')],
  ['sla_active', () => inState.AWAIT_ACTIVE().fire('T036.fail').fire('replay.fail')],
  ['dip_unreachable', () => world().fire('T_SEND.fail').fire('delivery.fail')],
] as const) {
  test(`an answer after ${reason}: late_after_failure, seen in errors[], projection updated`, (t) => {
    const w = late();
    t.is(w.context.reason, reason);
    w.give(market(if035('A')));
    t.true(w.alerts().includes('late_after_failure'));
    t.is(w.errors().at(-1), 'late_after_failure');
    w.give(market(if036()));
    t.is(w.told('mpan').at(-1)?.type, 'project.active');
    t.is(w.state, 'FAILED');
  });
}

test('7.5: the response code outranks the event code, and the disagreement is alerted', (t) => {
  const w = inState.AWAIT_OUTCOME().give(market(if035('R', 'SP001 - No contract', { eventCode: '[MSAppAccepted]' })));
  t.is(w.context.reason, 'sp_rejected');
  t.true(w.alerts().includes('code_disagreement'));
});

test('7.5: without B007 the event code tells', (t) => {
  t.is(inState.AWAIT_OUTCOME().give(market(if035('L', null, { outcome: null }))).context.reason, 'lapsed');
});

test('7.5: an ambiguous correlation is alerted', (t) => {
  const w = inState.AWAIT_INITIAL().give({ type: 'market.if032', message: if032('A'), ambiguous: true });
  t.is(w.state, 'AWAIT_OUTCOME');
  t.deepEqual(w.alerts(), ['ambiguous_correlation']);
});

const due = (w: ReturnType<typeof world>, name: string) => w.reminders.get(name)?.dueAt;

test('7.4: T032 warns after an hour and fails two working days later', (t) => {
  const w = inState.AWAIT_INITIAL();
  t.is(due(w, 'T032.warn'), T0 + 3_600_000);
  t.is(due(w, 'T032.fail'), londonInstant('2026-03-26', '10:35'));
});

test('7.4: T035 warns at the earlier and fails at the later of its two instants', (t) => {
  const near = inState.AWAIT_OUTCOME();
  t.is(due(near, 'T035.warn'), londonInstant('2026-03-27'));
  t.is(due(near, 'T035.fail'), londonInstant('2026-04-09', '10:35'));
  const far = inState.AWAIT_OUTCOME({ effectiveFrom: '2026-04-20' });
  t.is(due(far, 'T035.warn'), londonInstant('2026-03-31', '10:35'));
  t.is(due(far, 'T035.fail'), londonInstant('2026-04-21', '18:00'));
});

test('7.4: T036 warns at 06:00 of the effective date and fails at 18:00 two working days later', (t) => {
  const w = inState.AWAIT_ACTIVE();
  t.is(due(w, 'T036.warn'), londonInstant('2026-03-30', '06:00'));
  t.is(due(w, 'T036.fail'), londonInstant('2026-04-01', '18:00'));
});

test('7.4: an effective date that is past at acceptance counts two working days from IF-035', (t) => {
  const w = inState.AWAIT_ACTIVE({ effectiveFrom: '2026-03-20' });
  t.is(due(w, 'T036.warn'), londonInstant('2026-03-25', '06:00'));
  t.is(due(w, 'T036.fail'), londonInstant('2026-03-26', '18:00'));
});

test('7.4: T_DTN warns after one working day and fails after five', (t) => {
  const w = inState.AWAIT_ACTIVE(migration);
  t.is(due(w, 'T_DTN.warn'), londonInstant('2026-03-25', '10:35'));
  t.is(due(w, 'T_DTN.fail'), londonInstant('2026-03-31', '10:35'));
});

test('7.4: fail deadlines that wait for the DIP are gated, warnings and T_DTN are not', (t) => {
  for (const w of [world(), inState.AWAIT_INITIAL(), inState.AWAIT_OUTCOME(), inState.COMPLETING()]) {
    for (const [name, { gate }] of w.reminders) t.is(gate, name.endsWith('.fail') && name !== 'T_DTN.fail' ? 'dip' : undefined, name);
  }
});
