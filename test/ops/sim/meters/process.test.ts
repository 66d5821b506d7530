import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import test from 'ava';
import type { ListedMeter } from '../../../../ops/sim/meters/index.ts';
import { Line } from './rig.ts';

type Ready = { ready: boolean; meters: number; controlUrl: string; metersFile: string; pid: number };

async function run(flags: readonly string[]): Promise<{ child: ChildProcess; ready: Ready }> {
  const child = spawn(process.execPath, ['ops/sim/meters/main.ts', ...flags], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string];
  return { child, ready: JSON.parse(line) as Ready };
}

test('the process says when it is ready, lists its meters, serves them and ends with its input', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'mw-meters-'));
  const metersFile = join(folder, 'meters.json');
  const { child, ready } = await run(['--count', '200', '--types', 'ELSTERA1700,EDMIATLAS', '--seed', '9', '--metersFile', metersFile]);
  const exit = once(child, 'exit');
  try {
    t.like(ready, { ready: true, meters: 200, metersFile, pid: child.pid! });
    const meters = JSON.parse(await readFile(metersFile, 'utf8')) as ListedMeter[];
    t.is((await stat(metersFile)).mode & 0o777, 0o600, 'passwords are in it');
    t.is(meters.length, 200);
    const [host, port] = meters[198]!.remoteAddress.split(':');
    t.is(host, '127.0.0.1');
    const line = await Line.to(Number(port));
    line.send('/?!\r\n');
    t.regex(await line.until('\r\n'), /^\/GEC5/);
    t.like(await (await fetch(`${ready.controlUrl}/sim/stats`)).json(), { meters: 200, connections: 1 });
    child.stdin!.end();
    t.deepEqual(await exit, [0, null]);
  } finally {
    child.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  }
});

test('telephone numbers and their directory; SIGTERM ends it cleanly', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'mw-meters-'));
  const [metersFile, directoryFile] = [join(folder, 'meters.json'), join(folder, 'numbers.json')];
  const { child } = await run([
    '--count',
    '2',
    '--types',
    'ISKRA_MX37X',
    '--meters-file',
    metersFile,
    '--numbers-from',
    '07700900000',
    '--directory-file',
    directoryFile,
  ]);
  try {
    const meters = JSON.parse(await readFile(metersFile, 'utf8')) as ListedMeter[];
    const directory = JSON.parse(await readFile(directoryFile, 'utf8')) as Record<string, { host: string; port: number }>;
    t.deepEqual(
      meters.map(({ remoteAddress }) => remoteAddress),
      Object.keys(directory),
    );
    t.is(meters[0]!.remoteAddress, '07700900000');
    const exit = once(child, 'exit');
    child.kill('SIGTERM');
    t.deepEqual(await exit, [0, null]);
  } finally {
    child.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  }
});

test('wrong usage ends with 2, wrong values with 1 and a line that names them', async (t) => {
  const end = async (flags: readonly string[]) => {
    const child = spawn(process.execPath, ['ops/sim/meters/main.ts', ...flags], { stdio: ['ignore', 'ignore', 'pipe'] });
    const said: Buffer[] = [];
    child.stderr.on('data', (part: Buffer) => said.push(part));
    const [code] = (await once(child, 'close')) as [number];
    return { code, said: Buffer.concat(said).toString() };
  };
  t.is((await end(['--nonsense', '1'])).code, 2);
  const { code, said } = await end(['--types', 'PREMIERPRI']);
  t.is(code, 1);
  t.regex(said, /^fleet\.types/);
});
