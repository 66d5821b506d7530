/** Settings of the front door (interfaces, section 4). */
import Type, { type Static } from 'typebox';

export const HttpOptionsSchema = Type.Object(
  {
    host: Type.String({ minLength: 1, default: '127.0.0.1', description: 'Address that HTTPS listens on' }),
    port: Type.Integer({ minimum: 0, maximum: 65_535, default: 8443, description: 'HTTPS port; 0 takes any free one' }),
    httpPort: Type.Union([Type.Integer({ minimum: 0, maximum: 65_535 }), Type.Literal('auto'), Type.Literal('off')], {
      default: 8080,
      description: 'Plain HTTP, on loopback only: a port, `auto` for any free one, `off` for none',
    }),
    tls: Type.Optional(
      Type.Object(
        {
          certFile: Type.String({ minLength: 1, description: 'PEM file of the certificate, with its chain' }),
          keyFile: Type.String({ minLength: 1, description: 'PEM file of its key' }),
          caFile: Type.Optional(Type.String({ minLength: 1, description: 'PEM file of the authority that clients of this machine may trust' })),
        },
        { additionalProperties: false, description: 'Certificate of HTTPS; absent: one of our own, made at start' },
      ),
    ),
    hosts: Type.Array(Type.String({ minLength: 1, maxLength: 253 }), {
      default: [],
      description: 'Further names that the Host header may carry, beside loopback names, the names of the certificate and the bound address',
    }),
    maxHeaderBytes: Type.Integer({
      minimum: 4_096,
      maximum: 65_536,
      default: 16_384,
      description: 'Most bytes of one request head; beyond, 431. Read once per process, before the first listener',
    }),
    maxBodyBytes: Type.Integer({ minimum: 1_024, default: 65_536, description: "Most bytes of a supplier's or operator's request body; beyond, 413" }),
    maxDipBodyBytes: Type.Integer({ minimum: 65_536, default: 16_777_216, description: "Most bytes of one of the DIP's callbacks; beyond, 413" }),
    maxImportBytes: Type.Integer({ minimum: 1_048_576, default: 4_294_967_296, description: 'Most bytes of one import; it is never held in memory whole' }),
    maxConnections: Type.Integer({ minimum: 16, default: 20_000, description: 'Open connections; beyond, new ones are closed at once' }),
    maxInFlight: Type.Integer({ minimum: 1, default: 10_000, description: 'Requests in hand at once; beyond, 503 with Retry-After' }),
    maxBufferedBytes: Type.Integer({
      minimum: 1_048_576,
      default: 67_108_864,
      description: 'Bytes of request bodies in memory at once; beyond, 503 with Retry-After',
    }),
    bodyTimeoutMs: Type.Integer({ minimum: 100, default: 10_000, description: 'How long a body may take to arrive; beyond, 408 and the connection is closed' }),
    handlerTimeoutMs: Type.Integer({
      minimum: 100,
      default: 30_000,
      description: 'How long an answer may take; beyond, 503 (what was asked may still be done)',
    }),
    streamTimeoutMs: Type.Integer({
      minimum: 100,
      default: 60_000,
      description: 'How long a streamed answer or import may stand still before the connection is closed',
    }),
    closeTimeoutMs: Type.Integer({ minimum: 0, default: 10_000, description: 'How long a stop waits for what is in hand' }),
    retryAfterSeconds: Type.Integer({ minimum: 1, default: 1, description: 'What a caller is told to wait when a bound of the front door is reached' }),
    ratePerSecond: Type.Number({ exclusiveMinimum: 0, default: 50, description: 'Requests per second of one API key that has no rate of its own' }),
    rateBurst: Type.Number({ minimum: 1, default: 200, description: 'Requests that such a key may make at once after a pause' }),
    failedAuthPerSecond: Type.Number({
      exclusiveMinimum: 0,
      default: 2,
      description: 'Failed authentications per second of one source address that are answered 401; beyond, 429',
    }),
    failedAuthBurst: Type.Number({ minimum: 1, default: 100, description: 'Failed authentications of one source address at once after a pause' }),
    failedAuthSources: Type.Integer({ minimum: 16, default: 10_000, description: 'Source addresses whose failures are remembered' }),
    unpaginatedMaxRows: Type.Integer({ minimum: 1, default: 10_000, description: 'Most rows of an answer without `page`; beyond, it is refused' }),
    idempotencyWaitMs: Type.Integer({ minimum: 0, default: 5_000, description: 'How long a second call under one idempotency key waits for the first' }),
  },
  { additionalProperties: false },
);

export type HttpOptions = Static<typeof HttpOptionsSchema>;
