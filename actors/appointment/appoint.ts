/** The command `appoint`: one accepted request becomes one process, in the turn of its MPAN (appointments 1.2 to 1.5). */
import type { AppointmentInput } from '../../machines/appointment/index.ts';
import { formatUtc } from '../../machines/calendar/index.ts';
import type { EpochMs, Json } from '../../machines/common/effects.ts';
import type { Handler } from '../engine/definition.ts';
import type { Slot } from '../store/store.ts';
import type { AgentFinder } from './agents.ts';
import { type FieldError, isSwitch, resolveFacts } from './facts.ts';
import { APPOINTMENT_KIND, activeSlot, appointmentActorId, IDEMPOTENCY_PREFIX } from './names.ts';
import type { AppointmentOptions } from './options.ts';

/** A request whose form is right; the command's key is its MPAN. */
export interface AppointPayload {
  /** UUIDv7, made by the caller. */
  readonly requestId: string;
  readonly mpid: string;
  readonly supplierDipId: string;
  /** 13 digits. */
  readonly mpan: string;
  readonly meteringServiceMpid: string;
  /** Settlement date. */
  readonly effectiveFrom: string;
  readonly effectiveFromText: string;
  readonly contractReference: string | null;
  readonly scenario: AppointmentInput['scenario'];
  readonly test: boolean;
  /** Slot name `idem:…` and hash of the canonical body with the test flag; null for what has no key (a parent process). */
  readonly idempotency: { readonly slotName: string; readonly bodyHash: string } | null;
  readonly initiatedBy?: string | null;
  readonly cssRegistrationId?: string | null;
}

/** `SupplierProcessResponseSchema` (appointments 1.2), members in this order. */
export type ProcessResponse = {
  readonly request_id: string;
  readonly request_type: 'metering-service-appointment';
  readonly request_status: 'Pending' | 'Success' | 'Failed';
  readonly description: string;
  readonly created_at: string;
  readonly last_updated_at: string;
  readonly mpan_core: number;
};

export type AppointReply =
  /** 202. */
  | { readonly kind: 'accepted'; readonly response: ProcessResponse }
  /** 202 as first returned. */
  | { readonly kind: 'replayed'; readonly response: ProcessResponse }
  /** 422. */
  | { readonly kind: 'invalid'; readonly errors: readonly FieldError[] }
  /** 409. */
  | { readonly kind: 'conflict'; readonly rule: 'active_process' | 'idempotency_key_reused'; readonly detail: string };

/** What an idempotency slot holds. */
export type IdempotencyValue = { readonly bodyHash: string; readonly response: ProcessResponse };

export interface AppointDeps {
  readonly agents: AgentFinder;
  readonly options: AppointmentOptions;
}

/** The only type of request that this service makes. */
export const REQUEST_TYPE = 'metering-service-appointment';
export const APPOINTMENT_DESCRIPTION = 'Metering Service Appointment Process';

function responseTo(payload: AppointPayload, at: EpochMs): ProcessResponse {
  const now = formatUtc(at);
  return {
    request_id: payload.requestId,
    request_type: REQUEST_TYPE,
    request_status: 'Pending',
    description: APPOINTMENT_DESCRIPTION,
    created_at: now,
    last_updated_at: now,
    mpan_core: Number(payload.mpan),
  };
}

/** What a slot that is taken means for this request. Also for the caller that lost the race at the commit. */
export function answerToTakenSlot(payload: Pick<AppointPayload, 'mpan' | 'idempotency'>, slot: Slot): AppointReply {
  if (!slot.name.startsWith(IDEMPOTENCY_PREFIX)) {
    return { kind: 'conflict', rule: 'active_process', detail: `An active metering service appointment process already exists for MPAN ${payload.mpan}` };
  }
  const first = slot.value as unknown as IdempotencyValue | undefined;
  if (first && first.bodyHash === payload.idempotency?.bodyHash) return { kind: 'replayed', response: first.response };
  return { kind: 'conflict', rule: 'idempotency_key_reused', detail: 'X-IDEMPOTENCY-KEY was already used with a different request' };
}

function inputOf(
  payload: AppointPayload,
  at: EpochMs,
  facts: Pick<AppointmentInput, 'meteringServiceDipId' | 'distributorDipId' | 'gspGroupId' | 'legacyMop' | 'registrationEffectiveFrom' | 'cssRegistrationId'>,
): AppointmentInput {
  return {
    requestId: payload.requestId,
    mpid: payload.mpid,
    supplierDipId: payload.supplierDipId,
    mpan: payload.mpan,
    meteringServiceMpid: payload.meteringServiceMpid,
    meteringServiceDipId: facts.meteringServiceDipId,
    distributorDipId: facts.distributorDipId,
    gspGroupId: facts.gspGroupId,
    effectiveFrom: payload.effectiveFrom,
    effectiveFromText: payload.effectiveFromText,
    contractReference: payload.contractReference,
    scenario: payload.scenario,
    test: payload.test,
    legacyMop: facts.legacyMop,
    registrationEffectiveFrom: facts.registrationEffectiveFrom,
    cssRegistrationId: isSwitch(payload.scenario) ? (payload.cssRegistrationId ?? facts.cssRegistrationId) : null,
    at,
    initiatedBy: payload.initiatedBy ?? null,
  };
}

export function createAppointHandler({ agents, options }: AppointDeps): Handler {
  return async (turn, given): Promise<AppointReply> => {
    const payload = given as AppointPayload;
    const { idempotency, mpid, mpan, test } = payload;
    // A request that was accepted once is answered as then, whatever the facts are today.
    const used = idempotency ? await turn.slot(idempotency.slotName) : undefined;
    const again = used ? answerToTakenSlot(payload, used) : undefined;
    if (again?.kind === 'replayed') return again;
    const resolved = await resolveFacts(turn, payload, agents, options);
    if (resolved.kind === 'refused') return { kind: 'invalid', errors: resolved.errors };
    if (again) return again;
    const id = appointmentActorId(payload.requestId);
    const response = responseTo(payload, turn.at);
    const claim: Slot[] = [{ name: activeSlot(test, mpid, mpan), owner: id }];
    if (idempotency) claim.unshift({ name: idempotency.slotName, owner: id, value: { bodyHash: idempotency.bodyHash, response } });
    const created = await turn.create({ id, kind: APPOINTMENT_KIND, input: inputOf(payload, turn.at, resolved.facts) as unknown as Json, claim });
    if (created.kind === 'slot') return answerToTakenSlot(payload, created.slot);
    return { kind: 'accepted', response };
  };
}
