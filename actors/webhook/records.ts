/** What is stored of a supplier's webhook: a document without a machine under the routing key `directory`. */
import Type, { type Static } from 'typebox';
import type { ActorId } from '../../machines/common/effects.ts';
import type { ActorDoc } from '../store/store.ts';

export const WEBHOOK_KIND = 'webhook';
export const WEBHOOK_CHANNEL = 'webhook';

const MAX_URL = 2_048;
const MAX_TEXT = 300;

export const MpidSchema = Type.String({ pattern: '^[A-Z]{4}$' });
/** As it is written; what else must hold of it says `checkAddress`. */
export const WebhookUrlSchema = Type.String({ minLength: 1, maxLength: MAX_URL, pattern: '^[\\u0021-\\u007e]+$' });

const Instant = Type.Union([Type.Number(), Type.Null()]);

const SealedSecretSchema = Type.Object(
  {
    sealed: Type.String({ minLength: 1, maxLength: 1_000 }),
    since: Type.Number(),
    /** It signs until then; null: it is the one in force. */
    until: Instant,
  },
  { additionalProperties: false },
);
export type SealedSecret = Static<typeof SealedSecretSchema>;

export const WebhookStates = ['on', 'off', 'failed'] as const;

export const WebhookRecordSchema = Type.Object(
  {
    mpid: MpidSchema,
    url: WebhookUrlSchema,
    /** `failed`: turned off by the engine, see `reason`. */
    state: Type.Enum([...WebhookStates]),
    reason: Type.Union([Type.Literal('gone'), Type.Literal('given_up'), Type.Null()]),
    /** The one in force first; during a rotation the one of before behind it. */
    secrets: Type.Array(SealedSecretSchema, { minItems: 1, maxItems: 2 }),
    /** When it was last set or turned off; what is found out about an older one counts for nothing. */
    since: Type.Number(),
    changedBy: Type.String({ maxLength: 100 }),
    lastSuccess: Instant,
    lastFailure: Type.Union([Type.Object({ at: Type.Number(), text: Type.String({ maxLength: MAX_TEXT }) }, { additionalProperties: false }), Type.Null()]),
  },
  { additionalProperties: false },
);
export type WebhookRecord = Static<typeof WebhookRecordSchema>;

export const webhookActor = (mpid: string): ActorId => `${WEBHOOK_KIND}:${mpid}`;

export const recordOf = (doc: ActorDoc | undefined): WebhookRecord | undefined => (doc?.kind === WEBHOOK_KIND ? (doc.snapshot as WebhookRecord) : undefined);

/** Secrets that sign now, the one in force first. */
export const secretsInForce = ({ secrets }: WebhookRecord, now: number): readonly SealedSecret[] =>
  secrets.filter(({ until }) => until === null || until > now);

/** What is kept of a failure's text. */
export const shortText = (text: string): string => text.slice(0, MAX_TEXT);
