/** How a process is shown to its supplier (appointments 1.2, 1.6). */
import { contextOf, metadataOf } from '../../actors/appointment/index.ts';
import type { StepDetails } from '../../actors/engine/definition.ts';
import type { ActorDoc, HistoryEntry } from '../../actors/store/store.ts';
import { publicStatus } from '../../machines/appointment/index.ts';
import { formatUtc } from '../../machines/calendar/index.ts';
import type { Json } from '../../machines/common/effects.ts';
import type { PublicStatus } from './query.ts';

/** One message of `show_messages` (appointments 1.6). */
export interface MessageView {
  readonly direction: 'inbound' | 'outbound';
  readonly channel: string;
  readonly interface: string | null;
  readonly event_code: string | null;
  readonly reference: string | null;
  readonly correlation_id: string | null;
  readonly at: string;
  readonly payload: Json;
}

export function statusOf(doc: ActorDoc): PublicStatus {
  return publicStatus(doc.state);
}

export function toRequestView(doc: ActorDoc, messages?: readonly MessageView[]): object {
  const { request } = contextOf(doc);
  return {
    metadata: metadataOf(doc),
    request_data: {
      mpan_core: Number(request.mpan),
      metering_service_mpid: request.meteringServiceMpid,
      effective_from: request.effectiveFromText,
      contract_reference: request.contractReference,
      appointment_scenario: request.scenario,
    },
    ...(messages ? { messages } : {}),
  };
}

/** The messages kept in a history: what each step received in full, and what it sent. */
export function toMessages(history: readonly HistoryEntry[]): readonly MessageView[] {
  const messages: MessageView[] = [];
  for (const entry of history) {
    const details = entry.details as StepDetails | undefined;
    const inbound = details?.event === undefined ? undefined : toMessage(details.event, 'inbound', entry.at);
    if (inbound) messages.push(inbound);
    for (const sent of details?.sent ?? []) {
      const outbound = toMessage(sent, 'outbound', entry.at);
      if (outbound) messages.push(outbound);
    }
  }
  return messages;
}

/** A kept entry is a message when it names a channel; an operator's reason, say, does not. */
function toMessage(kept: Json, direction: MessageView['direction'], at: number): MessageView | undefined {
  if (typeof kept !== 'object' || kept === null || Array.isArray(kept)) return undefined;
  const members = kept as { readonly [member: string]: Json | undefined };
  const text = (name: string): string | null => {
    const value = members[name];
    return typeof value === 'string' ? value : null;
  };
  const channel = text('channel');
  if (channel === null) return undefined;
  return {
    direction,
    channel,
    interface: text('interface'),
    event_code: text('event_code'),
    reference: text('reference'),
    correlation_id: text('correlation_id'),
    at: formatUtc(at),
    payload: members.payload ?? null,
  };
}
