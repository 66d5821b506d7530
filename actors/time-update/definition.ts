/** The durable action: `action:<requestId>`, routing key the canonical remote address. */
import type { Json } from '../../machines/common/effects.ts';
import {
  type ActionContext,
  type ActionPolicy,
  createTimeUpdateMachine,
  migrateTimeUpdate,
  resultText,
  SESSION_EFFECT,
  type SessionParams,
  TIME_UPDATE_MACHINE_VERSION,
  type TimeUpdateMachine,
} from '../../machines/time-update/index.ts';
import type { ActorDefinition, MachineEvent } from '../engine/definition.ts';
import type { IndexName } from '../store/store.ts';
import { METER_CHANNEL, METER_CONTROL_CHANNEL } from './channel.ts';
import { gateBucket, gateKind, gateValue } from './gate.ts';
import { ACTION_KIND, ownerIndex, ownerToken } from './names.ts';

export interface ActionDefinitionOptions {
  readonly policy: ActionPolicy;
  /** First token of subjects, `mw` by default. */
  readonly subjectPrefix: string;
}

export function createActionDefinition({ policy, subjectPrefix }: ActionDefinitionOptions): ActorDefinition<TimeUpdateMachine> {
  return {
    kind: ACTION_KIND,
    machine: createTimeUpdateMachine(policy),
    machineVersion: TIME_UPDATE_MACHINE_VERSION,
    migrate: migrateTimeUpdate,
    stateOf: (snapshot) => String(snapshot.value),
    reasonOf: ({ context }) => reasonOf(context),
    indexesOf: (snapshot) => indexesOf(snapshot.context, String(snapshot.value)),
    effects: {
      session: {
        channel: METER_CHANNEL,
        encode: (params) => ({ name: SESSION_EFFECT, data: params, log: loggedSession(params as unknown as SessionParams) }),
      },
      cancelSession: { channel: METER_CONTROL_CHANNEL, encode: (params) => ({ name: 'cancelSession', data: params }) },
    },
    announcement: (snapshot, doc) => ({
      subject: `${subjectPrefix}.evt.meter-action.${ownerToken(snapshot.context.request.owner)}.${doc.shard}`,
      type: 'meterwright.meter-action',
      data: announced(snapshot.context, String(snapshot.value)),
    }),
    detailsOf,
  };
}

/**
 * How it ended, by type: `<outcome>|<meterType>|<class of the failure, or ->`. The counts of the store are the morning report.
 */
function reasonOf({ end, request }: ActionContext): string | undefined {
  return end === null ? undefined : `${end.outcome}|${request.target.meterType}|${end.failure?.class ?? '-'}`;
}

function indexesOf({ request, found }: ActionContext, state: string): Partial<Record<IndexName, readonly string[]>> {
  const { requestId, requestReference, target, owner } = request;
  const serials = [target.serialNumber, found.serialNumber].filter((serial) => typeof serial === 'string' && serial !== '') as string[];
  return {
    requestId: [String(requestId)],
    about: [ownerIndex(owner)],
    ...(requestReference ? { requestReference: [requestReference] } : {}),
    ...(serials.length > 0 ? { serialNumber: [...new Set(serials)] } : {}),
    ...(state === 'waiting' ? { gate: [gateValue(gateKind(target.canonicalAddress), gateBucket(requestId))] } : {}),
  };
}

export function announced({ request, attempt, end, found }: ActionContext, state: string): Record<string, Json> {
  const { requestId, requestReference, target, task, immediate, owner } = request;
  return {
    requestId,
    requestReference: requestReference ?? null,
    owner,
    meterType: target.meterType,
    remoteAddress: target.remoteAddress,
    serialNumber: found.serialNumber ?? target.serialNumber ?? null,
    task,
    immediate,
    state,
    result: resultText(end),
    attempt,
  };
}

/** The history says what was asked for, without the password. */
function loggedSession({ task, attempt, priority }: SessionParams): Json {
  return { channel: METER_CHANNEL, task, attempt, priority };
}

/** What was said; of the request itself the document has everything, and its sealed password belongs nowhere else. */
function detailsOf({ type, at: _, ...rest }: MachineEvent): Json | undefined {
  if (type === 'created') return undefined;
  return type === 'reminder' ? ({ name: rest.name } as Json) : Object.keys(rest).length > 0 ? (rest as Json) : undefined;
}
