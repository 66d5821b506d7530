import test from 'ava';
import { codesDisagree, kindOf, namesService, outcomeCode, splitCode } from '../../../machines/market/index.ts';
import { if003, if032, if035, if036, if037, message } from '../../support/machines/market-messages.ts';

test('a code is what a text starts with, known or not', (t) => {
  t.deepEqual(splitCode('REG1021 - Requesting supplier'), { code: 'REG1021', text: 'Requesting supplier' });
  t.deepEqual(splitCode('SP001 - No contract'), { code: 'SP001', text: 'No contract' });
  t.deepEqual(splitCode('REG1170'), { code: 'REG1170', text: 'REG1170' });
  t.deepEqual(splitCode('No contract'), { code: null, text: 'No contract' });
  t.is(splitCode('see REG1021').code, null);
  t.is(splitCode('REG10215 - x').code, null);
});

test('the response code outranks the event code', (t) => {
  t.is(outcomeCode(if035('R', null, { eventCode: '[MSAppAccepted]' })), 'R');
  t.is(outcomeCode(if035('L', null, { outcome: null })), 'L');
  t.true(codesDisagree(if035('R', null, { eventCode: '[MSAppAccepted]' })));
  t.false(codesDisagree(if035('W')));
});

test('what is hidden or absent does not contradict the service', (t) => {
  t.true(namesService(if036(), '1200000015', '2026-03-30'));
  t.false(namesService(if036(), '1200000099', '2026-03-30'));
  t.false(namesService(if036(), '1200000015', '2026-03-31'));
  t.true(namesService(if035('A', null, { proposed: null }), '1200000099', '2026-03-30'));
});

test('kinds of messages', (t) => {
  t.is(kindOf(if032('A')), 'initial');
  t.is(kindOf(if035('L')), 'outcome');
  t.is(kindOf(if036()), 'active');
  t.is(kindOf(if037('DEREG')), 'de-appointment');
  t.is(kindOf(message('IF-037', '[DSDeApp]')), 'de-appointment-update');
  t.is(kindOf(if003('[DSDeAppRM]')), 'reverse-migration');
  t.is(kindOf(message('IF-045', '[NoAgent]')), 'reminder');
  t.is(kindOf(message('IF-047', '[ISD]')), 'standing-data');
  t.is(kindOf(message('IF-035', '[DSAppAccepted]')), 'unknown');
});
