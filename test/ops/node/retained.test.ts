import test from 'ava';
import { retained } from '../../../ops/node/retained.ts';

const kept = retained({
  engine: { endedRetentionDays: 400 },
  actions: { traceDays: 14, refusedPasswordMs: 86_400_000 },
  identity: { sessionMaxMs: 43_200_000, linkMs: 600_000, auditDays: 2_557 },
});
const daysOf = (kind: string): readonly number[] => kept.filter((one) => one.kind === kind).map(({ days }) => days);

test('ended actions are kept as long as ended appointments, byte traces as their setting says', (t) => {
  t.deepEqual(daysOf('action'), [400]);
  t.deepEqual(daysOf('appointment'), [400, 400]);
  t.deepEqual(daysOf('action-trace'), [14]);
});

test('the memory of a refused password outlives its effect', (t) => {
  t.deepEqual(daysOf('refused-password'), [2]);
});

test('the audit trail is kept for seven years; a session and a link until they can no longer be good', (t) => {
  t.deepEqual(daysOf('audit'), [2_557]);
  t.deepEqual(daysOf('session'), [2, 1]);
  t.deepEqual(daysOf('login-link'), [2, 1]);
});

test('nothing that is under way is in the list', (t) => {
  for (const { kind, state } of kept) t.false(kind === 'action' && state !== 'done');
});
