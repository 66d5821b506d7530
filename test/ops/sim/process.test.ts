import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import test from 'ava';
import { Agent, fetch } from 'undici';
import { appointment, headersOf, thumbprint } from './rig.ts';

type Ready = { ready: boolean; url: string; controlUrl: string; caFile: string; certificateThumbprint: string; pid: number };

async function run(flags: readonly string[]): Promise<{ child: ChildProcess; ready: Ready }> {
  const child = spawn(process.execPath, ['ops/sim/market/main.ts', ...flags], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string];
  return { child, ready: JSON.parse(line) as Ready };
}

test('the process says when it is ready, serves HTTPS under its own certificate, and ends with its input', async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'mw-market-'));
  const { child, ready } = await run(['--data-dir', dataDir, '--trust-first', 'true', '--seed', '42']);
  const exit = once(child, 'exit');
  try {
    t.true(ready.ready);
    t.regex(ready.certificateThumbprint, /^[0-9a-f]{64}$/);
    const agent = new Agent({ connect: { ca: readFileSync(ready.caFile, 'utf8') } });
    const url = `${ready.url}/dip-channel/IF-031`;
    const body = JSON.stringify([appointment()]);
    const response = await fetch(url, { method: 'POST', headers: headersOf('POST', url, body), body, dispatcher: agent });
    t.is(response.status, 201);
    await agent.close();
    child.stdin!.end();
    t.deepEqual(await exit, [0, null]);
  } finally {
    child.kill('SIGKILL');
    await rm(dataDir, { recursive: true, force: true });
  }
});

test('the process ends cleanly on SIGTERM and keeps its signing certificate for the next start', async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'mw-market-'));
  const flags = ['--data-dir', dataDir, '--tls', 'false', '--trusted-thumbprints', JSON.stringify([thumbprint])];
  try {
    const first = await run(flags);
    first.child.kill('SIGTERM');
    t.deepEqual(await once(first.child, 'exit'), [0, null]);
    const second = await run(flags);
    t.is(second.ready.certificateThumbprint, first.ready.certificateThumbprint);
    second.child.kill('SIGTERM');
    await once(second.child, 'exit');
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
});

test('what was accepted before kill -9 is answered after it', async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'mw-market-'));
  const flags = ['--data-dir', dataDir, '--tls', 'false', '--trusted-thumbprints', JSON.stringify([thumbprint]), '--initial-ms', '60000'];
  try {
    const first = await run(flags);
    const url = `${first.ready.url}/dip-channel/IF-031`;
    const body = JSON.stringify([appointment()]);
    await fetch(url, { method: 'POST', headers: headersOf('POST', url, body), body });
    first.child.kill('SIGKILL');
    await once(first.child, 'exit');
    const second = await run(flags);
    const stats = (await (await fetch(`${second.ready.controlUrl}/sim/stats`)).json()) as { surs: number; backlog: number };
    t.is(stats.surs, 1);
    t.is(stats.backlog, 3);
    second.child.kill('SIGTERM');
    await once(second.child, 'exit');
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
});

test('a wrong flag is wrong usage, a wrong value names its field', async (t) => {
  const wrong = spawn(process.execPath, ['ops/sim/market/main.ts', '--odd', '1'], { stdio: 'pipe' });
  t.deepEqual(await once(wrong, 'exit'), [2, null]);
  const bad = spawn(process.execPath, ['ops/sim/market/main.ts', '--data-dir', '/nowhere', '--port', '99999'], { stdio: 'pipe' });
  const parts: string[] = [];
  bad.stderr.on('data', (part: Buffer) => parts.push(part.toString()));
  t.deepEqual(await once(bad, 'exit'), [1, null]);
  t.regex(parts.join(''), /port/);
});
