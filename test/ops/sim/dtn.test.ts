import { existsSync, mkdirSync, watch } from 'node:fs';
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { DtnGateway } from '../../../ops/sim/market/dtn.ts';
import { parseDtnFile } from '../../../ops/sim/market/dtn-file.ts';

const SAMPLE = `ZHV|0000104711|D0151001|X|SUPX|M|LMOP|20260325101500||||OPER|
297|2000056535971|20240401|CA||
298|20260329|
ZPT|0000104711|2||1|20260325101500|
`;
const NAME = 'D0151_LMOP_0000104711.usr';

const withId = (id: string, text = SAMPLE): string => text.replaceAll('0000104711', id);

class Folder {
  readonly root: string;
  readonly out: string;
  readonly receipts: string;
  gateway: DtnGateway;

  constructor(root: string) {
    this.root = root;
    this.out = join(root, 'out');
    this.receipts = join(root, 'receipts');
    mkdirSync(this.out);
    mkdirSync(this.receipts);
    this.gateway = this.start();
  }

  start(): DtnGateway {
    this.gateway = new DtnGateway({ outDirectory: this.out, receiptsDirectory: this.receipts, receiptDelayMs: 0, pollMs: 10 }, join(this.root, 'store'));
    this.gateway.start();
    return this.gateway;
  }

  async put(name: string, text: string): Promise<void> {
    await writeFile(join(this.root, name), text);
    await rename(join(this.root, name), join(this.out, name));
  }

  async receipt(id: string): Promise<string> {
    const file = join(this.receipts, `${id}.rcp`);
    await new Promise<void>((resolve) => {
      const watcher = watch(this.receipts, () => look());
      const look = (): void => {
        if (!existsSync(file)) return;
        watcher.close();
        resolve();
      };
      look();
    });
    return readFile(file, 'utf8');
  }
}

function dtnTest(title: string, run: (t: ExecutionContext, folder: Folder) => Promise<void>): void {
  test(title, async (t) => {
    const folder = new Folder(await mkdtemp(join(tmpdir(), 'mw-dtn-')));
    try {
      await run(t, folder);
    } finally {
      folder.gateway.stop();
      await rm(folder.root, { recursive: true, force: true });
    }
  });
}

dtnTest('a good file is taken away, receipted and its line counted', async (t, folder) => {
  await folder.put(NAME, SAMPLE);
  t.regex(await folder.receipt('0000104711'), /^ACK\|0000104711\|\d{14}\|delivered\n$/);
  t.false(existsSync(join(folder.out, NAME)));
  t.deepEqual(folder.gateway.view().lines, [
    { fileId: '0000104711', sender: 'SUPX', recipient: 'LMOP', mpan: '2000056535971', reason: 'CA', effectiveTo: '20260329', times: 1 },
  ]);
});

dtnTest('the same file again is receipted again and counted once', async (t, folder) => {
  await folder.put(NAME, SAMPLE);
  await folder.receipt('0000104711');
  await rm(join(folder.receipts, '0000104711.rcp'));
  await folder.put(NAME, SAMPLE);
  t.regex(await folder.receipt('0000104711'), /^ACK/);
  const view = folder.gateway.view();
  t.is(view.lines[0]?.times, 1);
  t.is(view.files, 1);
});

dtnTest('an id with other bytes is a conflict', async (t, folder) => {
  await folder.put(NAME, SAMPLE);
  await folder.receipt('0000104711');
  await rm(join(folder.receipts, '0000104711.rcp'));
  await folder.put(NAME, SAMPLE.replace('20260329', '20260328'));
  await folder.receipt('0000104711');
  t.deepEqual(folder.gateway.view().conflicts, ['SUPX_0000104711']);
});

dtnTest('a line that comes in two files is counted twice', async (t, folder) => {
  await folder.put(NAME, SAMPLE);
  await folder.put('D0151_LMOP_0000104712.usr', withId('0000104712'));
  await folder.receipt('0000104712');
  await folder.receipt('0000104711');
  t.is(folder.gateway.view().repeated, 1);
});

dtnTest('what was taken is known after a restart', async (t, folder) => {
  await folder.put(NAME, SAMPLE);
  await folder.receipt('0000104711');
  folder.gateway.stop();
  folder.start();
  t.is(folder.gateway.view().lines.length, 1);
});

dtnTest('a file can be refused on demand, and its lines do not count', async (t, folder) => {
  folder.gateway.setMood({ refuse: 1, text: 'bad recipient' });
  await folder.put(NAME, SAMPLE);
  t.regex(await folder.receipt('0000104711'), /^REJ\|0000104711\|\d{14}\|bad recipient\n$/);
  await folder.put('D0151_LMOP_0000104712.usr', withId('0000104712'));
  t.regex(await folder.receipt('0000104712'), /^ACK/);
  t.is(folder.gateway.view().lines[0]?.times, 1);
});

dtnTest('test files are receipted and not counted', async (t, folder) => {
  await folder.put(NAME, SAMPLE.replace('OPER', 'TR01'));
  t.regex(await folder.receipt('0000104711'), /^ACK/);
  t.is(folder.gateway.view().lines.length, 0);
});

dtnTest('a wrong file is refused by rule', async (t, folder) => {
  await folder.put(NAME, SAMPLE.replace('|2||1|', '|3||1|'));
  t.regex(await folder.receipt('0000104711'), /^REJ\|0000104711\|\d{14}\|ZPT count: says 3, there are 2 lines\n$/);
});

test('the sample of the specification is read, with LF and CR LF', (t) => {
  t.true(parseDtnFile(NAME, SAMPLE).ok);
  t.true(parseDtnFile(NAME, SAMPLE.replaceAll('\n', '\r\n')).ok);
});

const WRONG: [string, string, RegExp][] = [
  ['a name of another form', 'x', /^name/],
  ['an id that is not in the name', SAMPLE.replace('ZHV|0000104711', 'ZHV|0000104712'), /ZHV file id/],
  ['a recipient that is not in the name', SAMPLE.replace('LMOP', 'XMOP'), /ZHV to MPID/],
  ['a trailer of another file', SAMPLE.replace('ZPT|0000104711', 'ZPT|0000104710'), /ZPT file id/],
  ['a wrong flow count', SAMPLE.replace('|2||1|', '|2||2|'), /ZPT flow count/],
  ['an MPAN of 12 digits', SAMPLE.replace('2000056535971', '200005653597'), /line 2: MPAN/],
  ['an unknown reason', SAMPLE.replace('|CA|', '|ZZ|'), /line 2: reason/],
  ['a missing group 298', SAMPLE.replace('298|20260329|\n', '').replace('|2||1|', '|1||1|'), /line 3/],
  ['a bad flag', SAMPLE.replace('OPER', 'LIVE'), /test flag/],
  ['a line without its end', SAMPLE.replace('298|20260329|', '298|20260329'), /line 3: must end/],
  ['a character outside ASCII', SAMPLE.replace('CA||', 'CA|é|'), /line 2: only printable/],
  ['no last line end', SAMPLE.trimEnd(), /no line end/],
  ['nothing', '', /empty/],
];
for (const [title, text, rule] of WRONG) {
  test(`a file with ${title} is refused`, (t) => {
    const parsed = parseDtnFile(title.startsWith('a name') ? 'odd.usr' : NAME, text);
    t.regex(parsed.ok ? '' : parsed.rule, rule);
  });
}
