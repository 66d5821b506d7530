/** Commands on alerts. */
import type { AlertContext } from '../../machines/alert/index.ts';
import type { ActorId } from '../../machines/common/effects.ts';
import type { Handler } from '../engine/definition.ts';
import { RefusedError } from '../errors/error.ts';
import type { ActorDoc } from '../store/store.ts';
import { alertCode, type Severity } from './codes.ts';

/** An operator has seen it. The command's key is the alert's (`doc.key`). */
export interface AcknowledgeAlert {
  readonly id: ActorId;
  readonly by: string;
  readonly note: string;
}

/** `alert.acknowledge`: replies with the alert's view; refuses one that is not there or not raised. */
export const acknowledgeAlert: Handler = async (turn, payload): Promise<AlertView> => {
  const { id, by, note } = payload as AcknowledgeAlert;
  const doc = await turn.get(id);
  if (doc === undefined || doc.kind !== 'alert') throw new RefusedError('no_such_alert', `id: no alert with this id: ${id}`, { details: { id } });
  if (doc.state !== 'raised' && doc.state !== 'acknowledged') {
    throw new RefusedError('alert_not_raised', `id: the alert is not raised: ${id}`, { details: { id, state: doc.state } });
  }
  const applied = await turn.apply(id, { type: 'acknowledge', by, note });
  return toAlertView(applied.kind === 'missing' ? doc : applied.doc);
};

export const alertHandlers: Readonly<Record<string, Handler>> = { 'alert.acknowledge': acknowledgeAlert };

/** As operators read it. */
export interface AlertView {
  readonly id: ActorId;
  readonly code: string;
  readonly about: string;
  readonly state: string;
  readonly severity: Severity;
  readonly text: string;
  readonly remedy: string;
  readonly details: unknown;
  readonly count: number;
  readonly raised_at: string;
  readonly last_at: string;
  readonly cleared_at: string | null;
  readonly acknowledged: { readonly by: string; readonly note: string; readonly at: string } | null;
}

export function toAlertView(doc: ActorDoc): AlertView {
  const { context } = doc.snapshot as unknown as { readonly context: AlertContext };
  const listed = alertCode(context.code);
  const { acknowledged, clearedAt } = context;
  return {
    id: doc.id,
    code: context.code,
    about: context.about,
    state: doc.state,
    severity: listed?.severity ?? 'warning',
    text: context.text,
    remedy: listed?.remedy ?? '',
    details: context.details,
    count: context.count,
    raised_at: iso(context.raisedAt),
    last_at: iso(context.lastAt),
    cleared_at: clearedAt === null ? null : iso(clearedAt),
    acknowledged: acknowledged === null ? null : { ...acknowledged, at: iso(acknowledged.at) },
  };
}

const iso = (at: number): string => new Date(at).toISOString();
