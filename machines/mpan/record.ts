/** Pure steps of the record that are no projection: contracts, waiting processes, unsolicited messages. */
import { hasRoutingFacts, MAX_WAITING, type MpanContext } from './context.ts';
import { announceUpdated, type Step, tellFacts, unchanged } from './effects.ts';
import type { ContractUpdated, FactsWanted, Unsolicited } from './events.ts';

/** USP completed at acceptance (7.3 row 12): only the contract reference changes. */
export function updateContract(context: MpanContext, event: ContractUpdated): Step {
  const row = context.meteringServices.findLast((known) => known.dipId === event.meteringServiceDipId);
  if (row === undefined || row.contract === event.contractReference) return unchanged(context);
  const meteringServices = context.meteringServices.map((known) => (known === row ? { ...row, contract: event.contractReference } : known));
  return { context: { ...context, meteringServices, changedAt: event.at }, effects: announceUpdated(['contract_reference']) };
}

/** A process waits for routing facts: answered at once when they are known. */
export function wantFacts(context: MpanContext, event: FactsWanted): Step {
  if (hasRoutingFacts(context.facts)) return { context, effects: [tellFacts(context, event.requestId, event.at)] };
  if (context.waiting.includes(event.requestId)) return unchanged(context);
  return { context: { ...context, waiting: [...context.waiting, event.requestId].slice(-MAX_WAITING) }, effects: [] };
}

const UNSOLICITED = {
  orphan: { code: 'orphan_message', text: 'answers no process of this meter point' },
  advisory: { code: 'registry_reminder', text: 'is a reminder of the registration service' },
  unhandled: { code: 'unhandled_event_code', text: 'carries an event code that is not known here' },
} as const;

/** 8.3 and 2.4: kept in the history; an alert where the specification asks for one. */
export function noteUnsolicited(context: MpanContext, { message, handling }: Unsolicited): Step {
  if (handling === 'other-supplier') return unchanged(context);
  const { code, text } = UNSOLICITED[handling];
  const details = { interface: message.interface, eventCode: message.eventCode, sur: message.sur, transactionId: message.transactionId };
  return { context, effects: [{ type: 'raiseAlert', params: { code, text: `${message.interface} ${message.eventCode} ${text}`, details } }] };
}
