import test from 'ava';
import { UsageError } from '../../../ops/cli/command.ts';
import { filterOf, linesOf, watch } from '../../../ops/cli/commands/watch.ts';
import { liveWorld, seedProcess } from '../../support/live/world.ts';
import { runCommand } from '../../support/run-command.ts';

const R1 = '0190e5a0-7c1e-7d9a-b5a0-000000000001';

test('a filter is a name and a value, or all', (t) => {
  t.deepEqual(filterOf('mpid=SUPX'), { filter: { mpid: 'SUPX' }, as: 'supplier' });
  t.deepEqual(filterOf('request=a=b'), { filter: { requestId: 'a=b' }, as: 'supplier' });
  t.deepEqual(filterOf('meter=127.0.0.1:4059'), { filter: { meter: '127.0.0.1:4059' }, as: 'mts' });
  t.deepEqual(filterOf('all'), { filter: { all: true }, as: 'operator' });
});

test('what is no filter is wrong usage', (t) => {
  for (const word of ['', 'mpid', 'mpid=', '=SUPX', 'supplier=SUPX', 'toString=1', 'all=1']) t.throws(() => filterOf(word), { instanceOf: UsageError }, word);
});

test('foreign text cannot steer the terminal', (t) => {
  const lines = linesOf({ kind: 'event', sub: 's', seq: 1, actor: 'a\u001b[2J', actorVersion: 1, n: 0, type: 'meterwright.x.y.v1', data: { state: '\u0007' } });
  t.deepEqual(lines, ['#1                    x.y                           a\\u001b[2J  \\u0007']);
});

test.serial('watch prints what is and what happens, and ends after so many events', async (t) => {
  const { world, publish } = await liveWorld(t);
  const actor = seedProcess(world, R1, 'SUPX', '1234567890123');
  let isOver = false;
  const telling = (async () => {
    for (let version = 2; !isOver; version++)
      await publish({ actor, version, what: 'accepted', data: { mpid: 'SUPX', mpan: '1234567890123', state: 'ACTIVE' } });
  })();
  const { code, out } = await runCommand(watch, ['mpid=SUPX', '--count', '2', '--url', world.base, '--key', world.key]);
  isOver = true;
  await telling;
  t.is(code, 0);
  const lines = out.trimEnd().split('\n');
  t.is(lines.length, 3);
  t.regex(lines[0] ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ {2}is {28}appointment:\S+ {2}submitted$/);
  for (const line of lines.slice(1)) t.regex(line, /^#\d+ +appointment\.accepted {10}appointment:\S+ {2}SUPX {2}1234567890123 {2}ACTIVE$/);
});

test.serial('with --json each message is a line', async (t) => {
  const { world, publish } = await liveWorld(t);
  await publish({ actor: 'appointment:a', version: 1, data: { mpid: 'SUPX' } });
  const { out } = await runCommand(watch, ['all', '--json', '--after', '0', '--count', '1', '--url', world.base, '--token', world.token]);
  t.like(JSON.parse(out), { kind: 'event', seq: 1, actor: 'appointment:a' });
});

test.serial('what may not be watched ends with 1 and the reason', async (t) => {
  const { world } = await liveWorld(t);
  const refused = await runCommand(watch, ['mpid=SUPY', '--url', world.base, '--key', world.key]);
  t.deepEqual([refused.code, refused.err], [1, 'filter.mpid: must be of an MPID of this key\n']);
  const unknown = await runCommand(watch, ['all', '--url', world.base, '--token', 'mwt_0000000000000000_x']);
  t.is(unknown.code, 1);
  t.regex(unknown.err, /^closed \(4401\)/);
});
