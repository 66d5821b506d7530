import test from 'ava';
import { readCall, UsageError } from '../../../ops/cli/command.ts';
import { events, instantOf } from '../../../ops/cli/commands/events.ts';

const NOW = Date.UTC(2026, 2, 24, 12);

test('a time of a replay is an instant or how long ago', (t) => {
  t.is(instantOf('from', '2026-03-24', NOW), NOW - 12 * 3_600_000);
  t.is(instantOf('from', '2026-03-24T10:00:00Z', NOW), NOW - 2 * 3_600_000);
  t.is(instantOf('from', '2026-03-24T10:00:00.250+01:00', NOW), NOW - 3 * 3_600_000 + 250);
  t.is(instantOf('from', '90s', NOW), NOW - 90_000);
  t.is(instantOf('from', '30m', NOW), NOW - 1_800_000);
  t.is(instantOf('from', '7d', NOW), NOW - 7 * 86_400_000);
});

test('what is no time is refused with the flag’s name', (t) => {
  for (const text of ['', 'yesterday', '0m', '-5m', '5w', '2026-03-24T10:00', '2026-13-01', '1e3s']) {
    const error = t.throws(() => instantOf('to', text, NOW), { instanceOf: UsageError });
    t.regex(error?.message ?? '', /^--to: /);
  }
});

test('a replay needs its first instant, and ends behind it', async (t) => {
  const run = async (...args: string[]) => events.run(readCall(events, args));
  await t.throwsAsync(run('replay'), { instanceOf: UsageError, message: '--from: must be given' });
  await t.throwsAsync(run('replay', '--from', '1h', '--to', '2h'), { instanceOf: UsageError, message: '--to: must lie after --from' });
  await t.throwsAsync(run('list'), { instanceOf: UsageError });
});
