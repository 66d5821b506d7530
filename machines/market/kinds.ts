/** What a message is about, by interface and event code (appointments 4.1). */
import type { MarketMessage } from './message.ts';

export type MessageKind =
  /** IF-032, IF-035, IF-036 of a metering service: belongs to a process. */
  | 'initial'
  | 'outcome'
  | 'active'
  /** IF-037: `[MSDeApp]`; `[MSDeAppUpdate]` and the data service's go to the MPAN record alone. */
  | 'de-appointment'
  | 'de-appointment-update'
  /** IF-003, all events. */
  | 'reverse-migration'
  /** IF-045. */
  | 'reminder'
  /** IF-047. */
  | 'standing-data'
  /** Anything else that is well formed. */
  | 'unknown';

const KINDS: Readonly<Record<string, MessageKind>> = {
  'IF-032[MSAppInitialResp]': 'initial',
  'IF-035[MSAppAccepted]': 'outcome',
  'IF-035[MSAppRejected]': 'outcome',
  'IF-035[MSAppLapsed]': 'outcome',
  'IF-036[MSAppActive]': 'active',
  'IF-037[MSDeApp]': 'de-appointment',
  'IF-037[MSDeAppUpdate]': 'de-appointment-update',
  'IF-037[DSDeApp]': 'de-appointment-update',
  'IF-037[DSDeAppUpdate]': 'de-appointment-update',
  'IF-003[MSDeAppRM]': 'reverse-migration',
  'IF-003[DSDeAppRM]': 'reverse-migration',
  'IF-003[ReverseMigNotification]': 'reverse-migration',
};

export function kindOf(message: Pick<MarketMessage, 'interface' | 'eventCode'>): MessageKind {
  if (message.interface === 'IF-045') return 'reminder';
  if (message.interface === 'IF-047') return 'standing-data';
  return KINDS[message.interface + message.eventCode] ?? 'unknown';
}
