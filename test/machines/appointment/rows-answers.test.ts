/** Rows 8 to 24 of appointments 7.3: answers, activation, completion and deadlines. */
import test from 'ava';
import { defaultPolicy, delivery, dtn, if032, if035, if036, if036Of, inState, market, migration, SUR, T0 } from '../../support/machines/appointment-world.ts';

test('row 8: IF-032 R fails the process with its codes and stops the timers', (t) => {
  const w = inState.AWAIT_INITIAL().give(market(if032('R', ['REG1021 - Requesting supplier is not the current supplier', 'REG1034 - Past'])));
  t.is(w.state, 'FAILED');
  t.is(w.context.reason, 'regs_rejected');
  t.deepEqual(w.errors(), ['REG1021', 'REG1034']);
  t.like(w.context.errors[0], { message: 'Requesting supplier is not the current supplier', source: 'IF-032', at: T0 });
  t.is(w.reminders.size, 0);
  t.deepEqual(w.alerts(), []);
  t.deepEqual(w.announced().slice(-2), ['initial-response', 'failed']);
});

test('row 9: IF-032 A goes on without a warning', (t) => {
  const w = inState.AWAIT_OUTCOME();
  t.is(w.state, 'AWAIT_OUTCOME');
  t.deepEqual(w.errors(), []);
  t.deepEqual([...w.reminders.keys()].sort(), ['T035.fail', 'T035.warn']);
});

for (const code of ['W', 'L', 'x', null] as const) {
  test(`row 9: IF-032 ${code ?? 'without R0'} goes on with a warning`, (t) => {
    const w = inState.AWAIT_INITIAL().give(market(if032(code)));
    t.is(w.state, 'AWAIT_OUTCOME');
    t.deepEqual(w.errors(), ['initial_unclear']);
    t.true(w.announced().includes('warning'));
  });
}

test('row 9: a warning keeps the codes of its messages', (t) => {
  t.deepEqual(
    inState
      .AWAIT_INITIAL()
      .give(market(if032('W', ['REG1034 - Past'])))
      .errors(),
    ['REG1034'],
  );
});

for (const state of ['AWAIT_INITIAL', 'AWAIT_OUTCOME'] as const) {
  for (const [text, reason, code] of [
    ['SP001 - No contract', 'sp_rejected', 'SP001'],
    ['REG1001 - Status', 'regs_withdrawn', 'REG1001'],
    ['REG1089 - Superseded', 'superseded', 'REG1089'],
    ['REG1170 - Never seen', 'regs_withdrawn', 'REG1170'],
    [null, 'sp_rejected', 'sp_rejected'],
  ] as const) {
    test(`row 10: IF-035 R with ${text ?? 'no text'} in ${state} fails as ${reason}`, (t) => {
      const w = inState[state]().give(market(if035('R', text)));
      t.is(w.state, 'FAILED');
      t.is(w.context.reason, reason);
      t.deepEqual(w.errors(), [code]);
      t.is(w.reminders.size, 0);
    });
  }

  test(`row 11: IF-035 L in ${state} fails as lapsed`, (t) => {
    t.is(inState[state]().give(market(if035('L'))).context.reason, 'lapsed');
  });

  test(`row 12: IF-035 A of an update of service in ${state} succeeds and changes the contract reference only`, (t) => {
    const w = inState[state]({ scenario: 'USP' }).give(market(if035('A')));
    t.is(w.state, 'SUCCESS');
    t.deepEqual(
      w.told('mpan').map((event) => event.type),
      ['contract.updated', 'process.succeeded'],
    );
    t.deepEqual(w.told('mpan')[0], { type: 'contract.updated', meteringServiceDipId: '1200000015', contractReference: 'MSA20260330' });
    t.deepEqual(w.announced().slice(-2), ['accepted', 'succeeded']);
  });

  test(`row 13: IF-035 A in ${state} waits for activation`, (t) => {
    const w = inState[state]().give(market(if035('A')));
    t.is(w.state, 'AWAIT_ACTIVE');
    t.deepEqual([...w.reminders.keys()].sort(), ['T036.fail', 'T036.warn']);
    t.is(w.dtn, 'none');
  });

  for (const code of ['W', 'x'] as const) {
    test(`row 14: IF-035 ${code} in ${state} alerts and keeps waiting`, (t) => {
      const w = inState[state]();
      const before = [...w.reminders.keys()];
      w.give(market(if035(code)));
      t.is(w.state, state);
      t.deepEqual(w.alerts(), ['outcome_unclear']);
      t.deepEqual([...w.reminders.keys()], before);
    });
  }

  test(`row 15: IF-036 in ${state} implies acceptance`, (t) => {
    const w = inState[state]().give(market(if036()));
    t.is(w.state, 'SUCCESS');
    t.deepEqual(w.alerts(), ['outcome_missing']);
    t.deepEqual(
      w.told('mpan').map((event) => event.type),
      ['project.active', 'process.succeeded'],
    );
  });

  test(`row 15: IF-036 in ${state} with a D0151 owed completes through the DTN`, (t) => {
    const w = inState[state](migration).give(market(if036()));
    t.is(w.state, 'COMPLETING');
    t.is(w.dtn, 'due');
  });

  test(`row 15: IF-036 of another service in ${state} is not listed, but the record follows the registry`, (t) => {
    const w = inState[state]().give(market(if036Of('1200000099')));
    t.is(w.state, state);
    t.deepEqual(w.alerts(), ['unexpected_event']);
    t.deepEqual(
      w.told('mpan').map((event) => event.type),
      ['project.active'],
    );
  });
}

test('row 12: with uosCompletesOn=active an update of service waits for IF-036', (t) => {
  const w = inState.AWAIT_OUTCOME({ scenario: 'USP' }, { ...defaultPolicy(), uosCompletesOn: 'active' }).give(market(if035('A')));
  t.is(w.state, 'AWAIT_ACTIVE');
  t.is(w.give(market(if036())).state, 'SUCCESS');
});

test('row 13: a migration makes its D0151 due at acceptance, for the day before', (t) => {
  const w = inState.AWAIT_ACTIVE(migration);
  t.is(w.dtn, 'due');
  t.deepEqual(w.told('dtn'), [
    {
      type: 'line.added',
      flow: 'D0151',
      line: {
        mpan: '2000056535971',
        recipient: 'LMOP',
        reason: 'CA',
        registrationEffectiveFrom: '2024-04-01',
        effectiveTo: '2026-03-29',
        additionalInformation: null,
        test: false,
        reference: `appointment:${w.context.request.requestId}`,
        referenceKey: '2000056535971',
      },
    },
  ]);
  t.true(w.reminders.has('T_DTN.warn') && w.reminders.has('T_DTN.fail'));
});

test('row 13: the last day of the legacy appointment crosses a month end', (t) => {
  const [line] = inState.AWAIT_ACTIVE({ ...migration, effectiveFrom: '2026-04-01' }).told('dtn');
  t.like(line, { line: { effectiveTo: '2026-03-31' } });
});

test('row 13: no D0151 without a legacy operator on record, but an alert', (t) => {
  const w = inState.AWAIT_ACTIVE({ scenario: 'MCA' });
  t.is(w.dtn, 'none');
  t.deepEqual(w.alerts(), ['legacy_mop_missing']);
  t.is(w.give(market(if036())).state, 'SUCCESS');
});

test('row 13: no D0151 for the gaining supplier of a migration with switch', (t) => {
  t.is(inState.AWAIT_ACTIVE({ ...migration, scenario: 'MCS' }).dtn, 'none');
});

test('row 13: with trigger=active the D0151 becomes due at IF-036', (t) => {
  const policy = { ...defaultPolicy(), d0151: { trigger: 'active' } as const };
  const w = inState.AWAIT_ACTIVE(migration, policy);
  t.is(w.dtn, 'none');
  w.give(market(if036()));
  t.is(w.state, 'COMPLETING');
  t.is(w.dtn, 'due');
});

test('row 16: IF-035 R after the A fails as regs_withdrawn', (t) => {
  t.is(inState.AWAIT_ACTIVE().give(market(if035('R', 'REG1001 - Status', { transactionAt: T0 + 120_000 }))).context.reason, 'regs_withdrawn');
});

test('row 16: IF-035 L after the A fails as lapsed', (t) => {
  t.is(inState.AWAIT_ACTIVE().give(market(if035('L'))).context.reason, 'lapsed');
});

test('row 16: an unsent D0151 is cancelled', (t) => {
  const w = inState
    .AWAIT_ACTIVE(migration)
    .give(dtn('queued'))
    .give(market(if035('L')));
  t.is(w.dtn, 'none');
  t.like(w.told('dtn').at(-1), { type: 'line.cancelled', recipient: 'LMOP', reason: 'CA', effectiveTo: '2026-03-29' });
  t.is(w.reminders.size, 0);
});

test('row 16: a D0151 that is out cannot be recalled: alert', (t) => {
  const w = inState
    .AWAIT_ACTIVE(migration)
    .give(dtn('sent'))
    .give(market(if035('L')));
  t.is(w.dtn, 'sent');
  t.deepEqual(w.alerts(), ['d0151_already_sent']);
});

test('row 16: a D0151 that goes out although it was cancelled is alerted', (t) => {
  const w = inState
    .AWAIT_ACTIVE(migration)
    .give(market(if035('L')))
    .give(dtn('sent'));
  t.is(w.dtn, 'sent');
  t.deepEqual(w.alerts(), ['d0151_already_sent']);
});

test('row 17: IF-036 projects and succeeds', (t) => {
  const w = inState.AWAIT_ACTIVE().give(market(if036()));
  t.is(w.state, 'SUCCESS');
  t.is(w.reminders.size, 0);
  t.deepEqual(
    w.told('mpan').map((event) => event.type),
    ['project.active', 'process.succeeded'],
  );
  t.deepEqual(w.announced(), ['created', 'submitted', 'initial-response', 'accepted', 'active', 'succeeded']);
});

test('row 17: a migration whose D0151 is out already succeeds at once', (t) => {
  t.is(inState.AWAIT_ACTIVE(migration).give(dtn('sent')).give(market(if036())).state, 'SUCCESS');
});

test('row 18: IF-036 with the D0151 owed projects and waits for it', (t) => {
  const w = inState.COMPLETING();
  t.is(w.state, 'COMPLETING');
  t.deepEqual(
    w.told('mpan').map((event) => event.type),
    ['project.active'],
  );
  t.is(w.told('dtn').length, 1);
  t.true(w.reminders.has('T_DTN.fail'));
});

test('row 18: a D0151 that was given up becomes due again', (t) => {
  const w = inState.AWAIT_ACTIVE(migration).fire('T_DTN.fail');
  t.is(w.state, 'AWAIT_ACTIVE');
  t.is(w.dtn, 'failed');
  w.give(market(if036()));
  t.is(w.state, 'COMPLETING');
  t.is(w.dtn, 'due');
  t.is(w.told('dtn').length, 2);
});

test('row 19: IF-036 with another service projects, alerts and keeps waiting', (t) => {
  const w = inState.AWAIT_ACTIVE().give(market(if036Of('1200000099')));
  t.is(w.state, 'AWAIT_ACTIVE');
  t.deepEqual(w.alerts(), ['active_mismatch']);
  t.deepEqual(
    w.told('mpan').map((event) => event.type),
    ['project.active'],
  );
});

test('row 19: IF-036 with another date does the same', (t) => {
  t.deepEqual(
    inState
      .AWAIT_ACTIVE()
      .give(market(if036Of('1200000015', '2026-03-31')))
      .alerts(),
    ['active_mismatch'],
  );
});

for (const what of ['sent', 'acknowledged'] as const) {
  test(`row 20: D0151 ${what} completes`, (t) => {
    const w = inState.COMPLETING().give(dtn('queued')).give(dtn(what));
    t.is(w.state, 'SUCCESS');
    t.is(w.dtn, what);
    t.is(w.reminders.size, 0);
  });
}

test('row 20: a file that was refused is waited for again', (t) => {
  const w = inState.COMPLETING().give(dtn('rejected'));
  t.is(w.state, 'COMPLETING');
  t.is(w.dtn, 'rejected');
  t.deepEqual(w.alerts(), ['d0151_rejected']);
  t.is(w.give(dtn('sent')).state, 'SUCCESS');
});

test('row 21: T_DTN final expiry fails as dtn_failed', (t) => {
  const w = inState.COMPLETING().fire('T_DTN.warn');
  t.deepEqual(w.alerts(), ['d0151_overdue']);
  w.fire('T_DTN.fail');
  t.is(w.context.reason, 'dtn_failed');
  t.true(w.alerts().includes('dtn_failed'));
  t.is(w.reminders.size, 0);
});

test('row 21: a D0151 that the DTN gives up fails as dtn_failed', (t) => {
  t.is(inState.COMPLETING().give(dtn('failed')).context.reason, 'dtn_failed');
});

for (const [row, state, timer, alert] of [
  [22, 'AWAIT_INITIAL', 'T032', 'initial_overdue'],
  [23, 'AWAIT_OUTCOME', 'T035', 'outcome_overdue'],
  [24, 'AWAIT_ACTIVE', 'T036', 'active_overdue'],
] as const) {
  test(`row ${row}: ${timer} warn asks for the delivery status and alerts`, (t) => {
    const w = inState[state]().fire(`${timer}.warn`);
    t.is(w.state, state);
    t.deepEqual(w.owed, [`delivery:${SUR}`]);
    t.deepEqual(w.alerts(), [alert]);
    w.give(delivery('not-delivered'));
    t.is(w.state, state);
    t.deepEqual(w.alerts(), [alert, 'not_delivered']);
  });
}

test('row 22: T032 fail fails as sla_initial', (t) => {
  const w = inState.AWAIT_INITIAL().fire('T032.fail');
  t.is(w.context.reason, 'sla_initial');
  t.deepEqual(w.alerts(), ['sla_initial']);
});

for (const [row, state, timer, name, reason] of [
  [23, 'AWAIT_OUTCOME', 'T035', 'IF-035', 'sla_outcome'],
  [24, 'AWAIT_ACTIVE', 'T036', 'IF-036', 'sla_active'],
] as const) {
  test(`row ${row}: ${timer} fail asks for a replay of ${name} first`, (t) => {
    const w = inState[state]().fire(`${timer}.fail`);
    t.is(w.state, `${state}.replaying`);
    t.deepEqual(w.owed, [`replay:${name}`]);
    t.is(w.reminders.get('replay.fail')?.gate, 'dip');
  });

  test(`row ${row}: the end of the replay's wait fails as ${reason}`, (t) => {
    const w = inState[state]().fire(`${timer}.fail`).give({ type: 'replay.answered', interface: name, outcome: 'refused', text: 'status 400' });
    t.is(w.state, `${state}.replaying`);
    t.deepEqual(w.alerts(), ['replay_refused']);
    w.fire('replay.fail');
    t.is(w.context.reason, reason);
    t.is(w.reminders.size, 0);
  });

  test(`row ${row}: IF-036 counts while a replay is waited for`, (t) => {
    const w = inState[state]().fire(`${timer}.fail`).give(market(if036()));
    t.is(w.state, 'SUCCESS');
    t.deepEqual(w.owed, []);
    t.is(w.reminders.size, 0);
  });
}

test('row 23: IF-035 A counts while a replay is waited for', (t) => {
  const w = inState
    .AWAIT_OUTCOME()
    .fire('T035.fail')
    .give(market(if035('A')));
  t.is(w.state, 'AWAIT_ACTIVE');
  t.deepEqual([...w.reminders.keys()].sort(), ['T036.fail', 'T036.warn']);
});

test('row 24: an unsent D0151 of a process that failed is cancelled, overdue or not', (t) => {
  for (const w of [inState.AWAIT_ACTIVE(migration), inState.AWAIT_ACTIVE(migration).fire('T_DTN.fail')]) {
    w.fire('T036.fail').fire('replay.fail');
    t.is(w.context.reason, 'sla_active');
    t.is(w.dtn, 'none');
    t.is(w.told('dtn').at(-1)?.type, 'line.cancelled');
  }
});
