/** Settings of the DIP channel: who we are on the DIP, how we prove it, and how patient we are (appointments 2). */
import Type, { type Static } from 'typebox';

const ms = (description: string, value: number, minimum = 0) => Type.Integer({ minimum, default: value, description });
const file = (description: string) => Type.Optional(Type.String({ minLength: 1, description }));

/** One of our own market participants. */
export const OwnSupplierSchema = Type.Object(
  {
    mpid: Type.String({ pattern: '^[A-Z]{4}$', description: 'Market participant id' }),
    dipId: Type.String({ pattern: '^[0-9A-Fa-f]{10}$', description: 'Its DIP id in the role SUP, as references of messages may carry it' }),
  },
  { additionalProperties: false },
);
export type OwnSupplier = Static<typeof OwnSupplierSchema>;

export const BatchOptionsSchema = Type.Object(
  {
    maxItems: Type.Integer({ minimum: 1, maximum: 100, default: 100, description: 'Messages in one POST' }),
    maxBytes: Type.Integer({ minimum: 1_024, default: 1_048_576, description: 'Bytes in one POST; a single larger message still goes, alone' }),
    lingerMs: Type.Integer({ minimum: 0, maximum: 200, default: 10, description: 'Milliseconds a message waits for company' }),
    inFlight: Type.Integer({ minimum: 1, maximum: 64, default: 4, description: 'POSTs under way at once' }),
  },
  { additionalProperties: false, default: {} },
);

export const RetryOptionsSchema = Type.Object(
  {
    initialMs: ms('Ceiling of the first back-off, milliseconds', 2_000, 1),
    factor: Type.Number({ minimum: 1, default: 2, description: 'Growth of the ceiling per attempt' }),
    capMs: ms('Highest ceiling, milliseconds', 300_000, 1),
    jitter: Type.Union([Type.Literal('full'), Type.Literal('none')], {
      default: 'full',
      description: '`full`: uniform between 0 and the ceiling; `none`: the ceiling',
    }),
  },
  { additionalProperties: false, default: {} },
);

export const CircuitOptionsSchema = Type.Object(
  {
    failures: Type.Integer({ minimum: 1, default: 5, description: 'Failed POSTs in a row that open the circuit' }),
    openMs: ms('Pause before a probe once the circuit is open, milliseconds', 5_000, 1),
    probeItems: Type.Integer({ minimum: 1, maximum: 100, default: 2, description: 'Messages in the POST that probes a half-open circuit' }),
    holdMs: ms('Longest a message waits inside the channel while nothing may be sent; then the engine has it back, milliseconds', 30_000),
  },
  { additionalProperties: false, default: {} },
);

export const GapOptionsSchema = Type.Object(
  {
    minGapMs: ms('Silence at start from which on the market is asked to requeue, milliseconds', 15_000),
    marginMs: ms('How far before the silence the requeued window begins, milliseconds', 300_000),
    graceMs: ms('Longest that overdue fail deadlines are held for a requeue, milliseconds', 1_800_000, 1),
    pollMs: ms('Pause between two looks at the state of a requeue, milliseconds', 2_000, 1),
    parallel: Type.Integer({ minimum: 1, default: 4, description: 'Interfaces asked at once' }),
  },
  { additionalProperties: false, default: {} },
);

export const DipOptionsSchema = Type.Object(
  {
    baseUrl: Type.String({ pattern: '^https?://[^/]', description: 'Root of the DIP API; plain http only to a loopback address' }),
    environmentTag: Type.Union([Type.Literal('PRD'), Type.Literal('SITB'), Type.Literal('SIT'), Type.Literal('UIT'), Type.Literal('DEV')], {
      description: 'S1.environmentTag of everything we send',
    }),
    suppliers: Type.Array(OwnSupplierSchema, { minItems: 1, description: 'Our own participants' }),
    apiKey: Type.Optional(Type.String({ minLength: 1, description: 'X-API-Key, sent when set. Secret' })),
    signingKeyFile: Type.String({ minLength: 1, description: 'PEM file of the private key that signs (RSA)' }),
    signingCertificateFile: Type.String({ minLength: 1, description: 'PEM file of its certificate' }),
    clientCertificateFile: file('PEM file of the TLS client certificate, with its chain'),
    clientKeyFile: file('PEM file of the TLS client key'),
    caFile: file('PEM file of the authorities that the DIP must be certified by; absent: those of the system'),
    callbackBaseUrl: Type.String({ pattern: '^https?://[^/]', description: 'Our address as the DIP knows it; callbacks lie under /dip/inbound/' }),
    trustedCertificates: Type.Array(Type.String({ pattern: '^([0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}$' }), {
      default: [],
      description: 'SHA-256 thumbprints of the certificates that may sign callbacks; empty refuses all',
    }),
    checkCertificateDates: Type.Boolean({ default: true, description: 'Refuse a callback whose certificate is outside its dates' }),
    clockSkewMs: ms('Greatest distance of a callback’s signature date from our clock, milliseconds', 300_000, 1),
    interfaces: Type.Array(Type.String({ pattern: '^(IF|REP)-\\d{3}[A-B]?$' }), {
      default: ['IF-003', 'IF-032', 'IF-035', 'IF-036', 'IF-037', 'IF-045', 'IF-047'],
      description: 'Interfaces we receive: registered at start, requeued after a gap',
    }),
    register: Type.Boolean({ default: true, description: 'Register our callbacks at start' }),
    requestTimeoutMs: ms('Longest wait for an answer of the DIP, milliseconds', 30_000, 1),
    connections: Type.Integer({ minimum: 1, maximum: 256, default: 8, description: 'Connections to the DIP' }),
    maxBodyBytes: Type.Integer({ minimum: 1_024, default: 10_485_760, description: 'Largest callback body, bytes' }),
    maxItems: Type.Integer({ minimum: 1, default: 5_000, description: 'Most items in one callback' }),
    maxAnswerBytes: Type.Integer({ minimum: 1_024, default: 67_108_864, description: 'Largest answer of the DIP that is read, bytes' }),
    batch: BatchOptionsSchema,
    retry: RetryOptionsSchema,
    circuit: CircuitOptionsSchema,
    gap: GapOptionsSchema,
  },
  { additionalProperties: false },
);

export type DipOptions = Static<typeof DipOptionsSchema>;
export type BatchOptions = Static<typeof BatchOptionsSchema>;
export type RetryOptions = Static<typeof RetryOptionsSchema>;
export type CircuitOptions = Static<typeof CircuitOptionsSchema>;
export type GapOptions = Static<typeof GapOptionsSchema>;
