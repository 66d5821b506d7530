/** Which metering service is meant by an MPID (appointments 6). Pure. */
import type { MpanFacts } from '../../machines/mpan/events.ts';

/** One entry of the agents store, as much of it as is looked at. */
export interface AgentEntry {
  readonly dipId: string;
  readonly role: string;
  /** Settlement date; null: always. */
  readonly effectiveFrom: string | null;
  readonly effectiveTo?: string | null;
}

/** The agents store. */
export interface AgentFinder {
  find(mpid: string): readonly AgentEntry[];
}

export type AgentChoice =
  | { readonly kind: 'found'; readonly dipId: string; readonly role: string }
  | { readonly kind: 'refused'; readonly type: 'unknown_agent' | 'agent_role_mismatch'; readonly msg: string };

/** Role of a metering service by market segment. */
const ROLES: Readonly<Record<string, string>> = { S: 'MSS', A: 'MSA', U: 'UMSO' };
const METERING_ROLES = new Set(Object.values(ROLES));

const refused = (type: 'unknown_agent' | 'agent_role_mismatch', msg: string): AgentChoice => ({ kind: 'refused', type, msg });

/** Segment that decides the role: for SEG the prospective one. Undefined: any role of the MPID will do, if it is only one. */
function segmentOf(facts: MpanFacts | undefined, scenario: string): string | undefined {
  const segment = scenario === 'SEG' ? facts?.prospective_market_segment : facts?.market_segment;
  return segment ?? undefined;
}

/** The provider's entry in force on the effective date; the newest wins. */
export function chooseAgent(agents: AgentFinder, mpid: string, scenario: string, effectiveFrom: string, facts: MpanFacts | undefined): AgentChoice {
  const entries = agents.find(mpid);
  if (entries.length === 0) return refused('unknown_agent', `metering_service_mpid ${mpid} is not a known agent`);
  const segment = segmentOf(facts, scenario);
  const role = segment === undefined ? undefined : ROLES[segment];
  const fitting = entries.filter((entry) => (role === undefined ? METERING_ROLES.has(entry.role) : entry.role === role));
  if (fitting.length === 0) {
    return refused('agent_role_mismatch', `metering_service_mpid ${mpid} is not a metering service${role === undefined ? '' : ` in role ${role}`}`);
  }
  const inForce = fitting.filter((entry) => startOf(entry) <= effectiveFrom && (entry.effectiveTo ?? '9999-12-31') >= effectiveFrom);
  const roles = new Set(inForce.map((entry) => entry.role));
  if (roles.size > 1)
    return refused('agent_role_mismatch', `metering_service_mpid ${mpid} has several roles (${[...roles].join(', ')}) and the market segment is not known`);
  const newest = inForce.toSorted((a, b) => (startOf(a) < startOf(b) ? 1 : -1))[0];
  if (!newest) return refused('unknown_agent', `metering_service_mpid ${mpid} is not in force on ${effectiveFrom}`);
  return { kind: 'found', dipId: newest.dipId, role: newest.role };
}

const startOf = (entry: AgentEntry): string => entry.effectiveFrom ?? '0000-01-01';
