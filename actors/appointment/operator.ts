/** Commands of operators on processes, and what the DIP says of our messages afterwards. */
import { mainState, publicStatus } from '../../machines/appointment/index.ts';
import type { ActorId, Json } from '../../machines/common/effects.ts';
import type { Handler, Turn } from '../engine/definition.ts';
import { RefusedError } from '../errors/error.ts';
import type { ActorDoc } from '../store/store.ts';
import type { AppointDeps } from './appoint.ts';
import { isSwitch, resolveFacts } from './facts.ts';
import { APPOINTMENT_KIND, contextOf } from './names.ts';

/** Payload of `operator.cancel` and `operator.resend`; the command's key is the process's. */
export interface OperatorPayload {
  readonly actor: ActorId;
  readonly by: string;
  readonly reason: string;
}

/** `held`: the process is parked; it is done when it is put back. */
export type OperatorReply = { readonly kind: 'applied' | 'held'; readonly state: string; readonly status: 'Pending' | 'Success' | 'Failed' };

const replyOf = (kind: 'applied' | 'held', doc: ActorDoc): OperatorReply => ({ kind, state: doc.state, status: publicStatus(doc.state) });

type Details = { readonly [member: string]: Json };

function operatorHandler(
  type: 'operator.cancel' | 'operator.resend',
  refuse: (doc: ActorDoc) => RefusedError | undefined,
  detailsOf: (turn: Turn, doc: ActorDoc) => Promise<Details> = async () => ({}),
): Handler {
  return async (turn, given): Promise<OperatorReply> => {
    const { actor, by, reason } = given as OperatorPayload;
    const doc = await turn.get(actor);
    if (doc?.kind !== APPOINTMENT_KIND) throw new RefusedError('no_such_actor', `actor: is no appointment process: ${actor}`);
    const refusal = refuse(doc);
    if (refusal) throw refusal;
    const result = await turn.apply(actor, { type, by, reason, ...(await detailsOf(turn, doc)) });
    return result.kind === 'applied' || result.kind === 'held' ? replyOf(result.kind, result.doc) : replyOf('applied', doc);
  };
}

/** Any pending process; nothing is sent to the DIP once submitted (row 29). */
export const cancel = operatorHandler('operator.cancel', (doc) =>
  publicStatus(doc.state) === 'Pending'
    ? undefined
    : new RefusedError('not_pending', `actor: must be pending to be cancelled, is ${doc.state}`, { details: { state: doc.state } }),
);

const mustBeSubmitting = (doc: ActorDoc): RefusedError | undefined =>
  mainState(doc.state) === 'SUBMITTING' && doc.state !== 'SUBMITTING.awaitingFacts'
    ? undefined
    : new RefusedError('not_submitting', `actor: must be in SUBMITTING with its IF-031 made to be sent again, is ${doc.state}`, {
        details: { state: doc.state },
      });

/** Only while no `MSG0000` was ever seen, and once there is something to send. The message is built of the facts as they are stored now. */
export function createResendHandler({ agents, options }: AppointDeps): Handler {
  return operatorHandler('operator.resend', mustBeSubmitting, async (turn, doc) => {
    const { request } = contextOf(doc);
    const resolved = await resolveFacts(turn, request, agents, options);
    if (resolved.kind === 'refused') return {};
    const { meteringServiceDipId, distributorDipId, gspGroupId, cssRegistrationId } = resolved.facts;
    if (meteringServiceDipId === null || distributorDipId === null || gspGroupId === null) return {};
    const css = request.cssRegistrationId ?? (isSwitch(request.scenario) ? cssRegistrationId : null);
    return { facts: { meteringServiceDipId, distributorDipId, gspGroupId, cssRegistrationId: css } };
  });
}

/** A status message about one of our references (appointments 2.3). */
export interface StatusPayload {
  readonly sur: string;
  /** Four digits. */
  readonly code: string;
  readonly text: string;
  readonly transactionId: string | null;
}

export type StatusReply = { readonly kind: 'applied' | 'duplicate' | 'held'; readonly actor: ActorId } | { readonly kind: 'missing' };

export const marketStatus: Handler = async (turn, given): Promise<StatusReply> => {
  const { sur, code, text, transactionId } = given as StatusPayload;
  const [doc] = await turn.find('sur', sur);
  if (!doc) return { kind: 'missing' };
  const { kind } = await turn.apply(doc.id, { type: 'market.status', sur, code, text }, [`status:${transactionId ?? sur}:${code}:${text.slice(0, 100)}`]);
  return kind === 'missing' ? { kind } : { kind, actor: doc.id };
};
