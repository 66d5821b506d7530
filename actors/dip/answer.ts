/** The DIP's `StandardResponse`: read tolerantly, written with all ten keys (appointments 2.2, 2.4). */
import { formatUtc } from '../../machines/calendar/index.ts';
import type { EpochMs } from '../../machines/common/effects.ts';
import { blockOf, blocksOf } from './fields.ts';

export const SUCCESS = 'MSG0000 - Success';
/** Prefix of every failure of ours; the market publishes no further codes. */
export const FAILURE_CODE = 'MSG1001';

const MESSAGE = /^MSG(\d{4})\s*-?\s*(.*)$/s;
/** More of a foreign text is not worth keeping. */
const MAX_TEXT = 500;

/** One entry of a response as far as we use it. */
export interface AnswerEntry {
  readonly sur: string | null;
  readonly transactionId: string | null;
  readonly correlationId: string | null;
  readonly senderId: string | null;
  readonly recipientId: string | null;
  readonly sentTimestamp: string | null;
  /** Four digits; null for a message of another form, which is no success. */
  readonly code: string | null;
  readonly text: string;
}

/** `MSG0000` alone is success (trap 6: ids prove nothing). */
export function isSuccess(entry: AnswerEntry): boolean {
  return entry.code === '0000';
}

/** Entries of a response body; undefined when it is not one. */
export function parseAnswer(body: string): readonly AnswerEntry[] | undefined {
  try {
    return entriesOf(JSON.parse(body));
  } catch {
    return undefined;
  }
}

/** Entries of one `StandardResponse`; undefined when it has no `messageArray`. */
export function entriesOf(value: unknown): readonly AnswerEntry[] | undefined {
  return blocksOf(blockOf(value)?.messageArray)?.map(toEntry);
}

export function toEntry(entry: { readonly [member: string]: unknown }): AnswerEntry {
  const message = textOrNull(entry.message) ?? '';
  const found = MESSAGE.exec(message);
  return {
    sur: textOrNull(entry.senderUniqueReference),
    transactionId: textOrNull(entry.transactionID),
    correlationId: textOrNull(entry.correlationID),
    senderId: textOrNull(entry.senderID),
    recipientId: textOrNull(entry.recipientID),
    sentTimestamp: textOrNull(entry.sentTimestamp),
    code: found?.[1] ?? null,
    text: message.slice(0, MAX_TEXT),
  };
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** What an answer of ours says about one item. */
export interface ItemReport {
  readonly sur: string | null;
  readonly transactionId: string | null;
  readonly correlationId: string | null;
  /** Who sent the item: the recipient of the answer. */
  readonly recipientId: string | null;
  /** Which of our DIP ids answers, where it can be told. */
  readonly senderId?: string;
  /** Undefined: stored. */
  readonly failure?: string;
}

/** Body of our answer to a callback. `senderId`: the DIP id that answers for items that name none. */
export function buildAnswer(items: readonly ItemReport[], senderId: string, now: EpochMs): string {
  const at = formatUtc(now);
  return JSON.stringify({
    messageArray: items.map((item) => ({
      transactionID: item.transactionId,
      senderUniqueReference: item.sur,
      correlationID: item.correlationId,
      sentTimestamp: at,
      senderID: item.senderId ?? senderId,
      recipientID: item.recipientId,
      DIPConnectionProviderID: null,
      message: item.failure === undefined ? SUCCESS : `${FAILURE_CODE} - ${item.failure}`,
      help: null,
      serviceTicketURL: null,
    })),
    timestamp: at,
  });
}

/** An answer about the request as a whole. */
export function buildRefusal(text: string, senderId: string, now: EpochMs): string {
  return buildAnswer([{ sur: null, transactionId: null, correlationId: null, recipientId: null, failure: text }], senderId, now);
}
