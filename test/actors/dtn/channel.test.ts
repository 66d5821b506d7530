import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { handOverDelayMs } from '../../../actors/dtn/channel.ts';
import { createDtnChannel } from '../../../actors/dtn/index.ts';
import { realPorts } from '../../support/real-ports.ts';
import { dtnOptions, keptAlerts, list, writeEffect } from './world.ts';

const signal = new AbortController().signal;

test('a file lies in the gateway’s folder under its name, byte by byte, and staging keeps only the mark', async (t) => {
  const options = await dtnOptions(t);
  const channel = createDtnChannel(options, realPorts(), keptAlerts());
  t.deepEqual(await channel.perform(writeEffect(), 1, signal), { kind: 'done', event: { type: 'file.taken', fileId: '0000000001' } });
  t.is(await readFile(join(options.outDirectory, 'D0151_LMOP_0000000001.usr'), 'utf8'), 'ZHV|…\nZPT|…\n');
  t.deepEqual(await list(join(options.stagingDirectory, 'SUPX')), ['0000000001.offered']);
});

test('a hand-over that is repeated after the gateway took the file offers nothing again', async (t) => {
  const options = await dtnOptions(t);
  const first = createDtnChannel(options, realPorts(), keptAlerts());
  await first.perform(writeEffect(), 1, signal);
  await rm(join(options.outDirectory, 'D0151_LMOP_0000000001.usr'));
  const afterCrash = createDtnChannel(options, realPorts(), keptAlerts());
  t.is((await afterCrash.perform(writeEffect(), 1, signal)).kind, 'done');
  t.deepEqual(await list(options.outDirectory), []);
});

test('a hand-over that is repeated while the file still waits changes nothing', async (t) => {
  const options = await dtnOptions(t);
  const channel = createDtnChannel(options, realPorts(), keptAlerts());
  await channel.perform(writeEffect(), 1, signal);
  await rm(join(options.stagingDirectory, 'SUPX', '0000000001.offered'));
  t.is((await channel.perform(writeEffect(), 1, signal)).kind, 'done');
  t.deepEqual(await list(options.outDirectory), ['D0151_LMOP_0000000001.usr']);
});

test('a crash while staging was written leaves nothing to the gateway, and the next try writes it whole', async (t) => {
  const options = await dtnOptions(t);
  const staging = join(options.stagingDirectory, 'SUPX');
  await mkdir(staging, { recursive: true });
  await writeFile(join(staging, 'D0151_LMOP_0000000001.usr'), 'ZHV|half');
  const channel = createDtnChannel(options, realPorts(), keptAlerts());
  await channel.perform(writeEffect(), 1, signal);
  t.is(await readFile(join(options.outDirectory, 'D0151_LMOP_0000000001.usr'), 'utf8'), 'ZHV|…\nZPT|…\n');
});

test('a crash between the mark and the rename is finished by the rename', async (t) => {
  const options = await dtnOptions(t);
  const staging = join(options.stagingDirectory, 'SUPX');
  const channel = createDtnChannel(options, realPorts(), keptAlerts());
  await channel.perform(writeEffect(), 1, signal);
  await rename(join(options.outDirectory, 'D0151_LMOP_0000000001.usr'), join(staging, 'D0151_LMOP_0000000001.usr'));
  t.is((await channel.perform(writeEffect(), 1, signal)).kind, 'done');
  t.deepEqual(await list(options.outDirectory), ['D0151_LMOP_0000000001.usr']);
  t.deepEqual(await list(staging), ['0000000001.offered']);
});

test('a test file is never dispatched', async (t) => {
  const options = await dtnOptions(t);
  const channel = createDtnChannel(options, realPorts(), keptAlerts());
  const effect = writeEffect({ fileId: 'TR00000001', test: true });
  t.deepEqual(await channel.perform(effect, 1, signal), { kind: 'done', event: { type: 'file.taken', fileId: 'TR00000001' } });
  t.deepEqual(await list(options.outDirectory), []);
});

test('a folder that is missing asks for another try and raises an alert, which clears when it is back', async (t) => {
  const options = await dtnOptions(t, { createFolders: false });
  const alerts = keptAlerts();
  const channel = createDtnChannel(options, realPorts(), alerts);
  t.is((await channel.perform(writeEffect(), 1, signal)).kind, 'retry');
  await channel.perform(writeEffect(), 2, signal);
  t.deepEqual(alerts.raised, ['dtn_gateway_unavailable']);
  await mkdir(options.outDirectory);
  t.is((await channel.perform(writeEffect(), 3, signal)).kind, 'done');
  t.deepEqual(alerts.cleared, ['dtn_gateway_unavailable']);
});

test('a folder that is a file asks for another try', async (t) => {
  const options = await dtnOptions(t);
  await writeFile(options.outDirectory, '');
  const channel = createDtnChannel(options, realPorts(), keptAlerts());
  const result = await channel.perform(writeEffect(), 1, signal);
  t.is(result.kind, 'retry');
  await chmod(options.outDirectory, 0o600);
});

test('the pause between tries doubles up to its cap', async (t) => {
  const options = await dtnOptions(t);
  t.deepEqual(
    [1, 2, 3, 50].map((attempt) => handOverDelayMs(options, attempt, 1)),
    [1_000, 2_000, 4_000, 60_000],
  );
});

test('two senders in one folder do not overwrite each other: the second waits', async (t) => {
  const options = await dtnOptions(t);
  const channel = createDtnChannel(options, realPorts(), keptAlerts());
  await channel.perform(writeEffect(), 1, signal);
  const other = writeEffect({ mpid: 'SUPY', body: 'other' });
  const refused = await channel.perform(other, 1, signal);
  t.is(refused.kind, 'retry');
  t.true(refused.kind === 'retry' && refused.text.startsWith('fileName: '));
  await rm(join(options.outDirectory, 'D0151_LMOP_0000000001.usr'));
  t.is((await channel.perform(other, 2, signal)).kind, 'done');
});

test('a folder per sender keeps senders apart', async (t) => {
  const base = await dtnOptions(t);
  const options = { ...base, outDirectory: `${base.outDirectory}/{mpid}` };
  const channel = createDtnChannel(options, realPorts(), keptAlerts());
  await channel.perform(writeEffect(), 1, signal);
  await channel.perform(writeEffect({ mpid: 'SUPY' }), 1, signal);
  t.deepEqual(await list(base.outDirectory), ['SUPX', 'SUPY']);
});
