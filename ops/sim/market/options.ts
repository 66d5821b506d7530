/** Options of the market simulator. */
import Type, { type Static } from 'typebox';
import { Compile } from 'typebox/compile';
import { Default } from 'typebox/value';
import { RuleSchema } from './rules.ts';

export const SimOptionsSchema = Type.Object(
  {
    dataDir: Type.String({ description: 'Folder for keys, certificates, journal, registered callbacks and rules. Created when missing.' }),
    host: Type.String({ default: '127.0.0.1', description: 'Address to listen on.' }),
    port: Type.Integer({ minimum: 0, maximum: 65_535, default: 0, description: 'Port of the DIP; 0 takes any free one.' }),
    controlPort: Type.Integer({
      minimum: 0,
      maximum: 65_535,
      default: 0,
      description: 'Port of the control interface, always on loopback; 0 takes any free one.',
    }),
    tls: Type.Boolean({ default: true, description: 'HTTPS with a certificate made at the first start. Without it the host must be a loopback address.' }),
    requireClientCertificate: Type.Boolean({ default: false, description: 'Answer 403 to clients that show no certificate (HTTPS only).' }),
    clientThumbprints: Type.Array(Type.String(), {
      default: [],
      description: 'Client certificates that are let in, SHA-256 of DER in hex; empty lets any in.',
    }),
    publicUrl: Type.Optional(Type.String({ description: 'URL that clients sign, when it is not scheme://Host of the request.' })),
    apiKey: Type.Optional(Type.String({ description: 'X-API-Key that every request must carry.' })),
    trustedThumbprints: Type.Array(Type.String(), { default: [], description: 'Signing certificates that are trusted, SHA-256 of DER in hex.' }),
    trustFirst: Type.Boolean({ default: false, description: 'Trust the first signing certificate that is seen, and keep to it, when none is named.' }),
    clockSkewMs: Type.Integer({
      minimum: 0,
      default: 300_000,
      description: 'Greatest age or lead of a signature date in milliseconds; 0 turns the check off.',
    }),
    callbackBaseUrl: Type.Optional(
      Type.String({ description: 'Where callbacks go that nobody registered: this URL, then /dip/inbound/{interface} or /dip/inbound/status.' }),
    ),
    callbackCaFile: Type.Optional(
      Type.String({ description: 'Certificate authority of the callback server, PEM. Read when first needed, and again after a TLS failure.' }),
    ),
    seedMpans: Type.Integer({ minimum: 0, default: 1000, description: 'Number of seeded meter points.' }),
    seed: Type.String({ default: 'meterwright', description: 'Seed of every choice by probability.' }),
    unknownMpans: Type.Union([Type.Literal('accept'), Type.Literal('reject')], {
      default: 'accept',
      description: 'A meter point that is not seeded but has a right check digit.',
    }),
    checkDates: Type.Boolean({ default: true, description: 'REGS rejects dates too far ahead or past (REG1099, REG1024).' }),
    checkScenarios: Type.Boolean({
      default: false,
      description: 'REGS applies the rules that depend on who is appointed (REG1025, REG1026, REG9007, REG9009).',
    }),
    initialMs: Type.Integer({ minimum: 0, default: 200, description: 'IF-032 after acceptance, milliseconds.' }),
    outcomeMs: Type.Integer({ minimum: 0, default: 600, description: 'IF-035 after acceptance, milliseconds.' }),
    activeMs: Type.Integer({ minimum: 0, default: 1000, description: 'IF-036 after acceptance, milliseconds.' }),
    respectEffectiveDate: Type.Boolean({ default: false, description: 'IF-036 waits for 00:20 London on the effective date.' }),
    rules: Type.Array(RuleSchema, { default: [], description: 'Rules in force from the start; the first that fits decides.' }),
    maxBatch: Type.Integer({ minimum: 1, maximum: 1000, default: 100, description: 'Messages in one callback.' }),
    lingerMs: Type.Integer({ minimum: 0, default: 10, description: 'How long a callback waits for more messages, milliseconds.' }),
    maxInFlight: Type.Integer({ minimum: 1, default: 4, description: 'Callbacks on their way at once per interface and recipient.' }),
    callbackTimeoutMs: Type.Integer({ minimum: 1, default: 30_000, description: 'Longest wait for the answer to a callback, milliseconds.' }),
    retryBaseMs: Type.Integer({ minimum: 1, default: 500, description: 'First pause before a callback is tried again, milliseconds; doubles each time.' }),
    retryCapMs: Type.Integer({ minimum: 1, default: 15_000, description: 'Longest such pause, milliseconds.' }),
    retryAttempts: Type.Integer({
      minimum: 1,
      default: 20,
      description: 'Attempts before a message counts as RetriesExhausted and waits for a requeue or replay.',
    }),
    maxBodyBytes: Type.Integer({ minimum: 1024, default: 10_485_760, description: 'Largest request body in bytes; above it 413.' }),
    maxItems: Type.Integer({ minimum: 1, default: 1000, description: 'Most messages in a request; above it 413.' }),
    replayPage: Type.Integer({ minimum: 1, default: 100, description: 'Messages in one page of a replay.' }),
    retainFlows: Type.Integer({ minimum: 0, default: 20_000, description: 'Finished appointments kept for replay, requeue and delivery status.' }),
    compactBytes: Type.Integer({ minimum: 0, default: 67_108_864, description: 'A journal larger than this is shortened at the start, bytes.' }),
    dtn: Type.Optional(
      Type.Object(
        {
          outDirectory: Type.String({ description: 'Folder from which the gateway takes files.' }),
          receiptsDirectory: Type.String({ description: 'Folder into which it writes receipts.' }),
          receiptDelayMs: Type.Integer({ minimum: 0, default: 200, description: 'From taking a file to its receipt, milliseconds.' }),
          pollMs: Type.Integer({ minimum: 10, default: 500, description: 'How often the folder is looked at when nothing announces a change, milliseconds.' }),
        },
        { additionalProperties: false, description: 'Legacy gateway; absent: none.' },
      ),
    ),
  },
  { additionalProperties: false },
);
export type SimOptions = Static<typeof SimOptionsSchema>;

const checker = Compile(SimOptionsSchema);
const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);

/** Completes options with their defaults. Throws an error that names field and rule. */
export function completeSimOptions(given: unknown): SimOptions {
  const options = Default(SimOptionsSchema, structuredClone(given));
  if (!checker.Check(options)) {
    const [first] = checker.Errors(options);
    throw new Error(`market simulator options${first?.instancePath.replaceAll('/', '.') ?? ''}: ${first?.message ?? 'do not fit'}`);
  }
  if (!options.tls && !LOOPBACK.has(options.host)) throw new Error(`market simulator options.tls: plain HTTP is for loopback only, host is ${options.host}`);
  return options;
}
