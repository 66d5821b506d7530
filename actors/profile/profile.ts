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
    passwordLevel: Type.Enum(['P1', 'P2']),
    padAddressTo: Type.Integer({ minimum: 0, maximum: 32, description: 'Zeros before an address of digits, 0 = as given' }),
    wakeWithBreak: Type.Boolean(),
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
    defaultUser: Type.String({ maxLength: 16 }),
    sourceAddress: Type.Integer({ minimum: 0, maximum: 0xffff_ffff }),
    wake: Type.Enum(['esc', 'stx-etx', 'iec-request']),
  },
  closed,
);

export const EmliteSchema = Type.Object(
  {
    connectionPerRequest: Type.Boolean(),
    pauseBetweenConnectionsMs: Milliseconds('Between two connections'),
    sundayIs: Type.Integer({ minimum: 0, maximum: 7, description: 'Weekday octet of a Sunday on write' }),
  },
  closed,
);

export const CeweSchema = Type.Object({ modeCharacter: Type.String({ minLength: 1, maxLength: 1 }), passwordLevel: Type.Enum(['P1', 'none']) }, closed);

export const MeterProfileSchema = Type.Object(
  {
    meterType: Type.String({ pattern: '^[A-Z0-9_]{2,32}$' }),
    title: Type.String(),
    dialogue: Type.Enum(['elster', 'dlms', 'edmi', 'emlite', 'cewe', 'none']),
    timeUpdate: Type.Boolean({ description: 'May the clock be set?' }),
    password: Type.Object(
      {
        needed: Type.Boolean(),
        pattern: Type.Union([Type.Null(), Type.String()], { description: 'Regular expression of a good password' }),
        rule: Type.String({ description: 'The same in words, for the answer' }),
      },
      closed,
    ),
    outstation: Type.Object({ pattern: Type.String(), rule: Type.String() }, closed),
    modem: Type.Object({ bitsPerSecond: Type.Integer({ minimum: 300, maximum: 115_200 }), settings: LineSettingsSchema, stripParity: Type.Boolean() }, closed),
    tcpPort: Type.Union([Type.Null(), Type.Integer({ minimum: 1, maximum: 65_535 })], { description: 'Usual port, for people' }),
    timing: TimingSchema,
    clock: ClockSchema,
    elster: Type.Optional(ElsterSchema),
    dlms: Type.Optional(DlmsSchema),
    edmi: Type.Optional(EdmiSchema),
    emlite: Type.Optional(EmliteSchema),
    cewe: Type.Optional(CeweSchema),
    certainty: Type.Record(Type.String(), Type.Enum(['seed', 'public', 'standard', 'assumed', 'ours']), { description: 'Per member path, `dlms.client` …' }),
  },
  closed,
);

export type MeterProfile = Static<typeof MeterProfileSchema>;
export type LineSettingsOption = Static<typeof LineSettingsSchema>;
export type TimingOption = Static<typeof TimingSchema>;
