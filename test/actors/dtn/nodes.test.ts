import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { createDtnChannel, type DtnReceipt, openReceiptsReader, type ReceiptsReader } from '../../../actors/dtn/index.ts';
import type { Command } from '../../../actors/engine/definition.ts';
import { OverloadedError } from '../../../actors/errors/error.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { realPorts } from '../../support/real-ports.ts';
import { dtnOptions, keptAlerts, list, writeEffect } from './world.ts';

const signal = new AbortController().signal;
const NAME = 'D0151_LMOP_0000000001.usr';
const BYTES = 'ZHV|…\nZPT|…\n';

test('what a node had staged when it died, another one that shares the folders offers once', async (t) => {
  const options = await dtnOptions(t);
  const staging = join(options.stagingDirectory, 'SUPX');
  await createDtnChannel(options, realPorts(), keptAlerts(), 'a').perform(writeEffect(), 1, signal);
  await rename(join(options.outDirectory, NAME), join(staging, NAME));
  const next = createDtnChannel(options, realPorts(), keptAlerts(), 'b');
  t.is((await next.perform(writeEffect(), 1, signal)).kind, 'done');
  t.is(await readFile(join(options.outDirectory, NAME), 'utf8'), BYTES);
  await rm(join(options.outDirectory, NAME));
  t.is((await next.perform(writeEffect(), 2, signal)).kind, 'done');
  t.deepEqual(await list(options.outDirectory), []);
});

test('a file that a dead node offered from a staging folder of its own is recognised in the gateway’s folder', async (t) => {
  const options = await dtnOptions(t);
  await createDtnChannel(options, realPorts(), keptAlerts(), 'a').perform(writeEffect(), 1, signal);
  const own = { ...options, stagingDirectory: `${options.stagingDirectory}-b` };
  const alerts = keptAlerts();
  t.is((await createDtnChannel(own, realPorts(), alerts, 'b').perform(writeEffect(), 1, signal)).kind, 'done');
  t.deepEqual(await list(options.outDirectory), [NAME]);
  t.is(await readFile(join(options.outDirectory, NAME), 'utf8'), BYTES);
  t.deepEqual(alerts.raised, []);
});

test('half a file that a dead node left in staging is no part of what another one offers', async (t) => {
  const options = await dtnOptions(t);
  const staging = join(options.stagingDirectory, 'SUPX');
  await mkdir(staging, { recursive: true });
  await writeFile(join(staging, `${NAME}.a.part`), 'ZHV|half');
  await createDtnChannel(options, realPorts(), keptAlerts(), 'b').perform(writeEffect(), 1, signal);
  t.is(await readFile(join(options.outDirectory, NAME), 'utf8'), BYTES);
});

test('two nodes that both hold themselves for the owner never show the gateway anything but the whole file', async (t) => {
  const options = await dtnOptions(t);
  const body = `ZHV|${'x'.repeat(200_000)}\nZPT|…\n`;
  const channels = ['a', 'b', 'c'].map((node) => createDtnChannel(options, realPorts(), keptAlerts(), node));
  for (let file = 1; file <= 20; file++) {
    const effect = writeEffect({ fileId: String(file).padStart(10, '0'), body });
    await Promise.all(channels.map((channel) => channel.perform(effect, 1, signal)));
  }
  const names = (await list(options.outDirectory)).sort();
  t.is(names.length, 20);
  for (const name of names) t.is(await readFile(join(options.outDirectory, name), 'utf8'), body);
});

test('a node whose work was cut offers nothing and raises no alert', async (t) => {
  const options = await dtnOptions(t);
  const alerts = keptAlerts();
  const result = await createDtnChannel(options, realPorts(), alerts, 'a').perform(writeEffect(), 1, AbortSignal.abort());
  t.is(result.kind, 'retry');
  t.deepEqual(await list(options.outDirectory), []);
  t.deepEqual(alerts.raised, []);
  t.is((await createDtnChannel(options, realPorts(), alerts, 'b').perform(writeEffect(), 1, signal)).kind, 'done');
});

const ID = '0000000001';
const idOf = (n: number): string => String(n).padStart(10, '0');
const ack = (id = ID): string => `ACK|${id}|20260325101501|delivered\n`;

/** Readers of several nodes over one folder. Files of that id: one per sender; each waits until it is told. */
async function readers(t: ExecutionContext, senders: readonly string[], nodes: readonly string[]) {
  const options = await dtnOptions(t);
  await mkdir(options.receiptsDirectory, { recursive: true });
  const clock = new FakeClock(Date.now());
  const told: { key: string; receipt: DtnReceipt }[] = [];
  const failing = new Set<string>();
  const done = new Set<string>();
  const alerts = keptAlerts();
  const engine = (node: string) => ({
    store: {
      find: async (_: string, value: string) => senders.map((mpid) => `dtn-file:${mpid}:${value.slice('dtn-file:'.length)}`),
      get: async (ids: readonly string[]) => ids.map((id) => ({ key: id.split(':')[1], state: done.has(id) ? 'acknowledged' : 'waiting' })),
    },
    async command(command: Command) {
      if (failing.has(node)) throw new OverloadedError('full', 1_000);
      const receipt = command.payload as DtnReceipt;
      told.push({ key: command.key, receipt });
      await new Promise((resolve) => setImmediate(resolve));
      done.add(`dtn-file:${command.key}:${receipt.fileId}`);
      return { kind: 'applied' };
    },
  });
  const abort = new AbortController();
  t.teardown(() => abort.abort());
  const open = (node: string): Promise<ReceiptsReader> =>
    openReceiptsReader({ options, engine: engine(node) as never, ports: realPorts({ clock }), alerts, node }, abort.signal);
  const all = await Promise.all(nodes.map(open));
  const put = (name: string, text: string): Promise<void> => writeFile(join(options.receiptsDirectory, name), text);
  return { folder: options.receiptsDirectory, clock, told, failing, done, alerts, open, all, put };
}

test('readers of many nodes on one folder take each receipt once', async (t) => {
  const w = await readers(t, ['SUPX'], ['a', 'b', 'c']);
  for (let n = 1; n <= 30; n++) await w.put(`${idOf(n)}.rcp`, ack(idOf(n)));
  await Promise.all(w.all.map((reader) => reader.scan()));
  t.deepEqual(
    w.told.map(({ receipt }) => receipt.fileId).sort(),
    Array.from({ length: 30 }, (_, index) => idOf(index + 1)),
  );
  t.deepEqual(await list(w.folder), []);
  t.deepEqual(w.alerts.raised, []);
});

test('a receipt that one node tells is not told to another sender with the same id by the next node', async (t) => {
  const w = await readers(t, ['SUPX', 'SUPY'], ['a', 'b', 'c']);
  w.done.add(`dtn-file:SUPX:${ID}`);
  await w.put(`${ID}.rcp`, ack());
  await Promise.all(w.all.map((reader) => reader.scan()));
  t.deepEqual(
    w.told.map(({ key }) => key),
    ['SUPY'],
  );
  t.deepEqual(await list(w.folder), []);
});

test('a receipt that makes no sense is set aside by one of them', async (t) => {
  const w = await readers(t, ['SUPX'], ['a', 'b', 'c']);
  await w.put(`${ID}.rcp`, 'nonsense');
  w.clock.set(w.clock.now() + 60_000);
  await Promise.all(w.all.map((reader) => reader.scan()));
  t.deepEqual(await list(w.folder), ['bad']);
  t.deepEqual(w.alerts.raised, ['dtn_receipt_bad']);
});

test('a receipt that cannot be told now is told with the next scan', async (t) => {
  const w = await readers(t, ['SUPX'], ['a']);
  w.failing.add('a');
  await w.put(`${ID}.rcp`, ack());
  await w.all[0]!.scan();
  t.is((await list(w.folder)).length, 1);
  w.failing.delete('a');
  await w.all[0]!.scan();
  t.is(w.told.length, 1);
  t.deepEqual(await list(w.folder), []);
});

test('a receipt that a node had claimed when it died is taken when it is back', async (t) => {
  const w = await readers(t, ['SUPX'], []);
  await w.put(`${ID}.rcp~a`, ack());
  await w.open('b');
  t.is(w.told.length, 0);
  await w.open('a');
  t.is(w.told.length, 1);
  t.deepEqual(await list(w.folder), []);
});

test('a claim of a node that does not come back is taken over after five minutes, once', async (t) => {
  const w = await readers(t, ['SUPX'], []);
  await w.put(`${ID}.rcp~gone`, ack());
  w.clock.set(w.clock.now() + 301_000);
  await Promise.all(['a', 'b', 'c'].map((node) => w.open(node)));
  t.is(w.told.length, 1);
  t.deepEqual(await list(w.folder), []);
});
