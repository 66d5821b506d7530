/** Reason codes and response codes of market messages (appointments 4.3, 7.5). */
import type { MarketMessage, ResponseCode, SettlementDate } from './message.ts';

/** A free text that may start with a code: `REG1021 - Requesting supplier …`. */
export interface CodedText {
  /** Null when the text starts with no code. */
  readonly code: string | null;
  /** The text after the code, or all of it. */
  readonly text: string;
}

const CODED = /^([A-Z]{2,3}\d{3,4})\b\s*[-:]?\s*/;

/** `^([A-Z]{2,3}\d{3,4})\b` (assumption A-28); any code counts, known or not. */
export function splitCode(text: string): CodedText {
  const found = CODED.exec(text);
  if (!found) return { code: null, text };
  return { code: found[1] ?? null, text: text.slice(found[0].length) || text };
}

const OUTCOME_EVENTS: Readonly<Record<string, ResponseCode>> = { '[MSAppAccepted]': 'A', '[MSAppRejected]': 'R', '[MSAppLapsed]': 'L' };

/** The outcome that an IF-035 states. The response code outranks the event code; undefined when neither tells. */
export function outcomeCode(message: MarketMessage): ResponseCode | undefined {
  return message.outcome?.code ?? OUTCOME_EVENTS[message.eventCode];
}

/** Response code A, R or L against another event code. */
export function codesDisagree(message: MarketMessage): boolean {
  const stated = message.outcome?.code;
  const named = OUTCOME_EVENTS[message.eventCode];
  return named !== undefined && (stated === 'A' || stated === 'R' || stated === 'L') && stated !== named;
}

/** `x` stands for a value that the DIP hid from this recipient. */
export function isHidden(value: string | null | undefined): boolean {
  return value === null || value === undefined || value === 'x' || value === '';
}

/**
 * Whether the metering service that the message names (B014, else B070) is that one from that settlement date on. What is
 * absent or hidden does not contradict.
 */
export function namesService(message: MarketMessage, dipId: string | null, effectiveFrom: SettlementDate): boolean {
  const service = message.incoming ?? message.proposed;
  if (!service) return true;
  return (isHidden(service.dipId) || dipId === null || service.dipId === dipId) && (isHidden(service.effectiveFrom) || service.effectiveFrom === effectiveFrom);
}
