/** The text of one market message (appointments 3), put together by hand because a thousand flows a second need three each. */
import { londonDateTime } from './london.ts';
import { REGISTRY_DIP_ID } from './seed.ts';

export interface EnvelopeParts {
  readonly interface: string;
  /** With its brackets. */
  readonly event: string;
  readonly environment: string;
  readonly sur: string;
  readonly transaction: string;
  /** Instants of the sender's and of the DIP's timestamp. */
  readonly sentAt: number;
  readonly transactionAt: number;
  readonly senderCorrelation: string | null;
  readonly initialCorrelation: string | null;
  readonly replay: boolean;
  readonly primary: readonly string[];
  readonly secondary: readonly string[];
  /** JSON text of M0, empty when the message concerns no meter point. */
  readonly m0: string;
  /** JSON text of R0, empty when there is none. */
  readonly r0: string;
  /** JSON text of the CustomBlock. */
  readonly custom: string;
}

/** JSON text of a value that may need escaping. */
export const json = (value: unknown): string => JSON.stringify(value);

/** One element of the array that the DIP posts: `{"payload": …}`. */
export function renderEnvelope(parts: EnvelopeParts): string {
  const sender = parts.senderCorrelation === null ? 'null' : json(parts.senderCorrelation);
  const initial = parts.initialCorrelation === null ? 'null' : json(parts.initialCorrelation);
  return (
    `{"payload":{"CommonBlock":{"S0":{"interfaceID":"${parts.interface}","schemaVersion":"011","eventCode":"${parts.event}"},` +
    `"S1":{"environmentTag":"${parts.environment}","subText":null,"senderUniqueReference":"${parts.sur}","senderTimestamp":"${londonDateTime(parts.sentAt)}",` +
    `"senderDIPID":"${REGISTRY_DIP_ID}","senderRoleID":"REGS","senderCorrelationID":${sender},"DIPConnectionProviderID":null},` +
    `"A0":{"primaryRecipients":${json(parts.primary)},"secondaryRecipients":${json(parts.secondary)},"always":[]},` +
    `"D0":{"transactionID":"${parts.transaction}","transactionTimestamp":"${londonDateTime(parts.transactionAt)}","publicationID":"PUB-${parts.interface.slice(3)}",` +
    `"initialCorrelationID":${initial},"replayIndicator":${parts.replay},"serviceTicketURL":null}` +
    `${parts.m0 === '' ? '' : `,"M0":${parts.m0}`}${parts.r0 === '' ? '' : `,"R0":${parts.r0}`}},"CustomBlock":${parts.custom}}}`
  );
}

/** SUR of a message of the registration service. `tag`: hex, unique per message. */
export function registrySur(interfaceId: string, at: number, tag: string): string {
  return `S-${interfaceId}-${REGISTRY_DIP_ID}-REGS-${compactDate(at)}-${tag}`;
}

/** Transaction id that the DIP gives a message. */
export function transactionId(interfaceId: string, sender: string, role: string, at: number, tag: string): string {
  return `T-${interfaceId}-${sender}-${role}-${compactDate(at)}-${tag}`;
}

/** London date without hyphens. */
export function compactDate(at: number): string {
  const text = londonDateTime(at);
  return text.slice(0, 4) + text.slice(5, 7) + text.slice(8, 10);
}
