/**
 * A meter profile: everything that differs from one meter type to another, as data (meter-protocols 6). A new type is a new
 * profile; configuration may override any member of a known one. Every value has its certainty: where the spec says assumed,
 * the profile says so too (`mw profiles`).
 */
import Type, { type Static } from 'typebox';

const closed = { additionalProperties: false } as const;
const Obis = Type.String({ pattern: '^\\d{1,3}(\\.\\d{1,3}){5}$' });
const Milliseconds = (description: string) => Type.Integer({ minimum: 0, maximum: 600_000, description: `${description}, milliseconds` });

export const LineSettingsSchema = Type.Object(
  {
    dataBits: Type.Union([Type.Literal(7), Type.Literal(8)]),
    parity: Type.Enum(['none', 'even', 'odd', 'mark', 'space']),
    stopBits: Type.Union([Type.Literal(1), Type.Literal(2)]),
  },
  closed,
);

export const TimingSchema = Type.Object(
  {
    replyTimeoutMs: Milliseconds('How long a reply may take'),
    retries: Type.Integer({ minimum: 0, maximum: 50, description: 'How often an unanswered request is sent again; never for a write' }),
    interOctetMs: Milliseconds('Longest silence inside a frame'),
    pauseBeforeRequestMs: Milliseconds('Forced pause before each request'),
    pauseBetweenRetriesMs: Milliseconds('Pause before a request is sent again'),
  },
  closed,
);

/** How the meter's clock relates to UTC. */
export const ClockSchema = Type.Object(
  {
    baseOffsetMinutes: Type.Integer({ minimum: -840, maximum: 840, description: 'What the meter shows minus UTC; 0 = GMT' }),
    deviationSign: Type.Enum(['normal', 'inverted', 'ignore'], { description: 'DLMS only: how the deviation is read (5.7)' }),
    writeDeviation: Type.Enum(['unspecified', 'zero', 'zone'], { description: 'DLMS only: what SET carries as deviation' }),
    writeDayOfWeek: Type.Boolean({ description: 'Weekday filled in, or left unspecified' }),
    method: Type.Enum(['set', 'shift-when-small'], { description: 'DLMS only: shift_time for at most 900 s, or always SET' }),
  },
  closed,
);

export const ElsterSchema = Type.Object(
  {
    modeCharacter: Type.Enum(['1', '6'], { description: 'Y of the option select' }),
    nullPasswordFirst: Type.Boolean({ description: 'P2 of sixteen zeros before the real one (AS230)' }),
    passwordLevel: Type.Enum(['P1', 'P2'], { description: 'P1: the password as it is; P2: after the algorithm on the seed of P0' }),
    padAddressTo: Type.Integer({ minimum: 0, maximum: 32, description: 'Zeros before an address of digits, 0 = as given' }),
    wakeWithBreak: Type.Boolean({ description: 'A break before the sign-on; its answer is ignored' }),
    wakePauseMs: Milliseconds('After the break that wakes'),
    operandPauseMs: Milliseconds('Added to the reply time-out while P0 is waited for'),
    breakPauseMs: Milliseconds('After the break that ends the session'),
    refreshPasswordMs: Milliseconds('The password is sent again at the latest after this time'),
    serialLength: Type.Integer({ minimum: 1, maximum: 64, description: 'Octets of item 798 that are read' }),
  },
  closed,
);

export const DlmsSchema = Type.Object(
  {
    referencing: Type.Enum(['LN', 'SN', 'LN-then-SN']),
    client: Type.Integer({ minimum: 1, maximum: 127 }),
    serverUpper: Type.Integer({ minimum: 0, maximum: 16_383 }),
    serverLower: Type.Union([Type.Null(), Type.Integer({ minimum: 0, maximum: 16_383 })], { description: 'Null: no lower address' }),
    lowerFromSerial: Type.Boolean({ description: 'Physical address = serial mod 10000 + 1000 where none is given' }),
    addressForm: Type.Enum(['client/upper/lower', 'lower'], { description: 'How `outstationAddress` is read; a bare number is always the lower address' }),
    addressOctets: Type.Union([Type.Literal(1), Type.Literal(2), Type.Literal(4)]),
    mechanism: Type.Enum(['none', 'lls', 'hls-landis-gyr', 'hls-md5', 'hls-sha1', 'hls-gmac', 'hls-sha256'], { description: 'Log-in; `hls-gmac` needs keys' }),
    aarqForms: Type.Array(Type.Enum(['usual', 'old-conformance-tag', 'alternative-tags']), {
      minItems: 1,
      maxItems: 3,
      description: 'Tried in this order, only as 5.10 allows',
    }),
    conformance: Type.String({ pattern: '^[0-9A-F]{6}$', description: 'Proposed, LN' }),
    conformanceSn: Type.String({ pattern: '^[0-9A-F]{6}$', description: 'Proposed, SN' }),
    maxPduSize: Type.Integer({ minimum: 0, maximum: 65_535 }),
    maxInformation: Type.Integer({ minimum: 32, maximum: 2_030, description: 'HDLC information field that we propose' }),
    window: Type.Integer({ minimum: 1, maximum: 7 }),
    serial: Type.Object({ classId: Type.Integer(), obis: Obis, attribute: Type.Integer() }, closed),
    serialSn: Type.Union([Type.Null(), Type.String({ pattern: '^[0-9A-F]{4}$' })], { description: 'Variable name of the serial number, SN' }),
    serialPrefixes: Type.Array(Type.String(), { description: 'Cut off before serial numbers are compared' }),
    clockObis: Obis,
    clockBaseSn: Type.Union([Type.Null(), Type.String({ pattern: '^[0-9A-F]{4}$' })], { description: 'Null: looked up in the object list' }),
    framing: Type.Enum(['hdlc', 'wrapper', 'auto'], { description: 'On TCP' }),
    wrapperPorts: Type.Array(Type.Integer({ minimum: 1, maximum: 65_535 }), { description: 'TCP ports that mean the wrapper with `auto`' }),
    modeE: Type.Boolean({ description: 'IEC sign-on before HDLC, on serial and optical ports' }),
  },
  closed,
);

export const EdmiSchema = Type.Object(
  {
    defaultUser: Type.String({ pattern: '^[\\x21-\\x2b\\x2d-\\x7e]{1,16}$', description: 'For a password that names no user' }),
    sourceAddress: Type.Integer({ minimum: 0, maximum: 0xffff_ffff, description: 'Own address, extended frames' }),
    wake: Type.Enum(['esc', 'stx-etx', 'iec-request'], { description: 'Signal before the log-in' }),
  },
  closed,
);

export const EmliteSchema = Type.Object(
  {
    connectionPerRequest: Type.Boolean({ description: 'A new TCP connection for each request; by modem the call stays' }),
    pauseBetweenConnectionsMs: Milliseconds('Between two connections'),
    sundayIs: Type.Union([Type.Literal(0), Type.Literal(6), Type.Literal(7)], {
      description: 'Weekday octet of a Sunday on write; 6: Monday is 0, 7: Monday is 1',
    }),
  },
  closed,
);

export const CeweSchema = Type.Object(
  {
    modeCharacter: Type.String({ pattern: '^[1-9]$', description: 'Y of the option select' }),
    passwordLevel: Type.Enum(['P1', 'none'], { description: 'P1 goes out only where a password is given' }),
    operandPauseMs: Milliseconds('Added to the reply time-out while P0 is waited for'),
    breakPauseMs: Milliseconds('After the break that ends the session'),
  },
  closed,
);

/** Where a value comes from (meter-protocols 0); `ours`: a decision of our own. */
export const CERTAINTIES = ['seed', 'public', 'standard', 'assumed', 'ours'] as const;
export type Certainty = (typeof CERTAINTIES)[number];

export const METER_TYPE_PATTERN = '^[A-Z0-9_]{2,32}$';

export const MeterProfileSchema = Type.Object(
  {
    meterType: Type.String({ pattern: METER_TYPE_PATTERN }),
    title: Type.String({ description: 'The meter, for people' }),
    dialogue: Type.Enum(['elster', 'dlms', 'edmi', 'emlite', 'cewe', 'none'], { description: 'Protocol; `none`: not built' }),
    timeUpdate: Type.Boolean({ description: 'May the clock be set?' }),
    password: Type.Object(
      {
        needed: Type.Boolean({ description: 'Does the meter ask for one?' }),
        pattern: Type.Union([Type.Null(), Type.String()], { description: 'Regular expression of a good password' }),
        rule: Type.String({ description: 'The same in words, for the answer' }),
      },
      closed,
    ),
    outstation: Type.Object(
      {
        pattern: Type.String({ description: 'Regular expression of a good `outstationAddress`, empty where none is given' }),
        rule: Type.String({ description: 'The same in words, for the answer' }),
      },
      closed,
    ),
    modem: Type.Object(
      {
        bitsPerSecond: Type.Integer({ minimum: 300, maximum: 115_200 }),
        settings: LineSettingsSchema,
        stripParity: Type.Boolean({ description: 'Bit 7 is taken off what comes' }),
      },
      closed,
    ),
    tcpPort: Type.Union([Type.Null(), Type.Integer({ minimum: 1, maximum: 65_535 })], { description: 'Usual port, for people' }),
    timing: TimingSchema,
    clock: ClockSchema,
    elster: Type.Optional(ElsterSchema),
    dlms: Type.Optional(DlmsSchema),
    edmi: Type.Optional(EdmiSchema),
    emlite: Type.Optional(EmliteSchema),
    cewe: Type.Optional(CeweSchema),
    certainty: Type.Record(Type.String(), Type.Enum([...CERTAINTIES]), { description: 'Per member path, `dlms.client` …; a group stands for its members' }),
  },
  closed,
);

export type MeterProfile = Static<typeof MeterProfileSchema>;
export type LineSettingsOption = Static<typeof LineSettingsSchema>;
export type TimingOption = Static<typeof TimingSchema>;
