import test from 'ava';
import { ALERT_MACHINE_VERSION, migrateAlert } from '../../../machines/alert/index.ts';

test('a snapshot of today is taken as it is', (t) => {
  const snapshot = { context: {} };
  t.is(migrateAlert(snapshot, ALERT_MACHINE_VERSION), snapshot);
});

test('a snapshot of a version without a way up is refused, so that its actor is parked', (t) => {
  t.throws(() => migrateAlert({}, 0), { instanceOf: RangeError, message: /no migration from version 0/ });
});
