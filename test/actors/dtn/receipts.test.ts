import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { type DtnOptions, type DtnReceipt, openReceiptsReader } from '../../../actors/dtn/index.ts';
import { parseReceipt } from '../../../actors/dtn/receipt.ts';
import type { Command } from '../../../actors/engine/definition.ts';
import { OverloadedError } from '../../../actors/errors/error.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { realPorts } from '../../support/real-ports.ts';
import { dtnOptions, keptAlerts, list } from './world.ts';

/** An engine that knows some files, and keeps what it was told. */
function engineWith(files: readonly { mpid: string; fileId: string; state?: string }[]) {
  const told: { key: string; receipt: DtnReceipt }[] = [];
  const world = {
    told,
    fail: undefined as Error | undefined,
    store: {
      find: async (_: string, value: string) =>
        files.filter(({ fileId }) => value === `dtn-file:${fileId}`).map(({ mpid, fileId }) => `dtn-file:${mpid}:${fileId}`),
      get: async (ids: readonly string[]) =>
        ids.map((id) => {
          const file = files.find(({ mpid, fileId }) => id === `dtn-file:${mpid}:${fileId}`);
          return { key: file?.mpid, state: file?.state ?? 'waiting' };
        }),
    },
    async command(command: Command) {
      if (world.fail) throw world.fail;
      told.push({ key: command.key, receipt: command.payload as DtnReceipt });
      const known = files.some(({ mpid, fileId }) => mpid === command.key && fileId === (command.payload as DtnReceipt).fileId);
      return { kind: known ? 'applied' : 'missing' };
    },
  };
  return world;
}

async function reading(t: ExecutionContext, files: Parameters<typeof engineWith>[0], change: (options: DtnOptions) => Partial<DtnOptions> = () => ({})) {
  const base = await dtnOptions(t);
  const options = { ...base, ...change(base) };
  await mkdir(base.receiptsDirectory, { recursive: true });
  const clock = new FakeClock(Date.now());
  const alerts = keptAlerts();
  const engine = engineWith(files);
  const abort = new AbortController();
  const open = () => openReceiptsReader({ options, engine: engine as never, ports: realPorts({ clock }), alerts }, abort.signal);
  t.teardown(() => abort.abort());
  const put = (name: string, text: string, folder = base.receiptsDirectory) => writeFile(join(folder, name), text);
  return { options, folder: base.receiptsDirectory, clock, alerts, engine, open, put };
}

const ID = '0000000001';
const ACK = `ACK|${ID}|20260325101501|delivered\n`;

test('a receipt that lies there at the start is told and goes away', async (t) => {
  const w = await reading(t, [{ mpid: 'SUPX', fileId: ID }]);
  await w.put(`${ID}.rcp`, ACK);
  await w.open();
  t.deepEqual(w.engine.told, [{ key: 'SUPX', receipt: { fileId: ID, outcome: 'acknowledged', text: 'delivered' } }]);
  t.deepEqual(await list(w.folder), []);
});

test('the mark of the offer goes away with the receipt', async (t) => {
  const w = await reading(t, [{ mpid: 'SUPX', fileId: ID }]);
  const staging = join(w.options.stagingDirectory, 'SUPX');
  await mkdir(staging, { recursive: true });
  await writeFile(join(staging, `${ID}.offered`), '');
  await w.put(`${ID}.rcp`, ACK);
  await w.open();
  t.deepEqual(await list(staging), []);
});

test('a receipt that comes later is found by the scan', async (t) => {
  const w = await reading(t, [{ mpid: 'SUPX', fileId: ID }]);
  const reader = await w.open();
  await w.put(`${ID}.rcp`, `REJ|${ID}|20260325101501|bad header|`);
  await reader.scan();
  t.deepEqual(w.engine.told[0]?.receipt, { fileId: ID, outcome: 'refused', text: 'bad header' });
});

test('while the engine cannot take it, the receipt stays', async (t) => {
  const w = await reading(t, [{ mpid: 'SUPX', fileId: ID }]);
  w.engine.fail = new OverloadedError('full', 1_000);
  await w.put(`${ID}.rcp`, ACK);
  const reader = await w.open();
  t.deepEqual(await list(w.folder), [`${ID}.rcp`]);
  w.engine.fail = undefined;
  await reader.scan();
  t.deepEqual(await list(w.folder), []);
});

test('a receipt for a file that nobody made is set aside with an alert', async (t) => {
  const w = await reading(t, []);
  await w.put(`${ID}.rcp`, ACK);
  await w.open();
  t.deepEqual(await list(join(w.folder, 'bad')), [`${ID}.rcp`]);
  t.deepEqual(w.alerts.raised, ['dtn_receipt_unknown']);
});

test('a receipt that makes no sense is given time to be finished, then set aside', async (t) => {
  const w = await reading(t, [{ mpid: 'SUPX', fileId: ID }]);
  await w.put(`${ID}.rcp`, 'AC');
  const reader = await w.open();
  t.deepEqual(await list(w.folder), [`${ID}.rcp`]);
  const old = new Date(w.clock.now() - 10_000);
  await utimes(join(w.folder, `${ID}.rcp`), old, old);
  await reader.scan();
  t.deepEqual(await list(w.folder), ['bad']);
  t.deepEqual(w.alerts.raised, ['dtn_receipt_bad']);
});

test('of two senders with the same id in one folder, the one that waits is meant', async (t) => {
  const w = await reading(t, [
    { mpid: 'SUPX', fileId: ID, state: 'acknowledged' },
    { mpid: 'SUPY', fileId: ID },
  ]);
  await w.put(`${ID}.rcp`, ACK);
  await w.open();
  t.is(w.engine.told[0]?.key, 'SUPY');
});

test('where both wait, nobody is told and a person must look', async (t) => {
  const w = await reading(t, [
    { mpid: 'SUPX', fileId: ID },
    { mpid: 'SUPY', fileId: ID },
  ]);
  await w.put(`${ID}.rcp`, ACK);
  await w.open();
  t.deepEqual(w.engine.told, []);
  t.deepEqual(w.alerts.raised, ['dtn_receipt_unknown']);
});

test('in a folder per sender the folder says whose file it is', async (t) => {
  const w = await reading(
    t,
    [
      { mpid: 'SUPX', fileId: ID },
      { mpid: 'SUPY', fileId: ID },
    ],
    (options) => ({ receiptsDirectory: `${options.receiptsDirectory}/{mpid}` }),
  );
  await mkdir(join(w.folder, 'SUPY'));
  await w.put(`${ID}.rcp`, ACK, join(w.folder, 'SUPY'));
  await w.open();
  t.deepEqual(
    w.engine.told.map(({ key }) => key),
    ['SUPY'],
  );
});

test('the folder is looked at again and again', async (t) => {
  const w = await reading(t, []);
  const reader = await w.open();
  t.is(w.clock.pending, 1);
  await w.clock.advance(w.options.receiptScanMs);
  await reader.scan();
  await w.clock.flush();
  t.is(w.clock.pending, 1);
  await reader.stop();
  t.is(w.clock.pending, 0);
});

test('a folder that cannot be read ends the start', async (t) => {
  const w = await reading(t, [], (options) => ({ receiptsDirectory: join(options.receiptsDirectory, 'missing'), createFolders: false }));
  await t.throwsAsync(w.open(), { code: 'ENOENT' });
});

for (const [content, field] of [
  ['', 'outcome'],
  ['NAK|0000000001|20260325101501|', 'outcome'],
  ['ACK|1|20260325101501|', 'file id'],
  ['ACK|0000000002|20260325101501|', 'file id'],
  ['ACK|0000000001|today|', 'time'],
] as const) {
  test(`receipt ${JSON.stringify(content)} is refused for its ${field}`, (t) => {
    const parsed = parseReceipt(ID, content);
    t.true(parsed.kind === 'bad' && parsed.text.startsWith(`${field}: `));
  });
}

test('line ends of both kinds and separators in the text are read', (t) => {
  t.deepEqual(parseReceipt(ID, `REJ|${ID}|20260325101501|a|b\r\n`), { kind: 'receipt', receipt: { fileId: ID, outcome: 'refused', text: 'a|b' } });
});
