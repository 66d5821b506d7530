/** Rows 25 to 30 of appointments 7.3, and everything that is not listed. */
import test from 'ava';
import {
  accepted,
  dtn,
  EFFECTIVE,
  if003,
  if032,
  if035,
  if036,
  if036Of,
  if037,
  inState,
  market,
  migration,
  operator,
  SUR,
  status,
  toAnother,
  toUs,
} from '../../support/machines/appointment-world.ts';

const PENDING = ['SUBMITTING', 'AWAIT_INITIAL', 'AWAIT_OUTCOME', 'AWAIT_ACTIVE', 'COMPLETING'] as const;

for (const state of PENDING) {
  test(`row 25: the point is lost while in ${state}`, (t) => {
    const w = inState[state]().give(market(if037('DEREG')));
    t.is(w.state, 'FAILED');
    t.is(w.context.reason, 'deappointed_all');
    t.deepEqual(w.owed, []);
    t.is(w.reminders.size, 0);
  });

  test(`row 26: reverse migration while in ${state}`, (t) => {
    t.is(inState[state]().give(market(if003())).context.reason, 'reverse_migrated');
  });

  test(`row 27: our own switch is cancelled while in ${state}`, (t) => {
    const scenario = state === 'COMPLETING' ? 'MCA' : 'COS';
    const w = inState[state]({ scenario }).give({ type: 'switch.cancelled', text: 'withdrawn' });
    if (state === 'COMPLETING') t.deepEqual(w.alerts(), ['unexpected_event']);
    else t.is(w.context.reason, 'switch_cancelled');
  });

  test(`row 28: the incumbent's de-appointment is expected in ${state}`, (t) => {
    for (const event of [if037('CSERV'), if037('CSEGM'), if037('CCONN'), if037('CSUPP', { incomingSupplier: toUs() })]) {
      const w = inState[state]();
      const before = w.asks.length;
      w.give(market(event));
      t.is(w.state, state);
      t.is(w.asks.length, before);
    }
  });

  test(`row 29: an operator cancels in ${state}`, (t) => {
    const w = inState[state]().give(operator('cancel'));
    t.is(w.context.reason, 'operator_cancelled');
    t.like(w.context.errors.at(-1), { code: 'operator_cancelled', message: 'wanted', source: 'operator' });
    t.deepEqual(w.owed, []);
    t.is(w.reminders.size, 0);
  });
}

test('row 25: CSUPP to another supplier on or before our effective date', (t) => {
  t.is(inState.AWAIT_ACTIVE().give(market(if037('CSUPP', { incomingSupplier: toAnother(EFFECTIVE) }))).context.reason, 'deappointed_all');
});

test('row 25: without B002 the day after the outgoing service decides', (t) => {
  t.is(inState.AWAIT_ACTIVE().give(market(if037('CSUPP'))).context.reason, 'deappointed_all');
  const later = { dipId: '1200000026', mpid: 'MOPY', effectiveFrom: null, effectiveTo: '2026-03-30', reason: 'CSUPP' };
  const w = inState.AWAIT_ACTIVE().give(market(if037('CSUPP', { deAppointed: later })));
  t.is(w.state, 'AWAIT_ACTIVE');
  t.deepEqual(w.alerts(), ['unexpected_event']);
});

test('row 25: without B002 a CSUPP never fails our own COS or MCS', (t) => {
  for (const scenario of ['COS', 'MCS'] as const) t.is(inState.AWAIT_ACTIVE({ scenario }).give(market(if037('CSUPP'))).state, 'AWAIT_ACTIVE');
});

test('row 25: CSUPP naming us as incoming supplier leaves our COS alone', (t) => {
  const w = inState.AWAIT_OUTCOME({ scenario: 'COS' }).give(market(if037('CSUPP', { incomingSupplier: toUs() })));
  t.is(w.state, 'AWAIT_OUTCOME');
  t.deepEqual(w.alerts(), []);
});

test('row 25: a loss after our effective date is not listed: kept, alerted, no change', (t) => {
  const w = inState.AWAIT_ACTIVE().give(market(if037('DEREG', { incomingSupplier: toAnother('2026-05-01') })));
  t.is(w.state, 'AWAIT_ACTIVE');
  t.deepEqual(w.alerts(), ['unexpected_event']);
});

test('row 25: an unsent D0151 is cancelled, one that is out is alerted', (t) => {
  t.is(
    inState
      .COMPLETING()
      .give(market(if037('DEREG')))
      .told('dtn')
      .at(-1)?.type,
    'line.cancelled',
  );
  t.deepEqual(
    inState
      .AWAIT_ACTIVE(migration)
      .give(dtn('sent'))
      .give(market(if037('DEREG')))
      .alerts(),
    ['d0151_already_sent'],
  );
});

test('row 26: IF-003 naming us changes nothing here', (t) => {
  const w = inState.AWAIT_ACTIVE().give(market(if003('[MSDeAppRM]', { incomingSupplier: toUs() })));
  t.is(w.state, 'AWAIT_ACTIVE');
  t.deepEqual(w.alerts(), []);
});

test('row 26: the notification counts by the regime end date, too', (t) => {
  const message = if003('[ReverseMigNotification]', { deAppointed: null, incomingSupplier: null, mhhsRegimeEnd: '2026-03-29' });
  t.is(inState.AWAIT_ACTIVE().give(market(message)).context.reason, 'reverse_migrated');
});

test('row 26: IF-003 effective later is not listed', (t) => {
  t.deepEqual(
    inState
      .AWAIT_ACTIVE()
      .give(market(if003('[MSDeAppRM]', { incomingSupplier: toAnother('2026-09-15') })))
      .alerts(),
    ['unexpected_event'],
  );
});

test('8.2: alignments (IMPEXP, RELATED) never fail a process', (t) => {
  for (const reason of ['IMPEXP', 'RELATED']) {
    const w = inState.AWAIT_ACTIVE().give(market(if037(reason)));
    t.is(w.state, 'AWAIT_ACTIVE');
    t.deepEqual(w.alerts(), []);
  }
});

test('row 29: before anything was sent the send is withdrawn', (t) => {
  const w = inState.SUBMITTING();
  t.deepEqual(w.owed, [SUR]);
  t.deepEqual(w.give(operator('cancel')).owed, []);
});

test('row 29: an acceptance that was under way contradicts the cancellation', (t) => {
  const w = inState.SUBMITTING().give(operator('cancel')).give(accepted());
  t.is(w.state, 'FAILED');
  t.deepEqual(w.alerts(), ['contradicts_outcome']);
  t.is(w.context.transactionId, 'T-IF-031-1');
});

for (const state of ['SUCCESS', 'FAILED'] as const) {
  test(`row 30: nothing leaves ${state}`, (t) => {
    for (const event of [
      accepted(),
      status(),
      operator('cancel'),
      operator('resend'),
      { type: 'switch.cancelled', text: 'x' } as const,
      ...[if032('A'), if032('R'), if035('A'), if035('R'), if035('L'), if036(), if036Of('1200000099'), if037('DEREG'), if003()].map(market),
    ]) {
      const w = inState[state]();
      const { endedAt, reason } = w.context;
      w.give(event);
      t.is(w.state, state);
      t.is(w.context.endedAt, endedAt);
      t.is(w.context.reason, reason);
    }
  });
}

test('row 30: a later IF-036 refreshes the projection without an alert', (t) => {
  for (const w of [inState.SUCCESS(), inState.AWAIT_OUTCOME({ scenario: 'USP' }).give(market(if035('A'))), inState.COMPLETING()]) {
    const before = w.alerts().length;
    w.give(market(if036()));
    t.is(w.last.filter((ask) => ask.type === 'tell').length, 1);
    t.is(w.alerts().length, before);
  }
});

test('row 30: IF-036 of another service after SUCCESS is projected and alerted', (t) => {
  const w = inState.SUCCESS().give(market(if036Of('1200000099')));
  t.deepEqual(w.alerts(), ['contradicts_outcome']);
  t.is(w.told('mpan').at(-1)?.type, 'project.active');
});

test('row 30: a rejection after activation contradicts', (t) => {
  for (const w of [inState.SUCCESS(), inState.COMPLETING()]) t.deepEqual(w.give(market(if035('R', 'SP001'))).alerts(), ['contradicts_outcome']);
});

test('row 30: what agrees with a failure is silent, what does not is alerted', (t) => {
  t.deepEqual(
    inState
      .FAILED()
      .give(market(if035('R')))
      .alerts(),
    [],
  );
  t.deepEqual(
    inState
      .FAILED()
      .give(market(if032('A')))
      .alerts(),
    [],
  );
  t.deepEqual(
    inState
      .FAILED()
      .give(market(if035('A')))
      .alerts(),
    ['contradicts_outcome'],
  );
  const w = inState.FAILED().give(market(if036()));
  t.deepEqual(w.alerts(), ['contradicts_outcome']);
  t.is(w.told('mpan').at(-1)?.type, 'project.active');
});

test('row 30: after dtn_failed the market’s acceptance agrees, its withdrawal does not', (t) => {
  const failed = () => inState.COMPLETING().give(dtn('failed'));
  t.is(failed().context.reason, 'dtn_failed');
  const before = failed().alerts();
  t.deepEqual(
    failed()
      .give(market(if035('A')))
      .give(market(if036()))
      .alerts(),
    before,
  );
  t.deepEqual(
    failed()
      .give(market(if035('R')))
      .alerts(),
    [...before, 'contradicts_outcome'],
  );
});

test('test processes never touch the record of the meter point, and their D0151 is marked', (t) => {
  const w = inState.COMPLETING({ test: true }).give(dtn('sent'));
  t.is(w.state, 'SUCCESS');
  t.deepEqual(w.told('mpan'), []);
  t.like(w.told('dtn')[0], { line: { test: true } });
});

test('a stale reminder or the answer to an old question is nobody’s business', (t) => {
  const w = inState.SUCCESS();
  w.give({ type: 'reminder', name: 'T032.fail', dueAt: 0 }).give({ type: 'replay.answered', interface: 'IF-035', outcome: 'accepted', text: '' });
  t.deepEqual(w.last, []);
});
