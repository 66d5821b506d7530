/** Fleets of simulated meters out of a seed: serial numbers, passwords, clocks that are off; and the files that tell others of them. */
import Type, { type Static } from 'typebox';
import { Compile } from 'typebox/compile';
import { Default } from 'typebox/value';
import type { FarmMeter } from './farm.ts';
import { FaultsSchema } from './faults.ts';
import { ClockOptionsSchema, type MeterSpec, SIM_METER_TYPES, type SimMeterType } from './options.ts';
import { SeededRandom } from './random.ts';
import { isDlms, isIec } from './types.ts';

export const FleetOptionsSchema = Type.Object(
  {
    count: Type.Integer({ minimum: 1, maximum: 60_000, default: 9, description: 'Meters.' }),
    types: Type.Array(Type.Enum(SIM_METER_TYPES), { minItems: 1, default: [...SIM_METER_TYPES], description: 'Their types, in turn.' }),
    seed: Type.Integer({ default: 1, description: 'Seed of everything that is made up.' }),
    metersPerLine: Type.Integer({
      minimum: 1,
      maximum: 60,
      default: 1,
      description: 'Meters of a type that share a port (multi-drop); CEWEPRO100 never does.',
    }),
    offsetMostSeconds: Type.Integer({ minimum: 0, default: 120, description: 'Clocks are off by up to so much, either way.' }),
    driftMostPpm: Type.Integer({ minimum: 0, maximum: 100_000, default: 20, description: 'And drift by up to so many millionths.' }),
    clock: Type.Optional(ClockOptionsSchema),
    faults: Type.Optional(FaultsSchema),
    framing: Type.Optional(Type.Enum(['hdlc', 'wrapper'], { description: 'Of all DLMS meters; default as the type has it, HDLC with `numbersFrom`.' })),
    parity: Type.Enum(['none', 'even'], { default: 'none', description: 'Of all IEC 62056-21 meters.' }),
    numbersFrom: Type.Optional(
      Type.String({ pattern: '^[0-9]{3,15}$', description: 'Remote addresses are telephone numbers from this one on, one for each line.' }),
    ),
  },
  { additionalProperties: false },
);
export type FleetOptions = Static<typeof FleetOptionsSchema>;

const checker = Compile(FleetOptionsSchema);

/** Throws an error that names field and rule. */
export function completeFleetOptions(given: unknown): FleetOptions {
  const options = Default(FleetOptionsSchema, structuredClone(given));
  if (checker.Check(options)) return options;
  const [first] = checker.Errors(options);
  throw new Error(`fleet${first?.instancePath.replaceAll('/', '.') ?? ''}: ${first?.message ?? 'does not fit'}`);
}

/** The meters of a fleet; the same options give the same meters. */
export function planMeters(options: FleetOptions): readonly MeterSpec[] {
  const places = new Map<SimMeterType, number>();
  return Array.from({ length: options.count }, (_, index) => {
    const meterType = options.types[index % options.types.length] ?? 'ELSTERA1700';
    const place = places.get(meterType) ?? 0;
    places.set(meterType, place + 1);
    return planOne(options, meterType, index, place);
  });
}

/** @param place how many of the type came before */
function planOne(options: FleetOptions, meterType: SimMeterType, index: number, place: number): MeterSpec {
  const random = new SeededRandom(options.seed, `${meterType} ${index}`);
  const shares = options.metersPerLine > 1 && meterType !== 'CEWEPRO100';
  const around = (most: number): number => random.below(2 * most + 1) - most;
  const identity = identityOf(meterType, index, random);
  const address = shares ? addressOnLine(meterType, place % options.metersPerLine, identity.serialNumber) : identity.outstationAddress;
  const framing = options.framing ?? (options.numbersFrom === undefined ? undefined : 'hdlc');
  return {
    meterType,
    serialNumber: identity.serialNumber,
    ...(identity.password === undefined ? {} : { password: identity.password }),
    ...(address === undefined ? {} : { outstationAddress: address }),
    ...(shares ? { line: `${meterType}-${Math.floor(place / options.metersPerLine)}` } : {}),
    ...(framing === undefined || !isDlms(meterType) ? {} : { framing }),
    ...(options.parity === 'even' && isIec(meterType) ? { parity: 'even' as const } : {}),
    seed: random.below(0x7fff_ffff),
    clock: options.clock ?? { offsetSeconds: around(options.offsetMostSeconds), driftPpm: around(options.driftMostPpm) },
    ...(options.faults === undefined ? {} : { faults: options.faults }),
  };
}

interface Identity {
  readonly serialNumber: string;
  readonly password?: string;
  readonly outstationAddress?: string;
}

function identityOf(meterType: SimMeterType, index: number, random: SeededRandom): Identity {
  const number = String(index + 1).padStart(6, '0');
  switch (meterType) {
    case 'EDMIATLAS':
      return { serialNumber: `21${number}`, password: `EDMI,${random.digits(8)}` };
    case 'EMLITECOP10':
      return { serialNumber: `EML21${number}`, outstationAddress: `21${number}` };
    case 'CEWEPRO':
      return { serialNumber: `W${number}`, password: random.digits(4), outstationAddress: `W${number}` };
    case 'LG_DLMS':
      return { serialNumber: `95${number}`, password: random.digits(7) };
    case 'ISKRA_MX37X':
      return { serialNumber: `36${number}`, password: random.digits(8) };
    case 'CEWEPRO100':
      return { serialNumber: `50${number}`, password: random.digits(8) };
    default:
      return { serialNumber: `E10K${number}`, password: random.digits(8) };
  }
}

/** What tells meters of one line apart. */
function addressOnLine(meterType: SimMeterType, at: number, serialNumber: string): string {
  switch (meterType) {
    case 'EDMIATLAS':
      return serialNumber;
    case 'EMLITECOP10':
      return serialNumber.replace(/\D/g, '');
    case 'CEWEPRO':
      return serialNumber;
    case 'ISKRA_MX37X':
      // By the wrapper the logical device is all that differs.
      return `100/${at + 1}/17`;
    case 'LG_DLMS':
      return String(1000 + at);
    default:
      return String(at + 1).padStart(3, '0');
  }
}

/** A meter as `metersFile` lists it: what a request to the engine needs. */
export interface ListedMeter {
  readonly meterType: string;
  readonly remoteAddress: string;
  readonly outstationAddress?: string;
  readonly serialNumber: string;
  readonly password?: string;
}

/** What answers a telephone number: the form in which the modem bank takes it. */
export type Directory = Readonly<Record<string, { readonly host: string; readonly port: number }>>;

/** @param numbersFrom telephone numbers in place of host and port, one for each port in the order of the meters */
export function listMeters(meters: readonly FarmMeter[], numbersFrom?: string): { readonly listed: readonly ListedMeter[]; readonly directory: Directory } {
  const numbers = new Map<string, string>();
  const directory: Record<string, { host: string; port: number }> = {};
  const listed = meters.map(({ meterType, host, port, serialNumber, password, outstationAddress }): ListedMeter => {
    const address = `${host}:${port}`;
    let remoteAddress = address;
    if (numbersFrom !== undefined) {
      remoteAddress = numbers.get(address) ?? String(BigInt(numbersFrom) + BigInt(numbers.size)).padStart(numbersFrom.length, '0');
      numbers.set(address, remoteAddress);
      directory[remoteAddress] = { host, port };
    }
    return {
      meterType,
      remoteAddress,
      ...(outstationAddress === undefined ? {} : { outstationAddress }),
      serialNumber,
      ...(password === undefined ? {} : { password }),
    };
  });
  return { listed, directory };
}
