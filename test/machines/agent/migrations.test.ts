import test from 'ava';
import { AGENT_MACHINE_VERSION, migrateAgent } from '../../../machines/agent/index.ts';

test('a snapshot of today is taken as it is', (t) => {
  const snapshot = { context: {} };
  t.is(migrateAgent(snapshot, AGENT_MACHINE_VERSION), snapshot);
});

test('a snapshot of a version without a way up is refused, so that its actor is parked', (t) => {
  t.throws(() => migrateAgent({}, 0), { instanceOf: RangeError, message: /no migration from version 0/ });
});
