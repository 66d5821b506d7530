/**
 * One POST and what its answer means for each of its messages (appointments 2.2, 2.5).
 *
 * Invariants
 * - B1 A message is rejected only by an entry with its SUR, by the only entry of an answer about it alone, or by a status
 *      that is final for the request as such. A 400 or 413 about several never rejects all of them: they are halved until
 *      the one to blame is alone.
 * - B2 A message of which a good answer says nothing is tried again, with the same SUR and the same bytes.
 */
import type { Clock, Log, Random } from '../engine/ports.ts';
import { AlertSwitch, type OnAlert } from './alerts.ts';
import { type AnswerEntry, isSuccess, parseAnswer } from './answer.ts';
import type { Breaker } from './breaker.ts';
import type { DipClient } from './client.ts';
import type { Item } from './lane.ts';
import type { RetryOptions } from './options.ts';
import type { DipReply } from './port.ts';
import { classifyStatus, countsAsOutage, parseRetryAfterMs, retryDelayMs } from './retry.ts';

export interface DeliverySetup {
  readonly client: DipClient;
  readonly breaker: Breaker;
  readonly retry: RetryOptions;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly onAlert: OnAlert;
  /** Greatest distance of the DIP's clock from ours that raises no alert, milliseconds. */
  readonly clockSkewMs: number;
}

export class Delivery {
  readonly #setup: DeliverySetup;
  readonly #unauthorised: AlertSwitch;
  readonly #skewed: AlertSwitch;

  constructor(setup: DeliverySetup) {
    this.#setup = setup;
    this.#unauthorised = new AlertSwitch('dip_unauthorised', setup.onAlert);
    this.#skewed = new AlertSwitch('clock_skew', setup.onAlert);
  }

  /** Send `items` as one array, or as several where the DIP cannot take them together. Settles every item; never rejects. */
  async send(path: string, items: readonly Item[], signal: AbortSignal): Promise<void> {
    const { breaker, client } = this.#setup;
    const live = items.filter((item) => !item.settled);
    if (live.length === 0) return;
    breaker.started();
    const call = await client.call('POST', path, { body: `[${live.map((item) => item.body).join(',')}]`, signal });
    if (call.kind === 'aborted') {
      breaker.abandoned();
      for (const item of live) item.finish({ kind: 'retry', delayMs: 0, text: 'stopped' });
      return;
    }
    if (call.kind === 'unreachable') {
      breaker.failed(call.text);
      this.#retry(live, call.text, 0);
      return;
    }
    const { reply } = call;
    if (countsAsOutage(reply.status)) breaker.failed(`status ${reply.status}`);
    else breaker.succeeded();
    this.#unauthorised.set(reply.status === 401, 'the DIP answers 401, also with credentials read anew');
    this.#compareClocks(reply);
    await this.#read(path, live, reply, signal);
  }

  /** By the `Date` of its answer: signatures whose date is further off are refused, ours there and theirs here. */
  #compareClocks(reply: DipReply): void {
    const theirs = Date.parse(reply.headers.date ?? '');
    if (Number.isNaN(theirs)) return;
    const { clock, clockSkewMs } = this.#setup;
    const aheadMs = clock.now() - theirs;
    this.#skewed.set(Math.abs(aheadMs) > clockSkewMs, `our clock is ${Math.round(aheadMs / 1_000)} s ahead of the DIP's`);
  }

  async #read(path: string, items: readonly Item[], reply: DipReply, signal: AbortSignal): Promise<void> {
    switch (classifyStatus(reply.status)) {
      case 'accepted':
        return this.#itemByItem(items, reply);
      case 'retry': {
        const retryAfterMs = parseRetryAfterMs(reply.headers['retry-after'], this.#setup.clock.now());
        if (reply.status === 429) this.#setup.breaker.pause(retryAfterMs);
        return this.#retry(items, `status ${reply.status}`, retryAfterMs);
      }
      case 'credentials':
      case 'final':
        this.#setup.log.error({ path, status: reply.status, items: items.length }, 'the DIP refuses our request');
        return this.#reject(items, reply);
      case 'split':
        return items.length === 1 ? this.#reject(items, reply) : this.#split(path, items, reply, signal);
    }
  }

  #itemByItem(items: readonly Item[], reply: DipReply): void {
    const entryOf = indexAnswer(items, reply);
    const silent: Item[] = [];
    for (const item of items) {
      const entry = entryOf(item);
      if (entry === undefined) silent.push(item);
      else if (isSuccess(entry)) {
        item.finish({ kind: 'done', event: { type: 'dip.accepted', sur: item.sur, transactionId: entry.transactionId, correlationId: entry.correlationId } });
      } else rejectItem(item, reply.status, entry.text);
    }
    if (silent.length > 0) this.#retry(silent, `status ${reply.status}, but nothing about this message`, 0);
  }

  /**
   * Entries that name some of several messages fail those; the others go again together. Entries that name all of them are
   * not believed (a whole array may have been answered alike for the fault of one), nor is an answer that names none.
   */
  async #split(path: string, items: readonly Item[], reply: DipReply, signal: AbortSignal): Promise<void> {
    const entryOf = indexAnswer(items, reply);
    const rest: Item[] = [];
    const named: { readonly item: Item; readonly text: string }[] = [];
    for (const item of items) {
      const entry = reply.status === 413 ? undefined : entryOf(item);
      if (entry !== undefined && !isSuccess(entry)) named.push({ item, text: entry.text });
      else rest.push(item);
    }
    if (named.length > 0 && rest.length > 0) {
      for (const { item, text } of named) rejectItem(item, reply.status, text);
      return this.send(path, rest, signal);
    }
    const half = Math.ceil(items.length / 2);
    await this.send(path, items.slice(0, half), signal);
    await this.send(path, items.slice(half), signal);
  }

  #reject(items: readonly Item[], reply: DipReply): void {
    const entryOf = indexAnswer(items, reply);
    for (const item of items) rejectItem(item, reply.status, entryOf(item)?.text ?? `status ${reply.status}`);
  }

  #retry(items: readonly Item[], text: string, retryAfterMs: number): void {
    const { retry, random } = this.#setup;
    for (const item of items) item.finish({ kind: 'retry', delayMs: retryDelayMs(retry, item.attempt, random.next(), retryAfterMs), text });
  }
}

/** Finds the entry about an item: by SUR; the only entry of an answer to a lone message is about it even without one. */
function indexAnswer(items: readonly Item[], reply: DipReply): (item: Item) => AnswerEntry | undefined {
  const entries = parseAnswer(reply.body) ?? [];
  const bySur = new Map(entries.map((entry) => [entry.sur, entry]));
  const lone = items.length === 1 && entries.length === 1 && entries[0]?.sur === null ? entries[0] : undefined;
  return (item) => bySur.get(item.sur) ?? lone;
}

function rejectItem(item: Item, status: number, text: string): void {
  item.finish({ kind: 'done', event: { type: 'dip.rejected', sur: item.sur, status, text } });
}
