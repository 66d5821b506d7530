/** Options of the simulated modem bank. */
import Type, { type Static } from 'typebox';
import { Compile } from 'typebox/compile';
import { Default } from 'typebox/value';

const ms = (description: string, value: number) => Type.Integer({ minimum: 0, default: value, description: `${description}, milliseconds` });
const rate = (description: string) => Type.Number({ minimum: 0, maximum: 1, default: 0, description: `${description}, 0 to 1` });

export const SimLineSchema = Type.Object(
  {
    kind: Type.Enum(['tcp', 'pty'], { description: 'A TCP port, as behind a terminal server, or a pseudo terminal' }),
    dialogue: Type.Enum(['at', 'x28'], { default: 'at', description: 'A modem, or a PAKNET pad, whose numbers are addresses' }),
    port: Type.Integer({ minimum: 0, maximum: 65_535, default: 0, description: 'TCP port; 0 takes any free one' }),
    link: Type.Optional(Type.String({ minLength: 1, description: 'Symbolic link to the pseudo terminal, which has another name at each start' })),
    echo: Type.Boolean({ default: true, description: 'Of a modem: echo commands until ATE0' }),
    verbose: Type.Boolean({ default: true, description: 'Of a modem: words until ATV0, else numbers' }),
    keepsCall: Type.Boolean({ default: false, description: 'The call survives the end of the TCP connection' }),
    deaf: Type.Boolean({ default: false, description: 'Never answers' }),
  },
  { additionalProperties: false },
);

export const SimNumberSchema = Type.Object(
  {
    host: Type.String({ default: '127.0.0.1', description: 'Where the simulated meter listens' }),
    port: Type.Integer({ minimum: 0, maximum: 65_535, default: 0, description: 'Its TCP port; 0: there is none, nobody answers' }),
    farParity: Type.Enum(['none', 'even'], { default: 'none', description: 'even: the meter is 7E1, its modem adds the parity bit and checks ours' }),
    fault: Type.Optional(
      Type.Enum(['busy', 'no-carrier', 'no-answer', 'no-dialtone', 'silent'], { description: 'What becomes of every dial; silent: no result at all' }),
    ),
    connectMs: Type.Optional(Type.Integer({ minimum: 0, description: 'From dialling to the result, milliseconds' })),
    rate: Type.Integer({ minimum: 0, default: 9_600, description: 'Told behind CONNECT; 0: CONNECT alone' }),
    dropAfterOctets: Type.Optional(Type.Integer({ minimum: 1, description: 'Octets, both ways together, after which the call drops' })),
    dropAfterMs: Type.Optional(Type.Integer({ minimum: 0, description: 'After CONNECT, milliseconds' })),
  },
  { additionalProperties: false },
);

export const SimFaultsSchema = Type.Object(
  {
    busy: rate('Dials that end in BUSY'),
    noCarrier: rate('Dials that end in NO CARRIER'),
    noAnswer: rate('Dials that end in NO ANSWER'),
    noDialtone: rate('Dials that end in NO DIALTONE'),
    drop: rate('Calls that drop'),
    dropWithinOctets: Type.Integer({ minimum: 1, default: 200, description: 'Within how many octets they do' }),
    slow: rate('Dials that take `slowMs`'),
    slowMs: ms('How long those take', 20_000),
  },
  { additionalProperties: false, default: {} },
);

export const ModemBankOptionsSchema = Type.Object(
  {
    host: Type.String({ default: '127.0.0.1', description: 'Address to listen on' }),
    lines: Type.Array(SimLineSchema, { minItems: 1, description: 'The modems' }),
    numbers: Type.Record(Type.String({ pattern: '^[0-9]{1,20}$' }), SimNumberSchema, { default: {}, description: 'The directory: what answers which number' }),
    numbersFile: Type.Optional(Type.String({ description: 'More of them, a JSON file of the same form' })),
    callsFile: Type.Optional(Type.String({ description: 'Each call is appended here when it has ended, one JSON line each' })),
    guardMs: ms('Silence around +++', 1_000),
    connectMs: ms('From dialling to the result', 200),
    carrierLossMs: ms('From the loss of the carrier to NO CARRIER, register S10 of a modem', 1_400),
    faults: SimFaultsSchema,
    seed: Type.Integer({ default: 1, description: 'The same seed, the same faults' }),
  },
  { additionalProperties: false },
);

export type SimLine = Static<typeof SimLineSchema>;
export type SimNumber = Static<typeof SimNumberSchema>;
export type SimFaults = Static<typeof SimFaultsSchema>;
export type ModemBankOptions = Static<typeof ModemBankOptionsSchema>;

/** What may be left out. */
export interface ModemBankInput extends Partial<Omit<ModemBankOptions, 'lines' | 'numbers' | 'faults'>> {
  readonly lines: readonly (Partial<SimLine> & Pick<SimLine, 'kind'>)[];
  readonly numbers?: Readonly<Record<string, Partial<SimNumber>>>;
  readonly faults?: Partial<SimFaults>;
}

const validator = Compile(ModemBankOptionsSchema);

/** @throws TypeError field first, then the rule */
export function completeOptions(input: unknown): ModemBankOptions {
  const completed = Default(ModemBankOptionsSchema, structuredClone(input));
  completeNumbers(completed);
  if (validator.Check(completed)) return completed;
  const [error] = validator.Errors(completed);
  throw new TypeError(`modems${error?.instancePath ?? ''}: ${error?.message ?? 'is not valid'}`);
}

/** Defaults are not put into the entries of a record by the library. */
function completeNumbers(options: unknown): void {
  const numbers = (options as { readonly numbers?: unknown } | null)?.numbers;
  if (typeof numbers !== 'object' || numbers === null) return;
  for (const [number, entry] of Object.entries(numbers)) Object.assign(numbers, { [number]: Default(SimNumberSchema, entry) });
}
