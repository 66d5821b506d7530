/**
 * What a client does next about the one request that is on its way; decided here, done by the client link.
 *
 * | phase     | silence                       | RR/F: all taken | a part taken             | nothing taken                   |
 * | --------- | ----------------------------- | --------------- | ------------------------ | ------------------------------- |
 * | sent      | again; volatile: ask          | pause, poll     | again; volatile: give up | again, or wait: maybe a duplicate |
 * | asking    | poll                          | pause, poll     | again; volatile: give up | again; volatile: want fresh     |
 * | fresh     | none: the dialogue has time   | pause, poll     |                          |                                 |
 * | taken     | poll                          | pause, poll     |                          |                                 |
 * | receiving | poll                          | pause, poll     |                          |                                 |
 */
import type { Outbox } from './outbox.ts';

export type Phase =
  /** I frames are out; their acknowledgement or the answer is awaited. */
  | 'sent'
  /** RR/P asks how far they came. */
  | 'asking'
  /** Nothing of a volatile request came: its fresh payload is awaited. */
  | 'fresh'
  /** All was taken: the answer is awaited. */
  | 'taken'
  /** The answer is coming in segments. */
  | 'receiving';

export interface Exchange {
  readonly volatile: boolean;
  phase: Phase;
  /** A segment of the request was acknowledged. */
  begun: boolean;
  repeated: boolean;
  /** A loss was answered without waiting for the timer; not again before progress or a silence, or duplicates would use up the retries. */
  hurried: boolean;
  /** Segments of the answer since the last acknowledgement. */
  unacknowledged: number;
  /** Since when the server has had nothing but RR or RNR to say. */
  waitingSinceMs: number | null;
}

export const startExchange = (volatile: boolean): Exchange => ({
  volatile,
  phase: 'sent',
  begun: false,
  repeated: false,
  hurried: false,
  unacknowledged: 0,
  waitingSinceMs: null,
});

export type Action =
  /** Nothing: the timer that runs goes on. */
  | 'wait'
  /** RR/P now. */
  | 'poll'
  /** RR/P after a pause. */
  | 'pause'
  /** Segments that were never sent. */
  | 'window'
  /** What is outstanding, again. */
  | 'again'
  /** As after a silence, at once. */
  | 'lost'
  | 'want-fresh'
  /** A volatile request of which a part was taken. */
  | 'give-up';

/** No answer came in time. */
export function onSilence(exchange: Exchange): Action {
  if (exchange.phase === 'fresh') return 'wait';
  if (exchange.phase !== 'sent') return 'poll';
  if (!exchange.volatile) return 'again';
  exchange.phase = 'asking';
  return 'poll';
}

/** RNR: the server takes nothing now. */
export function onBusy(exchange: Exchange): Action {
  if (exchange.phase === 'sent') exchange.phase = 'asking';
  return exchange.phase === 'fresh' ? 'wait' : 'pause';
}

/** An RR gave the turn back. @param news segments that it acknowledged; the outbox knows already */
export function onTurn(exchange: Exchange, outbox: Outbox, news: number): Action {
  if (exchange.phase === 'taken' || exchange.phase === 'receiving') return 'pause';
  if (exchange.phase === 'fresh') return 'wait';
  if (exchange.phase === 'asking') {
    if (!exchange.volatile) return 'again';
    return exchange.begun ? 'give-up' : 'want-fresh';
  }
  if (outbox.outstanding === 0) return 'window';
  // One frame that an RR does not acknowledge is on its way still: a server that has it damaged says nothing at all.
  if (news === 0 && (exchange.volatile || exchange.hurried || outbox.outstanding === 1)) return 'wait';
  return exchange.volatile ? 'give-up' : 'lost';
}
