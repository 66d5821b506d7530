/**
 * Simulated meters and modems in the test's own process: they outlive every engine that the test kills, and the test can ask them what
 * they saw.
 */
import type { ExecutionContext } from 'ava';
import { type MeterFarm, startMeters } from '../../../ops/sim/meters/index.ts';
import type { MeterSpec } from '../../../ops/sim/meters/options.ts';
import { type ModemBank, type SimNumber, startModemBank } from '../../../ops/sim/modems/index.ts';
import { BRISK } from './installation.ts';

/** How a meter is reached: directly, or by a call over a modem at a terminal server or at a pseudo terminal. */
export type Way = 'tcp' | 'terminal' | 'pty';

export interface Placed {
  readonly spec: MeterSpec;
  readonly way: Way;
  /** Its side of the call is 7E1. */
  readonly even?: boolean;
}

export interface MeterField {
  readonly farm: MeterFarm;
  /** Undefined where no meter is called. */
  readonly bank: ModemBank | undefined;
  /** The request's members for each meter, in their order. */
  readonly bodies: readonly Readonly<Record<string, string>>[];
  /** The configuration's sections that let an engine reach them. */
  readonly settings: Readonly<Record<string, unknown>>;
}

export interface FieldOptions {
  readonly placed: readonly Placed[];
  /** Modems of each kind that is used. */
  readonly modems?: number;
  readonly settings?: Readonly<Record<string, unknown>>;
}

const HOST = '127.0.0.1';
const GUARD_MS = 60;
const PACE = { guardMs: 3 * GUARD_MS, commandPauseMs: 5, postConnectMs: 50, betweenCallsMs: 50 };
const FIRST = { terminal: 7_700_900_100, pty: 7_700_900_500 } as const;

export async function startMeterField(
  t: Pick<ExecutionContext, 'teardown'> | undefined,
  options: FieldOptions,
): Promise<MeterField & { stop(): Promise<void> }> {
  const { placed, modems = 1 } = options;
  const farm = await startMeters(
    { controlPort: null },
    placed.map(({ spec }) => spec),
  );
  const called = placed.flatMap(({ way, even }, index) =>
    way === 'tcp' ? [] : [[numberOf(way, index), { port: farm.meters[index]?.port ?? 0, farParity: even ? 'even' : 'none' }] as const],
  );
  const kinds = (['terminal', 'pty'] as const).filter((way) => placed.some((one) => one.way === way));
  const bank = kinds.length === 0 ? undefined : await bankOf(kinds, modems, Object.fromEntries(called));
  const stop = async (): Promise<void> => {
    await bank?.stop();
    await farm.stop();
  };
  t?.teardown(stop);
  const ports = farm.meters.map(({ port }) => port);
  return {
    farm,
    bank,
    bodies: placed.map(({ spec, way, even }, index) => ({
      meterType: spec.meterType,
      remoteAddress: way === 'tcp' ? `${HOST}:${ports[index]}` : numberOf(way, index),
      serialNumber: spec.serialNumber,
      ...(spec.password === undefined ? {} : { password: spec.password }),
      ...(spec.outstationAddress === undefined ? {} : { outstationAddress: spec.outstationAddress }),
      ...(even ? { comsSettings: '7E1' } : {}),
    })),
    settings: {
      ...BRISK,
      links: { tcp: { allow: [`${HOST}/32 ${Math.min(...ports)}-${Math.max(...ports)}`] } },
      lines: bank === undefined ? {} : linesOf(bank, kinds, modems),
      session: { guards: { boundary: { withinSeconds: 0 } } },
      ...options.settings,
    },
    stop,
  };
}

const numberOf = (way: 'terminal' | 'pty', index: number): string => `0${FIRST[way] + index}`;

function bankOf(kinds: readonly ('terminal' | 'pty')[], modems: number, numbers: Readonly<Record<string, Partial<SimNumber>>>): Promise<ModemBank> {
  const lines = kinds.flatMap((kind) => Array.from({ length: modems }, () => ({ kind: kind === 'pty' ? ('pty' as const) : ('tcp' as const) })));
  return startModemBank({ lines, numbers, guardMs: GUARD_MS, connectMs: 20 });
}

function linesOf(bank: ModemBank, kinds: readonly ('terminal' | 'pty')[], modems: number): object {
  return {
    modems: bank.lines.map(({ tcpPort, ptyPath }, index) => ({
      id: `line-${index + 1}`,
      group: kinds[Math.floor(index / modems)],
      ...(ptyPath === undefined ? { kind: 'tcp', host: HOST, port: tcpPort } : { kind: 'serial', path: ptyPath }),
      ...PACE,
    })),
    routes: [
      { numbers: `0${String(FIRST.terminal).slice(0, -2)}??`, group: 'terminal' },
      { numbers: `0${String(FIRST.pty).slice(0, -2)}??`, group: 'pty' },
    ],
  };
}
