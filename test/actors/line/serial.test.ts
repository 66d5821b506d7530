import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import type { LineOptions } from '../../../actors/line/index.ts';
import type { LineSettings } from '../../../actors/link/link.ts';
import { lineOptions, startWorld, type World } from './rig.ts';
import type { Job } from './serial-child.ts';

const EIGHT: LineSettings = { dataBits: 8, parity: 'none', stopBits: 1 };
const SEVEN: LineSettings = { dataBits: 7, parity: 'even', stopBits: 1 };
const octets = (count: number): string => Buffer.from(Array.from({ length: count }, (_, code) => code)).toString('hex');

interface Ran {
  readonly came: string;
  readonly line: { readonly calls: number; readonly failures: number };
}

/** One call over a pseudo terminal. */
async function call(t: ExecutionContext, settings: LineSettings, sent: string, entry: object, line: Partial<LineOptions> = {}): Promise<Ran & World> {
  const world = await startWorld(t, { bank: { lines: [{ kind: 'pty' }] }, entry });
  const path = world.bank.lines[0]?.ptyPath ?? '';
  const job: Job = { line: lineOptions({ id: 'pty', kind: 'serial', path, ...line }), settings, octets: sent };
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--disable-warning=ExperimentalWarning',
    'test/actors/line/serial-child.ts',
    JSON.stringify(job),
  ]);
  return { ...(JSON.parse(stdout) as Ran), ...world };
}

test('over a pseudo terminal with 8N1 every octet passes both ways, and the call is hung up', async (t) => {
  const { came, line, bank } = await call(t, EIGHT, octets(256), {});
  t.is(came, octets(256));
  t.like(line, { calls: 1, failures: 0 });
  t.is(bank.calls[0]?.end, 'hung-up');
});

test('over a pseudo terminal with 7E1 made in software the far end sees good parity', async (t) => {
  const { came, meter, bank } = await call(t, SEVEN, octets(128), { farParity: 'even' });
  t.is(came, octets(128));
  // The +++ of the hang-up reaches the meter too.
  t.is(meter.received().toString('latin1').replace('+++', ''), Buffer.from(octets(128), 'hex').toString('latin1'));
  t.is(bank.calls[0]?.parityErrors, 0);
});

test('DCD and DTR, which a pseudo terminal has not, do no harm', async (t) => {
  const { line, bank } = await call(t, EIGHT, octets(16), {}, { hangUp: 'dtr', watchCarrier: true, carrierPollMs: 50 });
  t.is(line.failures, 0);
  t.is(bank.calls[0]?.end, 'hung-up');
});
