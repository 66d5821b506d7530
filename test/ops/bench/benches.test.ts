import test from 'ava';
import { benches } from '../../../ops/bench/benches.ts';

test('every bench has a name of its own and says what it is about', (t) => {
  const names = benches.map(({ name }) => name);
  t.deepEqual([...names].sort(), [
    'action-post',
    'appoint',
    'appoint-mongodb',
    'codec',
    'flow',
    'gcm',
    'growth',
    'outage',
    'overnight',
    'pending',
    'pool',
    'pool-latency',
    'rolling',
    'route',
    'scale',
    'sessions',
    'step',
    'takeover',
  ]);
  for (const { about } of benches) t.true(about.length > 10);
});
