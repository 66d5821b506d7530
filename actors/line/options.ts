/** Settings of modem lines (section `lines`): the modems and PAKNET pads of this node, and how they are shared (meter-protocols 3.2, 3.3, 3.5). */
import Type, { type Static } from 'typebox';
import { NumberRuleProperties } from '../link/options.ts';
import { LendingOptionsSchema, lendingProblems } from './lending-options.ts';

const ms = (description: string, value: number, minimum = 0) =>
  Type.Integer({ minimum, maximum: 3_600_000, default: value, description: `${description}, milliseconds` });
const atCommand = (description: string) => Type.String({ pattern: '^[Aa][Tt][ -~]{0,120}$', description });
const NAME = '^[A-Za-z0-9_.-]{1,64}$';

/** Times and tries of a pad are others than those of a modem. */
const PadSchema = Type.Object(
  {
    parameters: Type.String({
      pattern: '^(?:SET|set)[0-9:;, ]{1,100}$',
      default: 'SET1:0;2:0;3:0;4:10;5:0;6:5',
      description: 'Command that sets the parameters of the pad before each call',
    }),
    commandTimeoutMs: ms('Longest wait for the prompt', 10_000, 1),
    commandTries: Type.Integer({ minimum: 1, maximum: 10, default: 5, description: 'How often a command is sent' }),
    callTimeoutMs: ms('Longest wait for COM', 30_000, 1),
    postConnectMs: ms('From COM to the first octet for the meter; what comes meanwhile is dropped', 200),
    clearQuietMs: ms('Silence around a CLR that ends a call', 1_000, 1),
    withoutDtr: Type.Enum(['close', 'clear'], {
      default: 'close',
      description:
        'What hangs up where the port has no DTR: the end of the connection to the terminal server, which drops DTR there, or DLE and CLR, which need parameter 1 at 1',
    }),
  },
  { additionalProperties: false, default: {}, description: 'Of a line with the dialogue x28' },
);

export const LineSchema = Type.Object(
  {
    id: Type.String({ pattern: NAME, description: 'Name of the line' }),
    group: Type.String({ pattern: NAME, default: 'default', description: 'Lines of one group stand in for each other; they have one dialogue' }),
    dialogue: Type.Enum(['at', 'x28'], {
      default: 'at',
      description: 'What the line speaks: `at` to a modem, which dials telephone numbers, `x28` to a PAKNET pad, which calls PAKNET addresses',
    }),
    x28: PadSchema,
    kind: Type.Enum(['serial', 'tcp', 'rfc2217'], { description: 'A serial port here, a terminal server with raw TCP, or one that speaks RFC 2217' }),
    path: Type.Optional(Type.String({ minLength: 1, description: 'Device of a serial port, such as /dev/ttyS0' })),
    host: Type.Optional(Type.String({ minLength: 1, description: 'Address of the terminal server' })),
    port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535, description: 'Its TCP port of this line' })),
    baud: Type.Integer({ minimum: 300, maximum: 921_600, default: 9_600, description: 'Speed between the port and the modem, bits per second' }),
    rtscts: Type.Boolean({ default: false, description: 'Hardware flow control of a serial port' }),
    uartFollowsComs: Type.Boolean({
      default: false,
      description: 'Set the port to the comsSettings of the request, AT dialogue included; otherwise the port stays 8N1 and parity is made in software',
    }),
    watchCarrier: Type.Boolean({ default: false, description: 'Take the pin DCD for the end of a call, where the port has it' }),
    carrierPollMs: ms('How often a serial port is asked for DCD', 1_000, 50),
    initCommands: Type.Array(atCommand('One command'), { maxItems: 16, default: ['ATS0=0E0V1'], description: 'Sent before each call, after ATZ' }),
    bearerCommand: Type.Optional(atCommand('Bearer of a GSM modem, such as AT+CBST=71,0,1')),
    portRate: Type.Optional(Type.Integer({ minimum: 300, maximum: 921_600, description: 'Sent as AT+IPR' })),
    dialPrefix: Type.String({ pattern: '^[0-9*#,WPTwpt]{0,16}$', default: '', description: 'In front of each number, such as `9,`' }),
    tone: Type.Boolean({ default: false, description: 'ATDT instead of ATD' }),
    connectCodes: Type.Array(Type.Integer({ minimum: 1, maximum: 99 }), { default: [1], description: 'Numeric result codes that mean CONNECT' }),
    openTimeoutMs: ms('Longest wait for the port', 10_000, 1),
    guardMs: ms('Silence before and after +++', 1_000),
    escapeMarginMs: ms('How much longer an answer to +++ is waited for', 500),
    commandTimeoutMs: ms('Longest wait for the answer to a command', 5_000, 1),
    commandTries: Type.Integer({ minimum: 1, maximum: 10, default: 3, description: 'How often a command is sent' }),
    commandPauseMs: ms('Between an answer and the next command', 100),
    dialTimeoutMs: ms('Longest wait for CONNECT', 60_000, 1),
    postConnectMs: ms('From CONNECT to the first octet for the meter; what comes meanwhile is dropped', 500),
    hangUp: Type.Enum(['escape', 'dtr'], { default: 'escape', description: 'What hangs up first: +++ and ATH, or DTR low where the port has it' }),
    dtrLowMs: ms('How long DTR is low', 1_000),
    dtrRecoveryMs: ms('After DTR is high again', 500),
    carrierQuietMs: ms('Silence around a NO CARRIER that ends a call', 300, 1),
    betweenCallsMs: ms('Rest of the line after each call', 2_000),
  },
  { additionalProperties: false },
);

export const LinesOptionsSchema = Type.Object(
  {
    modems: Type.Array(LineSchema, { default: [], maxItems: 10_000, description: 'The modem and pad lines of this node' }),
    routes: Type.Array(
      Type.Object(
        {
          numbers: Type.String({
            pattern: '^[0-9?*]{1,32}$',
            description: 'Numbers in national form, or digits of PAKNET addresses; `?` any digit, `*` any digits',
          }),
          group: Type.String({ pattern: NAME, description: 'Group that dials them: of modems, or of pads for PAKNET addresses' }),
        },
        { additionalProperties: false },
      ),
      {
        default: [],
        description: 'Which group dials which numbers; the first that fits counts, otherwise `default`, and for PAKNET addresses the group of the first pad',
      },
    ),
    failuresBeforeRest: Type.Integer({ minimum: 1, maximum: 100, default: 3, description: 'Faults of a line in a row before it rests' }),
    restMs: ms('How long a faulty line rests before it is probed', 300_000, 1),
    hangUpRetryMs: ms('How soon a line that nobody saw hang up is tried again', 30_000, 1),
    closeWaitMs: ms(
      'How long the close of a session waits until its line is on hook, less than session.deadlines.closeMs; a hang-up that takes longer goes on without it, and the line is free only afterwards',
      8_000,
    ),
    maxWaiting: Type.Integer({ minimum: 1, maximum: 100_000, default: 10_000, description: 'Sessions that may wait for a line of one group' }),
    waitTimeoutMs: ms('Longest wait for a line', 600_000, 1),
    maxUnreadOctets: Type.Integer({
      minimum: 1_024,
      maximum: 16_777_216,
      default: 65_536,
      description: 'Octets that came and were not read; beyond, the call is ended',
    }),
    maxOctetsIn: Type.Integer({
      minimum: 1_024,
      maximum: 1_073_741_824,
      default: 4_194_304,
      description: 'Octets that one call may bring; beyond, it is ended',
    }),
    lending: LendingOptionsSchema,
    ...NumberRuleProperties,
  },
  { additionalProperties: false, default: {} },
);

export type LineOptions = Static<typeof LineSchema>;
export type LinesOptions = Static<typeof LinesOptionsSchema>;

/** What the schema cannot say: ids are unique, each kind has its address, each group one dialogue, times of lending fit. One line for each breach, field first. */
export function lineProblems(options: LinesOptions): readonly string[] {
  const seen = new Set<string>();
  const dialogues = new Map<string, LineOptions['dialogue']>();
  const ofLines = options.modems.flatMap((line, index) => {
    const field = `lines.modems[${index}]`;
    const problems: string[] = [];
    if (seen.has(line.id)) problems.push(`${field}.id: must be unique, ${line.id}`);
    seen.add(line.id);
    const dialogue = dialogues.get(line.group) ?? line.dialogue;
    dialogues.set(line.group, dialogue);
    if (line.dialogue !== dialogue) problems.push(`${field}.dialogue: must be that of the other lines of group ${line.group}, ${dialogue}`);
    if (line.kind === 'serial' && line.path === undefined) problems.push(`${field}.path: a serial line must have it`);
    if (line.kind !== 'serial' && line.host === undefined) problems.push(`${field}.host: a line of kind ${line.kind} must have it`);
    if (line.kind !== 'serial' && line.port === undefined) problems.push(`${field}.port: a line of kind ${line.kind} must have it`);
    return problems;
  });
  return [...ofLines, ...lendingProblems(options.lending)];
}
