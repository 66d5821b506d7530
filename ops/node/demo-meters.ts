/**
 * The demo's ten simulated meters and its modem bank: what they are, where they are, and what the configuration must say to reach them.
 *
 *   engine ─ TCP ──────────────────────────────────────────► meter
 *   engine ─ TCP or pseudo terminal ─► modem ─ call (TCP) ─► meter
 */
import { randomInt } from 'node:crypto';
import { join, resolve } from 'node:path';
import { type Child, type RunFile, readJson, startChild, writeWhole } from '../process/index.ts';
import { completeFleetOptions, type ListedMeter, planMeters } from '../sim/meters/fleet.ts';
import type { MeterSpec } from '../sim/meters/options.ts';
import { isDlms } from '../sim/meters/types.ts';
import type { ModemBankInput } from '../sim/modems/index.ts';
import { freeBlock, isBlockFree } from './free-ports.ts';

/** Every type that has a simulated meter; `telephone` ones are reached by a call. */
const FLEET = [
  ['ELSTERA1700', 'telephone'],
  ['ELSTERA1140', 'tcp'],
  ['ELSTERAS230', 'tcp'],
  ['EDMIATLAS', 'tcp'],
  ['EMLITECOP10', 'tcp'],
  ['ISKRA_MX37X', 'tcp'],
  ['LG_DLMS', 'telephone'],
  ['CEWEPRO100', 'tcp'],
  ['CEWEPRO', 'tcp'],
  ['ELSTERA1700', 'tcp'],
] as const;

const HOST = '127.0.0.1';
/** Ofcom keeps these numbers free for drama. */
const FIRST_NUMBER = 7_700_900_001;
const TCP_MODEMS = 2;
const PTY_MODEMS = 2;
/** Ports in a row: the meters, the farm's control interface, the modems. */
const CONTROL_AT = FLEET.length;
const MODEMS_AT = CONTROL_AT + 1;
const PORTS = MODEMS_AT + TCP_MODEMS;
/** A demo is watched: its modems need not be escaped from as slowly as real ones. */
const BANK_GUARD_MS = 200;
const LINE_PACE = { guardMs: 300, commandPauseMs: 20, postConnectMs: 100, betweenCallsMs: 200 } as const;
/** Clocks are off by more than is left alone, and by less than half an hour. */
const OFF_BY = { least: 30, most: 300 } as const;
const READY_MS = 60_000;

const program = (name: string): string => join(import.meta.dirname, '..', 'sim', name, 'main.ts');

/** What the demo remembers between starts, so that addresses, serial numbers and passwords stay. */
interface Kept {
  readonly firstPort: number;
  readonly seed: number;
}

export interface MeterDemo {
  readonly folder: string;
  readonly firstPort: number;
  readonly meters: readonly MeterSpec[];
  /** As a request names them. */
  readonly listed: readonly ListedMeter[];
  /** Where `listed` is kept, mode 600: passwords are in it. */
  readonly metersFile: string;
  /** Control interface of the meters. */
  readonly controlUrl: string;
}

/** The demo's meters, as they were at the start before; other ports only when somebody else has taken one of theirs. */
export async function planMeterDemo(dataDir: string): Promise<MeterDemo> {
  const folder = resolve(dataDir, 'sim');
  const file = join(folder, 'meters-plan.json');
  const kept = readJson(file) as Kept | undefined;
  const known = typeof kept?.firstPort === 'number' && typeof kept.seed === 'number' ? kept : undefined;
  const firstPort = known && (await isBlockFree(known.firstPort, PORTS)) ? known.firstPort : await freeBlock(PORTS);
  const plan: Kept = { firstPort, seed: known?.seed ?? randomInt(2 ** 31) };
  writeWhole(file, `${JSON.stringify(plan)}\n`);
  const demo = meterDemo(folder, plan);
  writeWhole(demo.metersFile, `${JSON.stringify(demo.listed, null, 2)}\n`);
  return demo;
}

/** Stands for the meters before anything is known of them. */
export const unknownMeters = (): MeterDemo => meterDemo('unknown', { firstPort: 1, seed: 1 });

function meterDemo(folder: string, { firstPort, seed }: Kept): MeterDemo {
  const types = FLEET.map(([type]) => type);
  const planned = planMeters(completeFleetOptions({ count: types.length, types, seed, offsetMostSeconds: OFF_BY.most - OFF_BY.least }));
  const meters = planned.map((spec, index): MeterSpec => {
    const { offsetSeconds = 0, ...clock } = spec.clock ?? {};
    const off = offsetSeconds < 0 ? offsetSeconds - OFF_BY.least : offsetSeconds + OFF_BY.least;
    const framing = isCalled(index) && isDlms(spec.meterType) ? { framing: 'hdlc' as const } : {};
    return { ...spec, ...framing, port: firstPort + index, clock: { ...clock, offsetSeconds: off } };
  });
  return {
    folder,
    firstPort,
    meters,
    listed: meters.map(listMeter),
    metersFile: join(folder, 'meters.json'),
    controlUrl: `http://${HOST}:${firstPort + CONTROL_AT}`,
  };
}

const isCalled = (index: number): boolean => FLEET[index]?.[1] === 'telephone';
const numberOf = (index: number): string => `0${FIRST_NUMBER + index}`;

function listMeter({ meterType, port, outstationAddress, serialNumber, password }: MeterSpec, index: number): ListedMeter {
  return {
    meterType,
    remoteAddress: isCalled(index) ? numberOf(index) : `${HOST}:${port}`,
    ...(outstationAddress === undefined ? {} : { outstationAddress }),
    serialNumber,
    ...(password === undefined ? {} : { password }),
  };
}

/** The lines of the bank, where the meters may be reached, and no wait for interval boundaries: settlement is not at stake here. */
export function meterPresets({ folder, firstPort }: MeterDemo): Record<string, unknown> {
  const tcp = Array.from({ length: TCP_MODEMS }, (_, index) => ({ kind: 'tcp', host: HOST, port: firstPort + MODEMS_AT + index }));
  const pty = Array.from({ length: PTY_MODEMS }, (_, index) => ({ kind: 'serial', path: ptyLink(folder, index) }));
  return {
    links: { tcp: { allow: [`${HOST}/32 ${firstPort}-${firstPort + FLEET.length - 1}`] } },
    lines: { modems: [...tcp, ...pty].map((line, index) => ({ id: `demo-${index + 1}`, ...line, ...LINE_PACE })) },
    session: { guards: { boundary: { withinSeconds: 0 } } },
  };
}

const ptyLink = (folder: string, index: number): string => join(folder, `modem-${index + 1}`);

/** What answers at the bank. */
function bankOf({ folder, firstPort, meters }: MeterDemo): ModemBankInput {
  const called = meters.flatMap(({ port }, index) => (isCalled(index) && port !== undefined ? [[numberOf(index), { port }] as const] : []));
  return {
    host: HOST,
    lines: [
      ...Array.from({ length: TCP_MODEMS }, (_, index) => ({ kind: 'tcp' as const, port: firstPort + MODEMS_AT + index })),
      ...Array.from({ length: PTY_MODEMS }, (_, index) => ({ kind: 'pty' as const, link: ptyLink(folder, index) })),
    ],
    numbers: Object.fromEntries(called),
    guardMs: BANK_GUARD_MS,
  };
}

/**
 * Starts meters and bank, each a process of its own that ends with its pipe.
 * @throws MeterwrightError `child_failed`; neither then runs
 */
export async function startMeterDemo(demo: MeterDemo, runFile: RunFile, onLine: (line: string) => void): Promise<readonly Child[]> {
  const { folder, meters, firstPort } = demo;
  const start = (name: string, options: object): Promise<Child> => {
    const file = join(folder, `${name}-options.json`);
    writeWhole(file, `${JSON.stringify(options)}\n`);
    return startChild({ name: `sim-${name}`, program: program(name), args: ['--config', file], readyTimeoutMs: READY_MS, onLine }, runFile);
  };
  const began = await Promise.allSettled([start('meters', { host: HOST, controlPort: firstPort + CONTROL_AT, meters }), start('modems', bankOf(demo))]);
  const children = began.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const failed = began.find((one) => one.status === 'rejected');
  if (failed === undefined) return children;
  await Promise.all(children.map((child) => child.stop(0)));
  throw failed.reason;
}
