/** Which process a market message belongs to, among those of its MPAN and supplier (appointments 7.5). Pure. */
import { isHidden } from '../market/codes.ts';
import { kindOf, type MessageKind } from '../market/kinds.ts';
import type { MarketMessage } from '../market/message.ts';

/** What must be known of a process. */
export interface Candidate {
  readonly id: string;
  readonly createdAt: number;
  /** First part of its state: `AWAIT_INITIAL` … */
  readonly state: string;
  readonly pending: boolean;
  readonly correlationIds: readonly string[];
  readonly supplierDipId: string;
  readonly meteringServiceDipId: string | null;
  readonly effectiveFrom: string;
  readonly test: boolean;
}

export type Correlation =
  | { readonly kind: 'hit'; readonly id: string; readonly level: 1 | 2 | 3; readonly ambiguous: boolean }
  /** No process: appointments 8.3. */
  | { readonly kind: 'none' };

/** States in which a message of that kind is awaited, for the third level. */
const FITS: Partial<Record<MessageKind, readonly string[]>> = {
  initial: ['SUBMITTING', 'AWAIT_INITIAL'],
  outcome: ['SUBMITTING', 'AWAIT_INITIAL', 'AWAIT_OUTCOME', 'AWAIT_ACTIVE'],
  active: ['AWAIT_ACTIVE'],
};

/** Newest pending process first, then the newest. */
function best(hits: readonly Candidate[], level: 1 | 2 | 3): Correlation {
  const [first] = hits.toSorted((a, b) => Number(b.pending) - Number(a.pending) || b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1));
  return first ? { kind: 'hit', id: first.id, level, ambiguous: hits.length > 1 } : { kind: 'none' };
}

/** A message without B012 (IF-032) is its supplier's when it is addressed to it. */
function requestedBy(message: MarketMessage, supplierDipId: string): boolean {
  const supplier = message.requestingSupplier;
  return supplier && !isHidden(supplier.dipId) ? supplier.dipId === supplierDipId : message.recipients.includes(supplierDipId);
}

const names = (message: MarketMessage, candidate: Candidate): boolean => {
  const service = message.proposed ?? message.incoming;
  return service !== null && service.dipId === candidate.meteringServiceDipId && service.effectiveFrom === candidate.effectiveFrom;
};

/** The message's service is known and another than the candidate's. */
const contradicts = (message: MarketMessage, candidate: Candidate): boolean => {
  const service = message.proposed ?? message.incoming;
  if (!service) return false;
  const otherService = !isHidden(service.dipId) && candidate.meteringServiceDipId !== null && service.dipId !== candidate.meteringServiceDipId;
  return otherService || (!isHidden(service.effectiveFrom) && service.effectiveFrom !== candidate.effectiveFrom);
};

/**
 * @param candidates processes of the message's MPAN that belong to one own supplier, in any state
 * @returns none for what is aligned automatically (scenario ALG) and for messages requested by another supplier
 */
export function correlate(message: MarketMessage, candidates: readonly Candidate[]): Correlation {
  if ((message.incoming ?? message.proposed)?.scenario === 'ALG') return { kind: 'none' };
  const eligible = candidates.filter((candidate) => candidate.test === message.test);
  const ids = [message.senderCorrelationId, message.initialCorrelationId].filter((id): id is string => !isHidden(id));
  const byId = eligible.filter((candidate) => ids.some((id) => candidate.correlationIds.includes(id)));
  if (byId.length > 0) return best(byId, 1);
  const byContent = eligible.filter((candidate) => requestedBy(message, candidate.supplierDipId) && names(message, candidate));
  if (byContent.length > 0) return best(byContent, 2);
  const kind = kindOf(message);
  const pending = eligible.filter((candidate) => candidate.pending);
  const [only] = pending;
  if (!only || pending.length > 1 || !FITS[kind]?.includes(only.state)) return { kind: 'none' };
  const supplier = message.requestingSupplier;
  if (supplier && !isHidden(supplier.dipId) && supplier.dipId !== only.supplierDipId) return { kind: 'none' };
  // Another service in an IF-036 is row 19; in an answer it belongs to another request.
  if (kind !== 'active' && contradicts(message, only)) return { kind: 'none' };
  return { kind: 'hit', id: only.id, level: 3, ambiguous: false };
}
