/** Events of an agent record `agent:<dipId>`: one market participant in one role (industry standing data, IF-047). */
import type { EpochMs } from '../common/effects.ts';
import type { SettlementDate } from '../market/message.ts';

/** One entry of standing data or of an import line. */
export type AgentEntry = {
  readonly dipId: string;
  readonly mpid: string;
  /** MSS, MSA, UMSO, SDS, ADS, UMSDS, SUP, REGS, LDSO, MDS … */
  readonly role: string;
  readonly effectiveFrom: SettlementDate;
  /** Last day, where the source states one. */
  readonly effectiveTo: SettlementDate | null;
  readonly name: string | null;
};

/** From an import line: holds as of now. */
export interface AgentImported {
  readonly type: 'imported';
  readonly at: EpochMs;
  readonly entry: AgentEntry;
}
/** From an IF-047; `sentAt` is its transaction time. */
export interface AgentPublished {
  readonly type: 'agent.published';
  readonly at: EpochMs;
  readonly sentAt: EpochMs;
  readonly entry: AgentEntry;
}

export type AgentEvent = AgentImported | AgentPublished;
export type AgentInput = { readonly dipId: string; readonly at: EpochMs };
