import { spawn } from 'node:child_process';
import { join } from 'node:path';
import test from 'ava';
import type { CommandSpec } from '../../../ops/cli/command.ts';
import { key } from '../../../ops/cli/commands/keys.ts';
import { loginLink, operator } from '../../../ops/cli/commands/operator.ts';
import { token } from '../../../ops/cli/commands/token.ts';
import { type MtsWorld, startMtsWorld } from '../../support/gateway/mts-world.ts';
import { type Ran, runCommand } from '../../support/run-command.ts';

const MAIN = join(import.meta.dirname, '..', '..', '..', 'ops', 'cli', 'main.ts');
const PASSWORD = 'correct horse battery';

let world: MtsWorld;

test.beforeEach(async () => {
  world = await startMtsWorld();
});
test.afterEach.always(() => world.close());

const place = (): string[] => ['--url', world.gateway.url, '--ca', world.caFile, '--token', world.operator];
const run = (spec: CommandSpec, args: readonly string[]): Promise<Ran> => runCommand(spec, [...args, ...place()]);

/** The program itself, with something on its standard input. */
function piped(args: readonly string[], input: string): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, ...args, ...place()], { stdio: 'pipe' });
    const said = { out: '', err: '' };
    child.stdout.on('data', (data) => {
      said.out += data;
    });
    child.stderr.on('data', (data) => {
      said.err += data;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? -1, ...said }));
    child.stdin.end(input);
  });
}

test.serial('operator add takes the password from standard input; who was added signs in, is listed, and is removed', async (t) => {
  const added = await piped(['operator', 'add', 'Ann', '--role', 'viewer', '--reason', 'new colleague'], `${PASSWORD}\nmore\n`);
  t.deepEqual(added, { code: 0, out: 'added: ann, viewer\n', err: '' });
  t.is((await world.identity.signIn({ name: 'ann', password: PASSWORD, source: 's' })).kind, 'in');
  t.regex((await run(operator, ['list'])).out, /ann +viewer/);
  t.is((await run(operator, ['role', 'ann', '--role', 'operator'])).out, 'changed\n');
  t.is((await run(operator, ['remove', 'ann', '--reason', 'has left'])).out, 'removed\n');
  t.false((await run(operator, ['list'])).out.includes('ann'));
  const trail = await world.identity.audit.page({ limit: 10 });
  t.deepEqual(
    trail.items.map(({ why }) => why),
    ['has left', null, 'new colleague'],
  );
});

test.serial('another password ends the old one; a short one is refused', async (t) => {
  await world.identity.addOperator({ name: 'ann', role: 'viewer', password: PASSWORD, by: 'test' });
  t.is((await piped(['operator', 'password', 'ann'], 'another good horse\n')).out, 'changed\n');
  t.is((await world.identity.signIn({ name: 'ann', password: PASSWORD, source: 's' })).kind, 'refused');
  const refused = await piped(['operator', 'password', 'ann'], 'short\n');
  t.is(refused.code, 1);
  t.regex(refused.err, /password/);
  t.false(refused.err.includes('short'));
});

test.serial('login-link prints an address that signs in once; sign-out ends the session', async (t) => {
  const { out, err } = await run(loginLink, []);
  const link = /^https:\/\/127\.0\.0\.1:\d+\/extras\/mts-api#link=([A-Za-z0-9_-]{43})\n$/.exec(out)?.[1] ?? '';
  t.regex(err, /^signs in local, once, until /);
  t.is((await world.identity.signInByLink({ link, source: 's' })).kind, 'in');
  t.is((await world.identity.signInByLink({ link, source: 's' })).kind, 'refused');
  t.is((await run(operator, ['sign-out', '--reason', 'drill'])).out, '1 sessions ended\n');
  t.is((await run(operator, ['sign-out', 'local'])).out, '0 sessions ended\n');
  await t.throwsAsync(run(loginLink, ['--operator', 'nobody']), { message: /no such operator/ });
});

test.serial('a token has a name and an end, and its scope is told by the name that people know', async (t) => {
  const made = JSON.parse((await run(token, ['add', '--scope', 'mts', '--name', 'night run', '--valid', '30d', '--json'])).out);
  t.like(made, { name: 'night run', owner: 'mts', scopes: ['mts'] });
  const { out } = await run(token, ['list']);
  t.regex(out, new RegExp(`${made.id} +MTS Actions API +mts +night run`));
  t.is((await run(token, ['revoke', made.id, '--reason', 'lost'])).out, 'revoked\n');
});

test.serial('a key has an end', async (t) => {
  await t.throwsAsync(run(key, ['add', 'SUPX', '--valid', 'soon']), { message: /--valid/ });
  const { record } = await world.access.createKey({ mpids: ['SUPX'], label: 'x', rate: null, expiresAt: Date.UTC(2100, 0, 1), by: 'test' });
  t.regex((await run(key, ['list'])).out, new RegExp(`${record.id} .*2100-01-01T00:00:00Z`));
});
