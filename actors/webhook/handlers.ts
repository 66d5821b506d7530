/** Commands on webhooks; all under the routing key `directory`. Secrets come here sealed. */
import Type, { type Static, type TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import type { Handler, Turn } from '../engine/definition.ts';
import { RefusedError } from '../errors/error.ts';
import { MpidSchema, recordOf, secretsInForce, shortText, WEBHOOK_KIND, type WebhookRecord, WebhookUrlSchema, webhookActor } from './records.ts';

const closed = { additionalProperties: false } as const;
const Name = Type.String({ maxLength: 100 });
const Sealed = Type.String({ minLength: 1, maxLength: 1_000 });

const SetPayload = Type.Object(
  {
    mpid: MpidSchema,
    by: Name,
    /** Absent: the one there is. */
    url: Type.Optional(WebhookUrlSchema),
    /** A new secret; taken only where there is none, or with `rotate`. */
    sealed: Sealed,
    rotate: Type.Boolean(),
    rotationMs: Type.Integer({ minimum: 0 }),
  },
  closed,
);
const OffPayload = Type.Object({ mpid: MpidSchema, by: Name }, closed);
/** What deliveries to the webhook of that `since` have found out. */
const FoundPayload = Type.Object(
  {
    mpid: MpidSchema,
    since: Type.Number(),
    success: Type.Optional(Type.Number()),
    failure: Type.Optional(Type.Object({ at: Type.Number(), text: Type.String() }, closed)),
    /** Turn it off. */
    off: Type.Optional(Type.Union([Type.Literal('gone'), Type.Literal('given_up')])),
  },
  closed,
);

export type SetWebhook = Static<typeof SetPayload>;
export type WebhookFound = Static<typeof FoundPayload>;
export interface WebhookSet {
  readonly record: WebhookRecord;
  /** The secret that came with the command is the one in force now. */
  readonly secretTaken: boolean;
}

const checkSet = checker(SetPayload);
const checkOff = checker(OffPayload);
const checkFound = checker(FoundPayload);

/** `webhook.set`, `webhook.off`, `webhook.found`. Those that change one that is not there are refused with `no_such_webhook`. */
export const webhookHandlers: Readonly<Record<'webhook.set' | 'webhook.off' | 'webhook.found', Handler>> = {
  'webhook.set': async (turn, payload): Promise<WebhookSet> => {
    const { mpid, by, url, sealed, rotate, rotationMs } = checkSet(payload);
    const before = recordOf(await turn.get(webhookActor(mpid)));
    const to = url ?? before?.url;
    if (to === undefined) throw new RefusedError('no_such_webhook', `url: must be given, ${mpid} has no webhook yet`);
    const secretTaken = rotate || before === undefined;
    const kept = before ? secretsInForce(before, turn.at) : [];
    // Of three secrets the one in force and the new one stay.
    const old = kept.slice(0, 1).map((secret) => ({ ...secret, until: turn.at + rotationMs }));
    const record: WebhookRecord = {
      mpid,
      url: to,
      state: 'on',
      reason: null,
      secrets: secretTaken ? [{ sealed, since: turn.at, until: null }, ...old] : [...kept],
      since: laterThan(before, turn.at),
      changedBy: by,
      lastSuccess: before?.lastSuccess ?? null,
      lastFailure: before?.lastFailure ?? null,
    };
    await put(turn, record);
    return { record, secretTaken };
  },
  'webhook.off': async (turn, payload): Promise<WebhookRecord> => {
    const { mpid, by } = checkOff(payload);
    const before = recordOf(await turn.get(webhookActor(mpid)));
    if (!before) throw new RefusedError('no_such_webhook', `mpid: ${mpid} has no webhook`);
    const record: WebhookRecord = { ...before, state: 'off', reason: null, since: laterThan(before, turn.at), changedBy: by };
    await put(turn, record);
    return record;
  },
  'webhook.found': async (turn, payload): Promise<WebhookRecord | null> => {
    const { mpid, since, success, failure, off } = checkFound(payload);
    const before = recordOf(await turn.get(webhookActor(mpid)));
    if (before?.since !== since) return before ?? null;
    const record: WebhookRecord = {
      ...before,
      ...(off && before.state === 'on' ? { state: 'failed', reason: off } : {}),
      lastSuccess: Math.max(success ?? 0, before.lastSuccess ?? 0) || null,
      lastFailure: failure && failure.at >= (before.lastFailure?.at ?? 0) ? { at: failure.at, text: shortText(failure.text) } : before.lastFailure,
    };
    await put(turn, record);
    return record;
  },
};

/** `since` tells one setting from another. */
const laterThan = (before: WebhookRecord | undefined, at: number): number => Math.max(at, (before?.since ?? 0) + 1);

function put(turn: Turn, record: WebhookRecord): Promise<void> {
  return turn.put({ id: webhookActor(record.mpid), kind: WEBHOOK_KIND, state: record.state, record });
}

/** @throws RefusedError `invalid_value` naming the first member that breaks a rule */
function checker<T extends TSchema>(schema: T): (payload: unknown) => Static<T> {
  const validator = Compile(schema);
  return (payload) => {
    if (validator.Check(payload)) return payload as Static<T>;
    const first = validator.Errors(payload)[0];
    throw new RefusedError('invalid_value', `${first?.instancePath.slice(1).replaceAll('/', '.') || 'webhook'}: ${first?.message ?? 'is not valid'}`);
  };
}
