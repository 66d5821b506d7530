/** Options of simulated meters and of the process that holds them. */
import Type, { type Static } from 'typebox';
import { Compile } from 'typebox/compile';
import { Default } from 'typebox/value';
import { FaultsSchema } from './faults.ts';

const closed = { additionalProperties: false } as const;
const hex = (octets: number, description: string) => Type.Optional(Type.String({ pattern: `^[0-9A-Fa-f]{${octets * 2}}$`, description }));
const Port = Type.Integer({ minimum: 0, maximum: 65_535 });

/** The types that have a simulated meter. */
export const SIM_METER_TYPES = [
  'ELSTERA1700',
  'ELSTERA1140',
  'ELSTERAS230',
  'EDMIATLAS',
  'EMLITECOP10',
  'ISKRA_MX37X',
  'LG_DLMS',
  'CEWEPRO100',
  'CEWEPRO',
] as const;
export type SimMeterType = (typeof SIM_METER_TYPES)[number];

export const ClockOptionsSchema = Type.Object(
  {
    driftPpm: Type.Optional(Type.Number({ minimum: -100_000, maximum: 100_000, description: 'Gains so many millionths; default 0.' })),
    offsetSeconds: Type.Optional(Type.Number({ description: 'Ahead of wall time at the start, seconds; default 0.' })),
    stepAt: Type.Optional(
      Type.Object({ at: Type.String({ description: 'Instant, ISO 8601.' }), seconds: Type.Number() }, { ...closed, description: 'Jumps at an instant.' }),
    ),
    zone: Type.Optional(
      Type.Union([Type.Literal('London'), Type.Integer({ minimum: -840, maximum: 840 })], {
        description: 'What it shows: London time with summer time, or so many minutes ahead of UTC. Default 0.',
      }),
    ),
  },
  closed,
);
export type ClockOptions = Static<typeof ClockOptionsSchema>;

export const DlmsOptionsSchema = Type.Object(
  {
    referencing: Type.Optional(Type.Enum(['LN', 'SN'])),
    client: Type.Optional(Type.Integer({ minimum: 1, maximum: 127, description: 'The client that may do everything.' })),
    serverUpper: Type.Optional(Type.Integer({ minimum: 1, maximum: 16_383, description: 'Logical device, and wPort of the wrapper.' })),
    serverLower: Type.Optional(Type.Integer({ minimum: 0, maximum: 16_383, description: 'Physical address.' })),
    addressOctets: Type.Optional(Type.Union([Type.Literal(1), Type.Literal(2), Type.Literal(4)])),
    mechanism: Type.Optional(Type.Integer({ minimum: 0, maximum: 6, description: '0 none, 1 LLS, 2 Landis+Gyr, 3 MD5, 4 SHA-1, 5 GMAC, 6 SHA-256.' })),
    encryptionKey: hex(16, 'With it and the next, associations must be ciphered.'),
    authenticationKey: hex(16, 'Authentication key.'),
    systemTitle: hex(8, 'Default: three letters of the maker and five octets out of the serial number.'),
    securityControl: Type.Optional(
      Type.Union([Type.Literal(0), Type.Literal(16), Type.Literal(32), Type.Literal(48)], {
        description: 'Least protection that is taken where there are keys; default 48.',
      }),
    ),
    clientCounter: Type.Optional(Type.Integer({ minimum: 0, maximum: 0xffff_ffff, description: 'Last invocation counter seen of the client; default 0.' })),
    maxPduSize: Type.Optional(Type.Integer({ minimum: 64, maximum: 65_535, description: 'Octets of an APDU that the meter takes and sends; default 1024.' })),
    maxInformation: Type.Optional(Type.Integer({ minimum: 32, maximum: 2030, description: 'Octets in an HDLC frame; default 128.' })),
    deviation: Type.Optional(Type.Enum(['normal', 'inverted', 'unspecified'], { description: 'How the deviation of the clock is given.' })),
    hundredths: Type.Optional(Type.Enum(['zero', 'filled', 'unspecified'])),
    clockBase: Type.Optional(Type.Integer({ minimum: 8, maximum: 0xfff8, multipleOf: 8, description: 'Short name of the clock; default 2BC0.' })),
    modeE: Type.Optional(Type.Boolean({ description: 'HDLC begins with a sign-on of mode E, as on an optical or serial port; default false.' })),
    inactivityMs: Type.Optional(Type.Integer({ minimum: 100, description: 'Silence after which the link is given up, milliseconds; default 120000.' })),
  },
  { ...closed, description: 'DLMS types: what differs from the defaults of the type.' },
);
export type DlmsOptions = Static<typeof DlmsOptionsSchema>;

export const ElsterOptionsSchema = Type.Object(
  {
    modeCharacter: Type.Optional(Type.String({ pattern: '^[0-9]$', description: 'Y of the option select that starts programming.' })),
    nullPasswordFirst: Type.Optional(Type.Boolean({ description: 'P2 of zeros before the real one.' })),
    loginSeed: hex(8, 'The same seed in every P0; default a new one each time.'),
    passwordLastsMs: Type.Optional(Type.Integer({ minimum: 0, description: 'After so long without P2 the answer is ERR5, milliseconds; default 270000.' })),
  },
  { ...closed, description: 'Elster types: what differs from the defaults of the type.' },
);
export type ElsterOptions = Static<typeof ElsterOptionsSchema>;

export const MeterSpecSchema = Type.Object(
  {
    meterType: Type.Enum(SIM_METER_TYPES),
    serialNumber: Type.String({ minLength: 1, maxLength: 16 }),
    password: Type.Optional(Type.String({ maxLength: 64 })),
    outstationAddress: Type.Optional(Type.String({ maxLength: 32 })),
    framing: Type.Optional(Type.Enum(['hdlc', 'wrapper'], { description: 'DLMS types; default as the type has it on TCP.' })),
    parity: Type.Optional(
      Type.Enum(['none', 'even'], { description: 'IEC 62056-21 types: even parity in bit 7, put on what is sent and demanded of what comes. Default none.' }),
    ),
    port: Type.Optional(Type.Integer({ ...Port, description: 'TCP port; 0 any free one. Default: from `portFrom` on.' })),
    optical: Type.Optional(
      Type.Boolean({ description: 'An optical head besides the TCP port: a pseudo terminal that begins at 300 baud, DLMS types by mode E. Default false.' }),
    ),
    line: Type.Optional(Type.String({ description: 'Meters of one line share one port (multi-drop).' })),
    seed: Type.Optional(Type.Integer()),
    clock: Type.Optional(ClockOptionsSchema),
    faults: Type.Optional(FaultsSchema),
    dlms: Type.Optional(DlmsOptionsSchema),
    elster: Type.Optional(ElsterOptionsSchema),
  },
  closed,
);
export type MeterSpec = Static<typeof MeterSpecSchema>;

export const FarmOptionsSchema = Type.Object(
  {
    host: Type.String({ default: '127.0.0.1', description: 'Address to listen on.' }),
    portFrom: Type.Integer({ minimum: 0, maximum: 65_535, default: 0, description: 'First TCP port, one for each line; 0 takes any free ones.' }),
    controlPort: Type.Union([Type.Null(), Port], { default: 0, description: 'Control interface, always on loopback; 0 any free port, null none.' }),
    seed: Type.Integer({ default: 1, description: 'Seed of meters that have none of their own.' }),
    recordsFile: Type.Optional(Type.String({ description: 'Records of writes are added to this file, one JSON object a line.' })),
    maxRecords: Type.Integer({ minimum: 1, default: 1_000_000, description: 'Records kept in memory; the oldest go first.' }),
    maxMetersOnLine: Type.Integer({ minimum: 1, default: 64, description: 'Meters that may share one line.' }),
  },
  closed,
);
export type FarmOptions = Static<typeof FarmOptionsSchema>;

const farm = Compile(FarmOptionsSchema);
const spec = Compile(MeterSpecSchema);

const fault = (name: string, errors: readonly { readonly instancePath: string; readonly message: string }[]): Error =>
  new Error(`${name}${errors[0]?.instancePath.replaceAll('/', '.') ?? ''}: ${errors[0]?.message ?? 'does not fit'}`);

/** Completes options with their defaults. Throws an error that names field and rule. */
export function completeFarmOptions(given: unknown): FarmOptions {
  const options = Default(FarmOptionsSchema, structuredClone(given));
  if (!farm.Check(options)) throw fault('meter simulator options', [...farm.Errors(options)]);
  return options;
}

/** Throws an error that names the meter, field and rule. */
export function checkMeterSpec(given: unknown, index: number): MeterSpec {
  if (!spec.Check(given)) throw fault(`meters[${index}]`, [...spec.Errors(given)]);
  return given;
}
