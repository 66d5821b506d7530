import test from 'ava';
import { createTimerRules } from '../../../machines/appointment/index.ts';
import { defaultPolicy } from '../../support/machines/appointment-world.ts';

const rules = createTimerRules(defaultPolicy());
const at = (text: string): number => Date.parse(text);
/** A Tuesday, 10:35 in London. */
const NOW = at('2026-03-24T10:35:00Z');

test('T_SEND warns after 15 minutes and fails after 72 hours', (t) => {
  t.deepEqual(rules.send(NOW), { warnAt: at('2026-03-24T10:50:00Z'), failAt: at('2026-03-27T10:35:00Z') });
});

test('T032 warns after an hour and fails after two working days', (t) => {
  t.deepEqual(rules.initial(NOW), { warnAt: at('2026-03-24T11:35:00Z'), failAt: at('2026-03-26T10:35:00Z') });
});

test('T035 warns at the earlier of five working days and one before the effective date', (t) => {
  t.is(rules.outcome(NOW, NOW, '2026-04-20').warnAt, at('2026-03-31T09:35:00Z'));
  t.is(rules.outcome(NOW, NOW, '2026-03-30').warnAt, at('2026-03-27T00:00:00Z'));
});

test('T035 fails at the later of ten working days and 18:00 on the working day after the effective date', (t) => {
  t.is(rules.outcome(NOW, NOW, '2026-03-30').failAt, at('2026-04-09T09:35:00Z'));
  t.is(rules.outcome(NOW, NOW, '2026-04-20').failAt, at('2026-04-21T17:00:00Z'));
});

test('T036 warns at 06:00 on the effective date and fails at 18:00 two working days later', (t) => {
  t.deepEqual(rules.active(NOW, '2026-03-30'), { warnAt: at('2026-03-30T05:00:00Z'), failAt: at('2026-04-01T17:00:00Z') });
});

test('an effective date that is past at acceptance fails at 18:00 two working days after the IF-035', (t) => {
  t.is(rules.active(NOW, '2026-03-20').failAt, at('2026-03-26T18:00:00Z'));
});

test('a warning whose instant is past when its timer starts moves to the next working day', (t) => {
  t.is(rules.outcome(NOW, NOW, '2026-03-24').warnAt, at('2026-03-25T10:35:00Z'));
  t.is(rules.active(NOW, '2026-03-24').warnAt, at('2026-03-25T10:35:00Z'));
});

test('working days pass over weekends, Easter and bank holidays, at the same time in London', (t) => {
  // Good Friday is 3 April 2026, Easter Monday the 6th.
  t.is(rules.dtn(at('2026-04-02T09:00:00Z')).warnAt, at('2026-04-07T09:00:00Z'));
});
