import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { isUnmigrated, seededMpan } from '../../ops/sim/market/seed.ts';
import { appointment, BRISK, Installation, killRounds, seedOfRun, until } from '../support/process/index.ts';

const LINES = 10_000;

test.serial('killed twenty times under load, the engine has lost nothing that it acknowledged, and done nothing twice', async (t) => {
  t.timeout(600_000);
  await killRounds(t, { rounds: 20, seed: seedOfRun(), mpans: 20_000, parallel: 8, paceMs: 40, lifeMs: [50, 3_000], drainMs: 240_000 });
});

test.serial('a file of 10,000 appointments survives a kill of the engine: the command finishes the rest, one process a line', async (t) => {
  t.timeout(900_000);
  const folder = mkdtempSync(join(tmpdir(), 'mw-file-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'appointments.jsonl');
  const line = (index: number): string => JSON.stringify(appointment(seededMpan(index), { appointment_scenario: isUnmigrated(index) ? 'MCA' : 'CSP' }));
  writeFileSync(file, Array.from({ length: LINES }, (_, index) => `${line(index)}\n`).join(''));

  const installation = await Installation.started(t, { seedMpans: LINES, settings: BRISK });
  const command = installation.mw('appoint', '--file', file, '--json');
  await until('the command is in the middle', async () => (await installation.market.stats()).flows > LINES / 4, 120_000);
  await installation.restart();
  const ended = await command;
  t.is(ended.code, 0, ended.stderr);
  t.like(JSON.parse(ended.stdout), { accepted: LINES, refused: {}, notSent: 0 });

  const { supplier } = installation;
  await until('no process is Pending', async () => (await supplier.count('Pending')) === 0, 300_000);
  const entries = await supplier.all();
  t.is(entries.length, LINES);
  t.is(new Set(entries.map((entry) => entry.metadata.mpan_core)).size, LINES, 'every line has exactly one process');
  t.deepEqual(
    entries.filter((entry) => entry.metadata.request_status !== 'Success'),
    [],
  );
  t.deepEqual((await installation.market.surs()).differentBytes, []);
});
