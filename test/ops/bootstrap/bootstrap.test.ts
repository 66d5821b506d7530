import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { missingEntries } from '../../../ops/bootstrap/complete-lock.mjs';
import { lock, startOf } from '../../../ops/bootstrap/lock.mjs';
import { download } from '../../../ops/bootstrap/nats.mjs';
import { findNpm, nodeFits } from '../../../ops/bootstrap/node.mjs';
import { sameTree } from '../../../ops/bootstrap/packages.mjs';
import { taskOf } from '../../../ops/bootstrap/tasks.mjs';

const PROJECT = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));

function folder(t: ExecutionContext): string {
  const made = mkdtempSync(join(tmpdir(), 'mw-boot-'));
  t.teardown(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

test('only Node from 22.20 on and below 23 fits', (t) => {
  t.deepEqual(['18.19.0', '20.20.2', '22.19.9', '22.20.0', '22.23.3', '23.0.0', '24.1.0'].filter(nodeFits), ['22.20.0', '22.23.3']);
});

test('`mw start` is `start`, other words of mw go to the CLI, unknown tasks are none', (t) => {
  t.deepEqual(taskOf(['mw', 'start', '--port', '1']), { entry: 'ops/node/main.ts', nats: true, web: true, drop: 2 });
  t.like(taskOf(['mw', 'decode']), { entry: 'ops/cli/main.ts', drop: 1 });
  t.is(taskOf(['toString']), undefined);
});

test('npm is called by its script where that can be found, else by its name', (t) => {
  const home = folder(t);
  const put = (path: string): string => {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), '');
    chmodSync(join(home, path), 0o755);
    return join(home, path);
  };
  const script = put('npm/bin/npm-cli.js');
  t.deepEqual(findNpm({ npm_execpath: script }, '/x/bin/node'), { script });
  const shim = put('shims/npm');
  t.deepEqual(
    findNpm({ npm_execpath: '/x/pnpm.cjs', PATH: join(home, 'shims') }, '/x/bin/node'),
    existsSync('/usr/share/nodejs/npm/bin/npm-cli.js') ? { script: '/usr/share/nodejs/npm/bin/npm-cli.js' } : { program: shim },
  );
});

const locked = {
  '': {},
  'node_modules/a': { version: '1.0.0', integrity: 'x' },
  'node_modules/b-darwin': { version: '1.0.0', optional: true, os: ['darwin'] },
  'node_modules/b-linux': { version: '1.0.0', optional: true, os: ['linux'] },
};
const host = { platform: 'linux', arch: 'x64' };
const installed = { 'node_modules/a': { version: '1.0.0', integrity: 'x' }, 'node_modules/b-linux': { version: '1.0.0', optional: true } };

test('node_modules that npm made by hand from this lock file is taken as it is', (t) => {
  t.true(sameTree(locked, installed, host));
});

test('node_modules with another version, a hole, or a package too many is not taken', (t) => {
  t.false(sameTree(locked, { ...installed, 'node_modules/a': { version: '1.0.1', integrity: 'x' } }, host));
  t.false(sameTree(locked, { 'node_modules/a': installed['node_modules/a'] }, host));
  t.false(sameTree(locked, { ...installed, 'node_modules/c': { version: '1.0.0' } }, host));
});

test('packages of other platforms that the lock file lacks are found, with system and processor', (t) => {
  const packages = {
    'node_modules/x': { dev: true, optionalDependencies: { '@x/cli-linux-x64-musl': '2.0.0', '@x/cli-darwin-arm64': '2.0.0' } },
    'node_modules/@x/cli-darwin-arm64': {},
  };
  t.deepEqual(missingEntries(packages), {
    'node_modules/@x/cli-linux-x64-musl': { version: '2.0.0', cpu: ['x64'], dev: true, libc: ['musl'], optional: true, os: ['linux'] },
  });
});

test('the lock file names the packages of every platform', (t) => {
  const { packages } = JSON.parse(readFileSync(join(PROJECT, 'package-lock.json'), 'utf8'));
  t.deepEqual(Object.keys(missingEntries(packages)), [], 'run: node ops/bootstrap/complete-lock.mjs');
});

test('a second set-up waits for the first, and says for whom', async (t) => {
  const file = join(folder(t), 'setup.lock');
  const first = await lock(file, () => t.fail());
  const waited = Promise.withResolvers<number | undefined>();
  const second = lock(file, waited.resolve);
  t.is(await waited.promise, process.pid);
  first.release();
  (await second).release();
  t.false(existsSync(file));
});

test('the lock of a set-up that was killed is broken, once the program it ran is gone too', async (t) => {
  const file = join(folder(t), 'setup.lock');
  const npm = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  t.teardown(() => npm.kill('SIGKILL'));
  const pid = npm.pid ?? 0;
  writeFileSync(
    file,
    JSON.stringify([
      { pid: 2 ** 22 + 1, started: '1' },
      { pid, started: startOf(pid) },
    ]),
  );
  const waited = Promise.withResolvers<void>();
  const mine = lock(file, () => waited.resolve());
  await waited.promise;
  npm.kill('SIGKILL');
  const held = await mine;
  t.is(JSON.parse(readFileSync(file, 'utf8'))[0].pid, process.pid);
  held.release();
});

test('of many who find a stale lock, one at a time holds it', async (t) => {
  const file = join(folder(t), 'setup.lock');
  writeFileSync(file, 'damaged');
  const script = `
    import { appendFileSync } from 'node:fs';
    import { lock } from ${JSON.stringify(join(PROJECT, 'ops/bootstrap/lock.mjs'))};
    const held = await lock(process.argv[1], () => {});
    appendFileSync(process.argv[1] + '.log', 'in\\n');
    await new Promise((resolve) => setTimeout(resolve, 20));
    appendFileSync(process.argv[1] + '.log', 'out\\n');
    held.release();`;
  const all = Array.from({ length: 6 }, () => spawn(process.execPath, ['--input-type=module', '-e', script, file], { stdio: 'inherit' }));
  await Promise.all(all.map((child) => once(child, 'exit')));
  t.is(readFileSync(`${file}.log`, 'utf8'), 'in\nout\n'.repeat(6));
});

test('a download is kept only if its SHA-256 is the pinned one', async (t) => {
  const server = createServer((request, answer) => void (request.url === '/there' ? answer.end('bytes') : answer.writeHead(404).end()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const { port } = server.address() as { port: number };
  const file = join(folder(t), 'archive');
  const right = createHash('sha256').update('bytes').digest('hex');
  t.regex((await download(`http://127.0.0.1:${port}/there`, file, right.replace(/^./, 'x'))) ?? '', /SHA-256 is .*, expected/);
  t.regex((await download(`http://127.0.0.1:${port}/gone`, file, right)) ?? '', /HTTP 404/);
  t.false(existsSync(file));
  t.is(await download(`http://127.0.0.1:${port}/there`, file, right), undefined);
  t.is(readFileSync(file, 'utf8'), 'bytes');
});

/** A project whose set-up is complete: its lock file asks for nothing, and its programs say what they are. */
function project(t: ExecutionContext): string {
  const made = folder(t);
  cpSync(join(PROJECT, 'ops/bootstrap'), join(made, 'ops/bootstrap'), { recursive: true });
  writeFileSync(join(made, 'package.json'), '{"name":"p","version":"1.0.0","type":"module"}');
  writeFileSync(join(made, 'package-lock.json'), '{"name":"p","version":"1.0.0","lockfileVersion":3,"packages":{"":{"name":"p","version":"1.0.0"}}}');
  mkdirSync(join(made, 'node_modules'));
  writeFileSync(join(made, 'node_modules/.package-lock.json'), '{"packages":{}}');
  for (const name of ['node', 'cli']) {
    mkdirSync(join(made, 'ops', name));
    const program = `const name: string = '${name}';
process.on('SIGTERM', () => process.exit(7));
console.log(JSON.stringify({ name, pid: process.pid, args: process.argv.slice(2) }));
if (process.argv.includes('--wait')) setInterval(() => {}, 1_000);`;
    writeFileSync(join(made, `ops/${name}/main.ts`), program);
  }
  return made;
}

test('run.sh becomes the program: its pid, its signals, its words', async (t) => {
  const child = spawn('sh', [join(project(t), 'ops/bootstrap/run.sh'), 'mw', 'decode', 'a  b', "q'x", '--wait'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  t.deepEqual(JSON.parse(line.toString()), { name: 'cli', pid: child.pid, args: ['decode', 'a  b', "q'x", '--wait'] });
  child.kill('SIGTERM');
  t.deepEqual(await once(child, 'exit'), [7, null]);
});

test('the bin runs from any folder, passes signals on, and ends as the program ends', async (t) => {
  const child = spawn(process.execPath, [join(project(t), 'ops/bootstrap/bin.mjs'), 'requests', '--wait'], {
    cwd: tmpdir(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  t.like(JSON.parse(line.toString()), { name: 'cli', args: ['requests', '--wait'] });
  child.kill('SIGTERM');
  t.deepEqual(await once(child, 'exit'), [7, null]);
});

test('when all is there, set-up takes well under a second', (t) => {
  const made = project(t);
  // The best of several: others may have the machine meanwhile.
  const took = Array.from({ length: 5 }, () => {
    const from = performance.now();
    execFileSync(process.execPath, [join(made, 'ops/bootstrap/run.mjs'), '--plan', 'mw']);
    return performance.now() - from;
  });
  t.true(Math.min(...took) < 1_000, took.join(' '));
});

test('an unknown task is wrong usage, and a missing lock file an error for people', (t) => {
  const made = project(t);
  const run = (...words: string[]) => spawnSync('sh', [join(made, 'ops/bootstrap/run.sh'), ...words], { encoding: 'utf8' });
  const unknown = run('fly');
  t.is(unknown.status, 2);
  t.regex(unknown.stderr, /TASK is one of start, mw, test/);
  rmSync(join(made, 'package-lock.json'));
  const broken = run('mw');
  t.is(broken.status, 1);
  t.regex(broken.stderr, /^set-up failed\. package-lock\.json is missing/m);
});
