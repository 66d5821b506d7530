/** The examples of `docs/codecs.md` do what the page says, as a reader would run them: each in a file of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { fromHex } from '../../workers/codec/index.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const page = readFileSync(join(root, 'docs/codecs.md'), 'utf8');
const examples = new Map(
  [...page.matchAll(/^## (.+)$([\s\S]*?)(?=^## |$(?![\s\S]))/gm)].flatMap(([, title = '', text = '']) => {
    const code = /```ts\n([\s\S]*?)```/.exec(text)?.[1];
    return code === undefined ? [] : [[title, code] as const];
  }),
);

const folder = mkdtempSync(join(tmpdir(), 'mw-codecs-'));
symlinkSync(join(root, 'workers'), join(folder, 'workers'));
writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

async function run(
  title: string,
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly out: string; readonly code: number | null; readonly error: string }> {
  const code = examples.get(title);
  if (code === undefined) throw new Error(`no example under ${title}`);
  const file = join(folder, `${title.replace(/\W+/g, '-')}.ts`);
  writeFileSync(file, code);
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', '--preserve-symlinks', file], { env: { ...process.env, ...env } });
  let out = '';
  let error = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    error += text;
  });
  const [exit] = (await once(child, 'close')) as [number | null];
  return { out, code: exit, error };
}

test('the page has an example for each of its subjects', (t) => {
  t.deepEqual([...examples.keys()], ['Decode a frame', 'Build an AARQ', 'Octets in any pieces', 'Read a clock over a socket', 'A profile in columns']);
});

test('a frame is decoded down to its clock, and the leniency is told', async (t) => {
  const { out, code, error } = await run('Decode a frame');
  t.is(code, 0, error);
  t.is(out, "16 34 3 [ 'trailing-octets' ]\n");
  t.true(page.includes("prints `16 34 3 [ 'trailing-octets' ]`"));
});

test('an AARQ is built and framed', async (t) => {
  const { out, code, error } = await run('Build an AARQ');
  t.is(code, 0, error);
  t.regex(out, /^7EA04[0-9A-F]0223C9/);
});

test('octets one by one become noise and a frame', async (t) => {
  const { out, code, error } = await run('Octets in any pieces');
  t.is(code, 0, error);
  t.regex(out, /noise/);
  t.regex(out, /frame SNRM/);
});

test('a clock is read over a socket', async (t) => {
  const answers = [
    '0001000100100030612EA109060760857405080101A203020100A305A103020100A703020100BE10040E0800065F1F0400401E5D04000007',
    '0001000100100012C401C100090C07EA0B150610220800000000',
  ];
  const meter = createServer((socket) => {
    socket.on('data', () => {
      const next = fromHex(answers.shift() ?? '');
      if (next) socket.write(next);
    });
  }).listen(0, '127.0.0.1');
  await once(meter, 'listening');
  const { port } = meter.address() as { port: number };
  const { out, code, error } = await run('Read a clock over a socket', { METER_PORT: String(port) });
  meter.close();
  t.is(code, 0, error);
  t.is(out, '16:34:8\n');
});

test('a profile is read by columns', async (t) => {
  const { out, code, error } = await run('A profile in columns');
  t.is(code, 0, error);
  t.is(out, '1000 3000\n');
});
