/** Thousands of simulated meters in one process. */
import type { Clock } from '../../../actors/engine/ports.ts';
import { MeterControl } from './control.ts';
import type { Faults } from './faults.ts';
import { type MeterStats, SimMeter } from './meter.ts';
import { OpticalPort } from './optical-port.ts';
import { checkMeterSpec, completeFarmOptions, type FarmOptions, type MeterSpec } from './options.ts';
import { MeterPort } from './port.ts';
import { Journal, type WriteRecord } from './records.ts';
import { isDlms, isIec } from './types.ts';
import { WALL_CLOCK } from './wall-clock.ts';
import { Wheel } from './wheel.ts';

/** A meter as it can be called. */
export interface FarmMeter {
  readonly index: number;
  readonly meterType: string;
  readonly serialNumber: string;
  readonly password?: string;
  readonly outstationAddress?: string;
  readonly host: string;
  readonly port: number;
  /** Of the optical head, where it has one. */
  readonly ptyPath?: string;
}

/** What happened at an optical head. */
export interface OpticalStats {
  /** Pieces that came or went while meter and reader had different speeds. */
  readonly misheard: number;
  /** How the meter was set, one after the other: `9600 8N1`. */
  readonly changes: readonly string[];
}

export interface MeterFarm {
  readonly meters: readonly FarmMeter[];
  /** `http://127.0.0.1:port`; null without control interface. */
  readonly controlUrl: string | null;
  /** Records of writes, oldest first. @param after skips so many of all there were */
  records(after?: number): readonly WriteRecord[];
  /** Replaces the faults of one meter, or of all. */
  setFaults(faults: Faults, index?: number): void;
  /** Sets the meter's own clock, seconds ahead of wall time. */
  setOffset(index: number, offsetSeconds: number): void;
  /** Meter minus wall, seconds. */
  offset(index: number): number;
  stats(index: number): MeterStats;
  /** Undefined where the meter has no optical head. */
  optical(index: number): OpticalStats | undefined;
  /** Cuts the open connections of one meter's line, or of all; gives how many there were. */
  cut(index?: number): number;
  stop(): Promise<void>;
}

export interface FarmPorts {
  readonly clock: Clock;
}

/** Ports that are opened at once. */
const BATCH = 100;

/** @throws Error that names field and rule, or the port that could not be opened */
export async function startMeters(given: Partial<FarmOptions>, specs: readonly MeterSpec[], ports: FarmPorts = { clock: WALL_CLOCK }): Promise<MeterFarm> {
  const options = completeFarmOptions(given);
  const { clock } = ports;
  const journal = new Journal(options.maxRecords, options.recordsFile);
  const wheel = new Wheel(clock);
  const meters = specs.map((spec, index) => new SimMeter(index, checked(spec, index), spec.seed ?? options.seed + index, clock, journal));
  let connections = 0;
  const nextConnection = (): number => {
    connections += 1;
    return connections;
  };
  const lines = linesOf(meters, options).map((line) => new MeterPort(line, clock, wheel, nextConnection));
  const lineOf = new Map<SimMeter, MeterPort>(lines.flatMap((line) => line.meters.map((meter) => [meter, line] as const)));
  const portOf = new Map<MeterPort, number>();
  const heads = new Map<SimMeter, OpticalPort>();

  const closeAll = async (): Promise<void> => {
    wheel.stop();
    await Promise.all([...lines, ...heads.values()].map((line) => line.stop()));
    await journal.close();
  };
  try {
    for (let from = 0; from < lines.length; from += BATCH) {
      const batch = lines.slice(from, from + BATCH).map(async (line, at) => {
        const wanted = line.meters[0]?.spec.port ?? (options.portFrom === 0 ? 0 : options.portFrom + from + at);
        portOf.set(line, await line.listen(options.host, wanted));
      });
      await Promise.all(batch);
    }
    for (const meter of meters) if (meter.spec.optical === true) heads.set(meter, new OpticalPort(meter, clock, wheel, nextConnection()));
  } catch (error) {
    await closeAll();
    throw error;
  }

  const described = meters.map((meter): FarmMeter => {
    const { meterType, serialNumber, password, outstationAddress } = meter.spec;
    const line = lineOf.get(meter);
    const head = heads.get(meter);
    return {
      index: meter.index,
      meterType,
      serialNumber,
      ...(password === undefined ? {} : { password }),
      ...(outstationAddress === undefined ? {} : { outstationAddress }),
      host: options.host,
      port: (line === undefined ? undefined : portOf.get(line)) ?? 0,
      ...(head === undefined ? {} : { ptyPath: head.ptyPath }),
    };
  });
  const of = (index: number): SimMeter => {
    const meter = meters[index];
    if (meter === undefined) throw new Error(`meter: from 0 to ${meters.length - 1}, not ${index}`);
    return meter;
  };
  const farm: Omit<MeterFarm, 'controlUrl' | 'stop'> = {
    meters: described,
    records: (after) => journal.list(after),
    setFaults: (faults, index) => {
      for (const meter of index === undefined ? meters : [of(index)]) meter.faults.set(faults);
    },
    setOffset: (index, offsetSeconds) => of(index).clock.set(clock.now() + offsetSeconds * 1000),
    offset: (index) => of(index).clock.offsetSeconds,
    stats: (index) => of(index).stats,
    optical: (index) => heads.get(of(index)),
    cut: (index) => (index === undefined ? lines : [lineOf.get(of(index))]).reduce((sum, line) => sum + (line?.cut() ?? 0), 0),
  };
  const control = options.controlPort === null ? null : new MeterControl(farm, () => journal.total);
  const controlUrl = control === null || options.controlPort === null ? null : await control.start(options.controlPort);
  return {
    ...farm,
    controlUrl,
    stop: async () => {
      await control?.stop();
      await closeAll();
    },
  };
}

/** What the schema cannot say. */
function checked(given: MeterSpec, index: number): MeterSpec {
  const spec = checkMeterSpec(given, index);
  if (spec.optical === true && !isDlms(spec.meterType) && !isIec(spec.meterType)) throw new Error(`meters[${index}].optical: not of ${spec.meterType}`);
  if (spec.framing !== undefined && !isDlms(spec.meterType)) throw new Error(`meters[${index}].framing: only of DLMS meters, not ${spec.meterType}`);
  if (spec.parity === 'even' && !isIec(spec.meterType)) throw new Error(`meters[${index}].parity: only of IEC 62056-21 meters, not ${spec.meterType}`);
  if (spec.meterType.startsWith('ELSTER') && !/^[\x20-\x7e]{8}$/.test(spec.password ?? ''))
    throw new Error(`meters[${index}].password: exactly 8 printable ASCII characters for ${spec.meterType}`);
  return spec;
}

/** Meters by line, in the order in which they come. */
function linesOf(meters: readonly SimMeter[], options: FarmOptions): readonly (readonly SimMeter[])[] {
  const lines = new Map<string, SimMeter[]>();
  for (const meter of meters) {
    const name = meter.spec.line === undefined ? `#${meter.index}` : `=${meter.spec.line}`;
    const line = lines.get(name);
    if (line === undefined) lines.set(name, [meter]);
    else line.push(meter);
  }
  for (const [name, { length }] of lines) {
    if (length > options.maxMetersOnLine) throw new Error(`line ${name.slice(1)}: at most ${options.maxMetersOnLine} meters, not ${length}`);
  }
  return [...lines.values()];
}
