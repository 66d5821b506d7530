/** Appointments 7.5, level by level. */
import test from 'ava';
import { type Candidate, correlate } from '../../../machines/appointment/index.ts';
import { if032, if035, if036, if036Of, SUPX } from '../../support/machines/market-messages.ts';

const candidate = (more: Partial<Candidate> = {}): Candidate => ({
  id: 'appointment:1',
  createdAt: 1,
  state: 'AWAIT_OUTCOME',
  pending: true,
  correlationIds: [],
  supplierDipId: SUPX.dipId,
  meteringServiceDipId: '1200000015',
  effectiveFrom: '2026-03-30',
  test: false,
  ...more,
});
const other = { dipId: '2300000099', mpid: 'SUPZ' };
const noIds = { senderCorrelationId: null, initialCorrelationId: null };

test('level 1: a recorded correlation id, whatever the content says', (t) => {
  const mine = candidate({ id: 'appointment:2', correlationIds: ['CI-1'], meteringServiceDipId: 'other' });
  for (const ids of [
    { senderCorrelationId: 'CI-1', initialCorrelationId: null },
    { senderCorrelationId: null, initialCorrelationId: 'CI-1' },
  ]) {
    t.deepEqual(correlate(if035('A', null, ids), [candidate(), mine]), { kind: 'hit', id: 'appointment:2', level: 1, ambiguous: false });
  }
});

test('level 1 reaches ended processes', (t) => {
  t.like(correlate(if035('A', null, { senderCorrelationId: 'CI-1' }), [candidate({ correlationIds: ['CI-1'], pending: false, state: 'FAILED' })]), {
    kind: 'hit',
    level: 1,
  });
});

test('level 2: B012 is ours, and service and date are the request’s', (t) => {
  t.like(correlate(if035('A', null, noIds), [candidate()]), { kind: 'hit', level: 2 });
  t.like(correlate(if036(noIds), [candidate({ state: 'FAILED', pending: false })]), { kind: 'hit', level: 2 });
  t.like(correlate(if035('A', null, { ...noIds, requestingSupplier: other }), [candidate()]), { kind: 'none' });
});

test('level 3: the only pending process, if the kind of message fits its state', (t) => {
  const bare = { ...noIds, proposed: null, recipients: [] };
  t.like(correlate(if032('A', [], bare), [candidate({ state: 'AWAIT_INITIAL' })]), { kind: 'hit', level: 3 });
  t.like(correlate(if032('A', [], bare), [candidate({ state: 'AWAIT_ACTIVE' })]), { kind: 'none' });
  t.like(correlate(if032('A', [], bare), [candidate({ state: 'AWAIT_INITIAL' }), candidate({ id: 'appointment:2', state: 'AWAIT_INITIAL' })]), {
    kind: 'none',
  });
  t.like(correlate(if032('A', [], bare), [candidate({ state: 'AWAIT_INITIAL', pending: false })]), { kind: 'none' });
});

test('level 3: IF-036 of another service belongs to a process that awaits activation (row 19)', (t) => {
  const message = if036Of('1200000099', '2026-03-30', noIds);
  t.like(correlate(message, [candidate({ state: 'AWAIT_ACTIVE' })]), { kind: 'hit', level: 3 });
  t.like(correlate(message, [candidate({ state: 'AWAIT_OUTCOME' })]), { kind: 'none' });
});

test('level 3: an answer about another service is no answer of ours', (t) => {
  const service = { dipId: '1200000099', mpid: null, effectiveFrom: '2026-03-30', contractReference: null, scenario: 'CSP' };
  t.like(correlate(if035('R', null, { ...noIds, proposed: service }), [candidate()]), { kind: 'none' });
});

test('two hits at one level: the newest pending process, flagged', (t) => {
  const candidates = [
    candidate({ id: 'appointment:1', createdAt: 1 }),
    candidate({ id: 'appointment:2', createdAt: 2 }),
    candidate({ id: 'appointment:3', createdAt: 3, pending: false, state: 'FAILED' }),
  ];
  t.deepEqual(correlate(if035('A', null, noIds), candidates), { kind: 'hit', id: 'appointment:2', level: 2, ambiguous: true });
});

test('scenario ALG has no process', (t) => {
  const incoming = { dipId: '1200000015', mpid: 'MOPX', effectiveFrom: '2026-03-30', contractReference: null, scenario: 'ALG' };
  t.like(correlate(if036({ incoming }), [candidate({ state: 'AWAIT_ACTIVE' })]), { kind: 'none' });
});

test('test messages reach test processes only, and live ones live', (t) => {
  t.like(correlate(if035('A', null, { ...noIds, test: true }), [candidate()]), { kind: 'none' });
  t.like(correlate(if035('A', null, { ...noIds, test: true }), [candidate(), candidate({ id: 'appointment:2', test: true })]), { id: 'appointment:2' });
  t.like(correlate(if035('A', null, noIds), [candidate({ test: true })]), { kind: 'none' });
});

test('hidden values match nothing', (t) => {
  t.like(
    correlate(if035('A', null, { senderCorrelationId: 'x', initialCorrelationId: 'x', requestingSupplier: other }), [candidate({ correlationIds: ['x'] })]),
    { kind: 'none' },
  );
});
