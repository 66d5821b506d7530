import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { CommandSpec } from '../../../ops/cli/command.ts';
import { cancel } from '../../../ops/cli/commands/cancel.ts';
import { commands } from '../../../ops/cli/commands/index.ts';
import { lines } from '../../../ops/cli/commands/lines.ts';
import { readClock } from '../../../ops/cli/commands/read-clock.ts';
import { sessions } from '../../../ops/cli/commands/sessions.ts';
import { setTime } from '../../../ops/cli/commands/set-time.ts';
import { status } from '../../../ops/cli/commands/status.ts';
import { token, validUntil } from '../../../ops/cli/commands/token.ts';
import { nightOf } from '../../../ops/cli/night-report.ts';
import { reading } from '../../actors/time-update/world.ts';
import { type MtsWorld, startMtsWorld } from '../../support/gateway/mts-world.ts';
import { type Ran, runCommand } from '../../support/run-command.ts';

let world: MtsWorld;

test.beforeEach(async () => {
  world = await startMtsWorld();
});
test.afterEach.always(() => world.close());

const run = (spec: CommandSpec, args: readonly string[], with_ = world.operator): Promise<Ran> =>
  runCommand(spec, [...args, '--url', world.gateway.url, '--ca', world.caFile, '--token', with_]);

function folder(t: ExecutionContext): string {
  const made = mkdtempSync(join(tmpdir(), 'mw-cli-'));
  t.teardown(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

function fileOf(t: ExecutionContext, name: string, text: string): string {
  const file = join(folder(t), name);
  writeFileSync(file, text);
  return file;
}

/** Ends every session as soon as it begins, until stopped. */
function meters(offset: (address: string) => number): () => void {
  let on = true;
  const look = (): void => {
    for (const session of [...world.held]) session.end({ before: reading(offset(session.order.target.remoteAddress)) });
    if (on) setImmediate(look);
  };
  look();
  return () => {
    on = false;
  };
}

test.serial('set-time with the token of an operator, and with one of the MTS API', async (t) => {
  const password = fileOf(t, 'password', 'AAAA0000\n');
  const args = ['--type', 'ELSTERA1700', '--address', '07777000000', '--serial', '12345678', '--reference', 'ABC', '--password-file', password];
  for (const [with_, owner] of [
    [world.operator, 'operator'],
    [world.token, 'mts'],
  ] as const) {
    const { code, out } = await run(setTime, args, with_);
    t.is(code, 0);
    const id = Number(out);
    const shown = (await world.ops('GET', `/meter-actions/${id}`)).json;
    t.like(shown, { owner, serialNumber: '12345678', requestReference: 'ABC', immediate: false, state: 'waiting' });
    t.regex((await run(status, [String(id)], with_)).out, /result +PENDING/);
    t.is((await run(cancel, [`action:${id}`], with_)).code, 0);
    t.regex((await run(status, [String(id)], with_)).out, /result +ERROR: cancelled/);
  }
});

test.serial('a refusal is told in the words of the server, with exit 1', async (t) => {
  const { code, err } = await run(setTime, ['--type', 'ELSTERA1700', '--address', 'abc'], world.token);
  t.is(code, 1);
  t.regex(err, /400 Remote address is not in a recognised format/);
});

test.serial('the password comes from a file or the environment, one of them', async (t) => {
  const meter = ['--type', 'ELSTERA1700', '--address', '07777000000'];
  await t.throwsAsync(run(setTime, [...meter, '--password-env', 'MW_TEST_NOT_THERE']), { message: /no such variable/ });
  await t.throwsAsync(run(setTime, [...meter, '--password-file', '/nowhere/x']), { message: /cannot be read/ });
  await t.throwsAsync(run(setTime, [...meter, '--password-file', 'a', '--password-env', 'b']), { message: /one of them/ });
  await t.throwsAsync(run(setTime, [...meter, '--password', 'AAAA0000']), { message: /--password/ });
});

test.serial('read-clock waits and prints what the clocks showed', async (t) => {
  const stop = meters((address) => Number(address.slice(-1)));
  t.teardown(stop);
  const file = fileOf(
    t,
    'meters.csv',
    'meterType,remoteAddress,outstationAddress,password\nELSTERA1700,10.0.0.1:4001,,AAAA0000\nELSTERA1700,10.0.0.1:4002,1,AAAA0000\n',
  );
  const { code, out } = await run(readClock, ['--file', file]);
  t.is(code, 0, out);
  t.regex(out, /10\.0\.0\.1:4001 .*\+1s .*SUCCESS/);
  t.regex(out, /10\.0\.0\.1:4002 .*\+2s .*SUCCESS/);
  t.regex(out, /^SUCCESS +2$/m);
  t.false(out.includes('AAAA0000'));
});

test.serial('a file of many: refused and unreadable lines are named, the rest goes on, the summary is by result', async (t) => {
  const stop = meters(() => 3);
  t.teardown(stop);
  const file = fileOf(
    t,
    'meters.csv',
    'meterType,remoteAddress,password,immediate\nELSTERA1700,10.0.0.1:1,AAAA0000,true\nELSTERA1700,nowhere,AAAA0000,true\ntoo,few\nCEWEPRO,10.0.0.1:2,,true\n',
  );
  const { code, out, err } = await run(setTime, ['--file', file, '--wait', '--json'], world.token);
  t.is(code, 1);
  t.like(JSON.parse(out), { accepted: 1, earlier: 0, refused: { 400: 2 }, notSent: 0, unreadable: 1, results: { SUCCESS: 1 } });
  t.regex(err, /line 3: 400 Remote address is not in a recognised format/);
  t.regex(err, /line 4: has 2 columns, the header 4/);
  t.regex(err, /line 5: 400 Time update is not supported for meter type CEWEPRO/);
});

/** A file of meters, and one in the middle of which a run was interrupted: what it noted is put back. */
async function interrupted(t: ExecutionContext): Promise<{ readonly file: string; readonly journal: string; readonly count: () => Promise<number> }> {
  const record = (port: number): object => ({ meterType: 'ELSTERA1700', remoteAddress: `10.0.0.1:${port}`, password: 'AAAA0000' });
  const file = join(folder(t), 'meters.json');
  const journal = `${file}.set-time.journal`;
  writeFileSync(file, JSON.stringify([record(1), record(2)]));
  const named = `${file}.kept`;
  await run(setTime, ['--file', file, '--journal', named]);
  const mark = JSON.stringify({ run: { task: 'time-update', engine: world.gateway.url, immediate: false, trace: false } });
  writeFileSync(journal, `${mark}\n${readFileSync(named, 'utf8')}{"key":"cut o`);
  writeFileSync(file, JSON.stringify([record(1), record(2), record(3)]));
  return { file, journal, count: async () => (await world.ops('GET', '/meter-actions')).json.items.length };
}

test.serial('an interrupted run is gone on with by the same command, without a flag, and then it is over', async (t) => {
  const { file, journal, count } = await interrupted(t);
  const second = await run(setTime, ['--file', file, '--json']);
  t.like(JSON.parse(second.out), { accepted: 3, earlier: 2 });
  t.regex(second.err, /goes on with an interrupted run: 2 lines were accepted before/);
  t.is(await count(), 3);
  t.false(existsSync(journal));
  t.like(JSON.parse((await run(setTime, ['--file', file, '--json'])).out), { accepted: 3, earlier: 0 });
  t.is(await count(), 6);
});

test.serial('a run is noted beside its file while it goes on, for its owner alone and without passwords, and not after its end', async (t) => {
  const { file, journal } = await interrupted(t);
  rmSync(journal);
  const kept = `${file}.kept`;
  rmSync(kept);
  let noted: string | undefined;
  const look = setInterval(() => {
    if (existsSync(journal)) noted ??= `${(statSync(journal).mode & 0o777).toString(8)} ${readFileSync(journal, 'utf8')}`;
  }, 1);
  t.teardown(() => clearInterval(look));
  const ended = run(setTime, ['--file', file, '--immediate', '--wait', '--json']);
  await t.notThrowsAsync(async () => {
    while (world.held.length < 1) await new Promise((done) => setImmediate(done));
  });
  t.regex(noted ?? readFileSync(journal, 'utf8'), /"requestId":/);
  const stop = meters(() => 3);
  t.teardown(stop);
  t.is((await ended).code, 0);
  t.regex(noted ?? '', /^600 /);
  t.notRegex(noted ?? '', /AAAA0000/);
  t.false(existsSync(journal));
});

for (const [title, args, change] of [
  ['with --no-journal', ['--no-journal'], () => {}],
  ['with other flags', ['--immediate'], () => {}],
  ['half a day later', [], (journal: string) => utimesSync(journal, new Date(), new Date(Date.now() - 13 * 3_600_000))],
] as const) {
  test.serial(`${title} an interrupted run is begun anew`, async (t) => {
    const { file, journal, count } = await interrupted(t);
    change(journal);
    t.like(JSON.parse((await run(setTime, ['--file', file, '--json', ...args])).out), { accepted: 3, earlier: 0 });
    t.is(await count(), 5);
  });
}

test.serial('a journal that ends in the middle of a line loses nothing of what is noted behind it', async (t) => {
  const { file, journal } = await interrupted(t);
  const named = `${file}.named`;
  writeFileSync(named, readFileSync(journal));
  t.like(JSON.parse((await run(setTime, ['--file', file, '--journal', named, '--json'])).out), { accepted: 3, earlier: 2 });
  t.like(JSON.parse((await run(setTime, ['--file', file, '--journal', named, '--json'])).out), { accepted: 3, earlier: 3 });
});

test.serial('a journal that was named and none at all do not go together', async (t) => {
  const { file } = await interrupted(t);
  await t.throwsAsync(run(setTime, ['--file', file, '--journal', 'x', '--no-journal']), { message: /one of them/ });
});

test.serial('with a journal the same command goes on where it was: nothing is sent twice', async (t) => {
  const record = (port: number): object => ({ meterType: 'ELSTERA1700', remoteAddress: `10.0.0.1:${port}`, password: 'AAAA0000' });
  const where = folder(t);
  const journal = join(where, 'journal');
  const file = join(where, 'meters.json');
  writeFileSync(file, JSON.stringify([record(1), record(1), record(2)]));
  const first = JSON.parse((await run(setTime, ['--file', file, '--journal', journal, '--json'])).out);
  t.like(first, { accepted: 3, earlier: 0 });
  t.false(readFileSync(journal, 'utf8').includes('AAAA0000'));
  writeFileSync(file, JSON.stringify([record(1), record(1), record(2), record(3)]));
  const second = JSON.parse((await run(setTime, ['--file', file, '--journal', journal, '--json'])).out);
  t.like(second, { accepted: 4, earlier: 3 });
  t.deepEqual(second.requestIds.slice(0, 3), first.requestIds);
  t.is((await world.ops('GET', '/meter-actions')).json.items.length, 4);
});

test.serial('sessions and lines are tables; the stop switch is turned and shown', async (t) => {
  const { requestId } = (await world.post({ meterType: 'ELSTERA1700', remoteAddress: '10.0.0.1:4059', password: 'AAAA0000', immediate: true })).json;
  await world.settle();
  t.regex((await run(sessions, [])).out, new RegExp(`^${requestId} +1 +ELSTERA1700 +10\\.0\\.0\\.1:4059 +time-update +open`, 'm'));
  const shown = (await run(lines, [])).out;
  t.regex(shown, /^m1 +default +tcp +free .* 61 s +no dial tone$/m);
  t.regex(shown, /^m1 +terminal server +modems:4001 +9600 +modem, AT +ATZ, ATS0=0E0V1 +ATDT9,<number> +\+\+\+ ATH$/m);
  t.is((await run(sessions, ['--stop', '--reason', 'drill'])).out, 'stopped\n');
  t.regex((await run(sessions, [])).out, /STOPPED since .* by operator: drill/);
  t.is((await run(sessions, ['--resume', '--reason', 'over'])).out, 'resumed\n');
  await t.throwsAsync(run(sessions, ['--stop']), { message: /--reason/ });
});

test.serial('in a cluster sessions and lines have a column for their node, and who does not answer is named', async (t) => {
  await world.close();
  world = await startMtsWorld({ silent: 'n3' });
  const { requestId } = (await world.post({ meterType: 'ELSTERA1700', remoteAddress: '10.0.0.1:4059', password: 'AAAA0000', immediate: true })).json;
  await world.settle();
  const running = await run(sessions, []);
  t.regex(running.out, new RegExp(`^n2 +n1 +${requestId} +1 +ELSTERA1700`, 'm'));
  t.regex(running.out, /^1 running$/m);
  t.is(running.err, 'node n3 did not answer: node_away\n');
  const shown = await run(lines, []);
  t.regex(shown.out, /^n2 +m1 +default +tcp +free/m);
  t.regex(shown.out, /^n2 +m1 +terminal server/m);
  t.is(shown.err, 'node n3 did not answer: node_away\n');
});

test.serial('status --night adds the pages up by type and result', async (t) => {
  const { requestId } = (await world.post({ meterType: 'ELSTERA1700', remoteAddress: '10.0.0.1:4059', password: 'AAAA0000' })).json;
  await world.ops('POST', `/meter-actions/${requestId}/cancel`);
  const { out } = await run(status, ['--night', '2026-01-15']);
  t.regex(out, /^night of 2026-01-15$/m);
  t.regex(out, /^ELSTERA1700 +0 +0 +1 +0 +1$/m);
  t.regex(out, /^1 +ELSTERA1700 +ERROR +cancelled/m);
  t.regex((await run(status, ['--night', '2026-01-14'])).out, /no overnight action ended/);
});

test.serial('status --night tells of the last night what has not ended, of others it cannot', async (t) => {
  for (const remoteAddress of ['10.0.0.1:4059', '10.0.0.2:4059', 'PAKNET:23530001'])
    await world.post({ meterType: 'ELSTERA1700', remoteAddress, password: 'AAAA0000' });
  const { out } = await run(status, ['--night']);
  t.regex(out, /no overnight action ended/);
  t.regex(out, /^2 +ELSTERA1700 +TCP +waiting +0$/m);
  t.regex(out, /^1 +ELSTERA1700 +PAKNET +waiting +0$/m);
  t.notRegex((await run(status, ['--night', '2026-01-14'])).out, /waiting/);
  t.is(JSON.parse((await run(status, ['--night', '2026-01-14', '--json'])).out).pending, null);
});

test.serial('a token is made, shown once, listed without itself, and revoked', async (t) => {
  const made = (await run(token, ['add', '--scope', 'mts', '--valid', '30d'])).out.trim();
  t.regex(made, /^mwt_/);
  const body = { meterType: 'ELSTERA1700', remoteAddress: '07777000000', password: 'AAAA0000' };
  t.is((await world.post(body, { token: made })).status, 200);
  const listed = await run(token, ['list', '--json']);
  t.false(listed.out.includes(made));
  const item = (JSON.parse(listed.out) as { id: string; owner: string; expiresAt: number }[]).find(({ id }) => made.includes(id));
  t.is(item?.owner, 'mts');
  t.true((item?.expiresAt ?? 0) > Date.now());
  t.is((await run(token, ['revoke', item?.id ?? ''])).out, 'revoked\n');
  t.is((await world.post(body, { token: made })).status, 401);
});

test.serial('validity: a duration, a date, an instant; nothing else, and nothing past', (t) => {
  const now = Date.UTC(2026, 0, 1);
  t.is(validUntil('30d', now), now + 30 * 86_400_000);
  t.is(validUntil('12h', now), now + 12 * 3_600_000);
  t.is(validUntil('2027-01-01', now), Date.UTC(2027, 0, 1));
  t.is(validUntil('2027-01-01T00:00:00+01:00', now), Date.UTC(2026, 11, 31, 23));
  for (const text of ['30', 'd', '0d', 'tomorrow', '2027-13-01', '2025-12-31']) t.throws(() => validUntil(text, now), { message: /--valid/ });
});

test.serial('a night is from noon to noon, named by its morning', (t) => {
  const night = { date: '2026-03-29', from: Date.UTC(2026, 2, 28, 12), to: Date.UTC(2026, 2, 29, 12) };
  t.deepEqual(nightOf('2026-03-29', 0), { ...night, isLast: false });
  for (const hour of [0, 7, 12, 15, 23])
    for (const date of [undefined, night.date]) t.deepEqual(nightOf(date, Date.UTC(2026, 2, 29, hour, 59)), { ...night, isLast: true });
  t.false(nightOf(night.date, Date.UTC(2026, 2, 30)).isLast);
  for (const text of ['2026-02-30', '29.03.2026', '']) t.throws(() => nightOf(text, 0), { message: /--night/ });
});

test.serial('every command has its name once', (t) => {
  const names = commands.map((command) => command.name);
  t.deepEqual([...new Set(names)], names);
  for (const name of ['set-time', 'read-clock', 'status', 'cancel', 'sessions', 'lines', 'token', 'profiles', 'meter-keys']) t.true(names.includes(name), name);
});
