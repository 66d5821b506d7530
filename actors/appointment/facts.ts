/** Routing facts of a request from the record of its meter point and the agents store (appointments 6). */
import type { MpanFacts } from '../../machines/mpan/events.ts';
import type { Turn } from '../engine/definition.ts';
import { type AgentFinder, chooseAgent } from './agents.ts';
import type { AppointmentOptions } from './options.ts';

/** One entry of a 422 body (appointments 1.3). */
export interface FieldError {
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  readonly type: string;
}

export interface RoutingFacts {
  readonly meteringServiceDipId: string | null;
  readonly distributorDipId: string | null;
  readonly gspGroupId: string | null;
  readonly legacyMop: string | null;
  readonly registrationEffectiveFrom: string | null;
  readonly cssRegistrationId: string | null;
}

export type Resolved = { readonly kind: 'ok'; readonly facts: RoutingFacts } | { readonly kind: 'refused'; readonly errors: readonly FieldError[] };

export interface Wanted {
  readonly mpid: string;
  readonly mpan: string;
  readonly meteringServiceMpid: string;
  readonly effectiveFrom: string;
  readonly scenario: string;
}

/** The newest facts that the record of a meter point holds; undefined when there is no record. */
export async function factsOfMpan(turn: Pick<Turn, 'get'>, mpid: string, mpan: string): Promise<MpanFacts | undefined> {
  const doc = await turn.get(`mpan:${mpid}:${mpan}`);
  if (!doc) return undefined;
  return (doc.snapshot as unknown as { readonly context?: { readonly facts?: MpanFacts } }).context?.facts ?? {};
}

/** A switch of supplier is behind the request: only then a B013 is sent (appointments 6). */
export const isSwitch = (scenario: string): boolean => scenario === 'COS' || scenario === 'MCS';

/** A gaining supplier may not hold the record yet (assumption A-12). */
const mayWait = (wanted: Wanted, options: AppointmentOptions): boolean => options.routingFacts.required === 'atSend' && isSwitch(wanted.scenario);

/** Look everything up; what is missing is refused, or left null where the request may wait for it. */
export async function resolveFacts(turn: Pick<Turn, 'get'>, wanted: Wanted, agents: AgentFinder, options: AppointmentOptions): Promise<Resolved> {
  const facts = await factsOfMpan(turn, wanted.mpid, wanted.mpan);
  const waits = mayWait(wanted, options);
  const errors: FieldError[] = [];
  if (!facts && !waits) errors.push({ loc: ['body', 'mpan_core'], msg: `mpan_core ${wanted.mpan} is not known`, type: 'unknown_mpan' });
  const missing = facts ? (['distributor_dip_id', 'gsp_group_id'] as const).filter((name) => !facts[name]) : [];
  if (missing.length > 0 && !waits) {
    errors.push({ loc: ['body', 'mpan_core'], msg: `mpan_core ${wanted.mpan}: ${missing.join(' and ')} not known`, type: 'routing_facts_missing' });
  }
  // A provider that nobody knows will not be known later either; only its role may depend on facts that are still to come.
  const choice = chooseAgent(agents, wanted.meteringServiceMpid, wanted.scenario, wanted.effectiveFrom, facts);
  const undecided = choice.kind === 'refused' && waits && choice.type === 'agent_role_mismatch';
  if (choice.kind === 'refused' && !undecided) errors.push({ loc: ['body', 'metering_service_mpid'], msg: choice.msg, type: choice.type });
  if (errors.length > 0) return { kind: 'refused', errors };
  const complete = facts !== undefined && missing.length === 0;
  return {
    kind: 'ok',
    facts: {
      meteringServiceDipId: complete && choice.kind === 'found' ? choice.dipId : null,
      distributorDipId: facts?.distributor_dip_id ?? null,
      gspGroupId: facts?.gsp_group_id ?? null,
      legacyMop: facts?.legacy_mop_mpid ?? null,
      registrationEffectiveFrom: facts?.registration_efd ?? null,
      cssRegistrationId: facts?.css_registration_id ?? null,
    },
  };
}
