/** What a participant can ask the DIP about the past: delivery status, replay, requeue (appointments 2.3, 2.4). */
import { randomBytes } from 'node:crypto';
import type { Book, Held } from './book.ts';
import { compactDate } from './envelope.ts';
import { londonDateTime } from './london.ts';
import { type Particulars, type Publication, particularsOf, renderPublication } from './publication.ts';
import { REGISTRY_DIP_ID } from './seed.ts';

/** Filter of replay and requeue; members that are null or absent do not restrict. */
export interface PastFilter {
  readonly from: number;
  readonly to: number;
  readonly event: string | null;
  readonly mpan: string | null;
  readonly transactions: ReadonlySet<string> | null;
}

type Requeue = { readonly id: string; readonly lane: string; readonly total: number; readonly pending: Set<Publication>; failed: number };

/** Reads the body of a replay or requeue; the error names field and rule. */
export function parsePastFilter(body: unknown): PastFilter | { readonly error: string } {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return { error: 'body must be an object' };
  const given = body as Record<string, unknown>;
  const instant = (name: string, otherwise: number): number | null => {
    const value = given[name];
    if (value === null || value === undefined) return otherwise;
    const at = typeof value === 'string' ? Date.parse(value) : Number.NaN;
    return Number.isNaN(at) ? null : at;
  };
  const from = instant('datetimeFrom', Number.NEGATIVE_INFINITY);
  const to = instant('datetimeTo', Number.POSITIVE_INFINITY);
  if (from === null) return { error: 'datetimeFrom must be a date-time or null' };
  if (to === null) return { error: 'datetimeTo must be a date-time or null' };
  const { eventCode, MPAN: mpan, transactionIDs: ids } = given;
  if (eventCode !== undefined && eventCode !== null && typeof eventCode !== 'string') return { error: 'eventCode must be text or null' };
  if (mpan !== undefined && mpan !== null && !(typeof mpan === 'string' && /^\d{13}$/.test(mpan))) return { error: 'MPAN must be 13 digits or null' };
  if (ids !== undefined && ids !== null && !(Array.isArray(ids) && ids.length >= 1 && ids.length <= 100 && ids.every((id) => typeof id === 'string'))) {
    return { error: 'transactionIDs must be 1 to 100 texts' };
  }
  return { from, to: to + 999, event: eventCode ?? null, mpan: mpan ?? null, transactions: Array.isArray(ids) ? new Set(ids as string[]) : null };
}

export class Recovery {
  readonly #book: Book;
  readonly #schedule: (publication: Publication, dueAt: number) => void;
  readonly #page: number;
  readonly #requeues = new Map<string, Requeue>();
  readonly #running = new Map<string, Requeue>();

  constructor(book: Book, page: number, schedule: (publication: Publication, dueAt: number) => void) {
    this.#book = book;
    this.#page = page;
    this.#schedule = schedule;
  }

  /** Messages of the past, a page of them, with the token of the next page. */
  replay(
    channel: string,
    recipient: string,
    filter: PastFilter,
    token: string | undefined,
    now: number,
    mpidOf: (dipId: string) => string,
  ): { readonly messages: string[]; readonly token: string | null } {
    const after = token === undefined ? 0 : Number.parseInt(Buffer.from(token, 'base64url').toString(), 10) || 0;
    const messages: string[] = [];
    let skipped = 0;
    for (const [publication] of this.#past(channel, recipient, filter, now)) {
      skipped += 1;
      if (skipped <= after) continue;
      if (messages.length === this.#page) return { messages, token: Buffer.from(String(after + this.#page)).toString('base64url') };
      messages.push(renderPublication(this.#book.instance, publication, mpidOf, true));
    }
    return { messages, token: null };
  }

  /** Sends messages of the past again; null while a requeue of the same channel and recipient is running. */
  requeue(channel: string, recipient: string, filter: PastFilter, now: number): { readonly id: string } | null {
    const lane = `${channel}|${recipient}`;
    if ((this.#running.get(lane)?.pending.size ?? 0) > 0) return null;
    const chosen = [...this.#past(channel, recipient, filter, now)].map(([publication]) => publication);
    const id = `${recipient}-${compactDate(now)}-${randomBytes(8).toString('hex')}`;
    const requeue: Requeue = { id, lane, total: chosen.length, pending: new Set(chosen), failed: 0 };
    this.#requeues.set(id, requeue);
    this.#running.set(lane, requeue);
    for (const publication of chosen) {
      if (publication.state === 'sending') continue;
      publication.attempts = 0;
      this.#schedule(publication, now);
    }
    return { id };
  }

  requeueStatus(channel: string, recipient: string, id: string | null): object | null {
    const requeue = id === null ? this.#running.get(`${channel}|${recipient}`) : this.#requeues.get(id);
    if (requeue === undefined || requeue.lane !== `${channel}|${recipient}`) return null;
    const processed = requeue.total - requeue.pending.size;
    const status =
      requeue.pending.size > 0 ? 'Processing' : requeue.failed === 0 ? 'Completed' : requeue.failed === requeue.total ? 'Failed' : 'PartialCompletion';
    const percentComplete = requeue.total === 0 ? 100 : Math.floor((processed * 100) / requeue.total);
    return { requeueId: requeue.id, percentComplete, totalTransactions: requeue.total, processedTransactions: processed, status };
  }

  /** To be told of every settled delivery. */
  settled(publications: readonly Publication[], ok: boolean): void {
    for (const requeue of this.#running.values()) {
      if (requeue.pending.size === 0) continue;
      for (const publication of publications) if (requeue.pending.delete(publication) && !ok) requeue.failed += 1;
    }
  }

  /** The journal of one message by its reference (a DIPJournalRecord), or null when there is none. */
  deliveryStatus(channel: string, sur: string): object | null {
    const held = this.#book.flowOf(sur);
    if (held?.flow != null && channel === 'IF-031') return inboundRecord(held);
    const tag = /-([0-9a-f]{12})$/.exec(sur)?.[1];
    const owner = tag === undefined ? undefined : this.#book.get(Number.parseInt(tag.slice(0, 10), 16));
    const publication = (owner === undefined ? [] : this.#book.publicationsOf(owner)).find(
      (one) => one.channel === channel && particularsOf(this.#book.instance, one).sur === sur,
    );
    return publication === undefined ? null : outboundRecord(publication, particularsOf(this.#book.instance, publication), owner?.flow?.correlation ?? null);
  }

  *#past(channel: string, recipient: string, filter: PastFilter, now: number): Generator<[Publication, Held]> {
    for (const held of this.#book.all()) {
      for (const publication of this.#book.publicationsOf(held)) {
        if (publication.channel !== channel || publication.recipient !== recipient || publication.publishedAt > now) continue;
        if (publication.publishedAt < filter.from || publication.publishedAt > filter.to) continue;
        const about = particularsOf(this.#book.instance, publication);
        if (filter.event !== null && about.event !== filter.event) continue;
        if (filter.mpan !== null && about.mpan !== filter.mpan) continue;
        if (filter.transactions !== null && !filter.transactions.has(about.transaction)) continue;
        yield [publication, held];
      }
    }
  }
}

type Stage = { readonly stage: string; readonly status: string; readonly code: number; readonly recipient?: string; readonly reason?: string | null };

function record(interfaceId: string, about: Particulars, sender: string, at: number, correlation: string | null, stages: readonly Stage[]): object {
  const time = londonDateTime(at).slice(0, 19).replace('T', ' ');
  return {
    SentDateTime: time,
    Interface: interfaceId,
    SenderUniqueReference: about.sur,
    DIPTransactionID: about.transaction,
    DIPCorrelationID: correlation,
    MPANCore: about.mpan,
    JournalEntries: stages.map((stage, index) => ({
      TimeGenerated: `${time}.000`,
      SenderDIPID: sender,
      Interface: interfaceId,
      EventCode: about.event,
      Reason: stage.reason ?? null,
      SentDateTime: `${time}.000`,
      Duration: 1,
      MessageDelayInMilliSeconds: 0,
      SenderUniqueReference: about.sur,
      DIPTransactionID: about.transaction,
      DIPCorrelationID: correlation,
      MPANCore: about.mpan,
      DIPStage: stage.stage,
      Status: stage.status,
      StatusCode: stage.code,
      Recipient: stage.recipient ?? null,
      rn: index + 1,
    })),
  };
}

function inboundRecord(held: Held): object {
  const { flow } = held;
  if (flow === null) return {};
  const stages: Stage[] = [
    { stage: 'Inbound', status: 'GoodToGo', code: 201 },
    { stage: 'MPANUpdateQueue', status: 'OK', code: 200 },
  ];
  const failure = flow.rule?.status;
  if (failure === undefined)
    stages.push({ stage: 'Addressing', status: 'SentToTopic', code: 200 }, { stage: 'Outbound', status: 'Delivered', code: 201, recipient: REGISTRY_DIP_ID });
  else if ((failure.level ?? 'L2') === 'L2') stages.push({ stage: 'Addressing', status: 'Failed', code: 400, reason: failure.message });
  else
    stages.push(
      { stage: 'Addressing', status: 'SentToTopic', code: 200 },
      { stage: 'Outbound', status: 'RejectedByRecipient', code: 400, recipient: REGISTRY_DIP_ID, reason: failure.message },
    );
  const about = { sur: flow.sur, transaction: flow.transaction, mpan: flow.mpan, event: flow.event };
  return record('IF-031', about, flow.supplier, flow.at, flow.correlation, stages);
}

const OUTBOUND = { waiting: 'Retrying', sending: 'Retrying', delivered: 'Delivered', rejected: 'RejectedByRecipient', exhausted: 'RetriesExhausted' } as const;

function outboundRecord(publication: Publication, about: Particulars, correlation: string | null): object {
  const stages: Stage[] = [
    { stage: 'Inbound', status: 'GoodToGo', code: 201 },
    { stage: 'Addressing', status: 'SentToTopic', code: 200 },
    {
      stage: 'Outbound',
      status: OUTBOUND[publication.state],
      code: publication.state === 'delivered' ? 201 : 400,
      recipient: publication.recipient,
      reason: publication.lastAnswer,
    },
  ];
  return record(publication.channel, about, REGISTRY_DIP_ID, publication.publishedAt, correlation, stages);
}
