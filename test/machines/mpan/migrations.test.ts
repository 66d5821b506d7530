import test from 'ava';
import { MPAN_MACHINE_VERSION, migrateMpan } from '../../../machines/mpan/index.ts';

test('a snapshot of today is taken as it is', (t) => {
  const snapshot = { context: {} };
  t.is(migrateMpan(snapshot, MPAN_MACHINE_VERSION), snapshot);
});

test('a snapshot of a version without a way up is refused, so that its actor is parked', (t) => {
  t.throws(() => migrateMpan({}, 0), { instanceOf: RangeError, message: /no migration from version 0/ });
});
