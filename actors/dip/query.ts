/** Questions to the DIP about what it has for us: delivery journal, replay, requeue (appointments 2.3, 2.4). One call each. */
import { formatUtc } from '../../machines/calendar/index.ts';
import type { EpochMs } from '../../machines/common/effects.ts';
import type { Clock } from '../engine/ports.ts';
import { parseAnswer } from './answer.ts';
import type { DipCall, DipClient } from './client.ts';
import { blockOf, textOf } from './fields.ts';
import { classifyStatus, parseRetryAfterMs } from './retry.ts';

/** Status messages have endpoints of their own; everything else goes by interface. */
export const STATUS_MESSAGES = 'status';

export interface Window {
  readonly from: EpochMs;
  readonly to: EpochMs;
}

export type Question<T> =
  | { readonly kind: 'answer'; readonly value: T }
  /** 429: asked too early. */
  | { readonly kind: 'busy'; readonly retryAfterMs: number; readonly text: string }
  | { readonly kind: 'unreachable'; readonly retryAfterMs: number; readonly text: string }
  | { readonly kind: 'refused'; readonly status: number; readonly text: string }
  | { readonly kind: 'aborted' };

export interface ReplayPage {
  /** Messages in the answer itself; those that come by callback are not here. */
  readonly items: readonly unknown[];
  /** There is more: ask again with this token. */
  readonly token?: string;
}

export type RequeueStatus = 'Processing' | 'Completed' | 'Failed' | 'PartialCompletion' | 'unknown';

export class DipQueries {
  readonly #client: DipClient;
  readonly #clock: Clock;

  constructor(client: DipClient, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  /** The journal of one of our messages; null when the DIP knows nothing of it. */
  async delivery(interfaceId: string, dipId: string, sur: string, signal: AbortSignal): Promise<Question<unknown>> {
    const path = `/dip-channel/${enc(interfaceId)}/deliveryStatus/${enc(dipId)}/${enc(sur)}`;
    const call = await this.#client.call('GET', path, { signal });
    if (call.kind === 'answer' && (call.reply.status === 204 || call.reply.status === 404)) return { kind: 'answer', value: null };
    return this.#read(call, (body) => JSON.parse(body));
  }

  /** One page of a replay. `target`: an interface, or `STATUS_MESSAGES`. */
  async replay(
    target: string,
    dipId: string,
    ask: Window & { readonly mpan?: string },
    token: string | undefined,
    signal: AbortSignal,
  ): Promise<Question<ReplayPage>> {
    const call = await this.#client.call('POST', `${root(target)}/replay/${enc(dipId)}`, {
      body: JSON.stringify(body(target, ask)),
      ...(token === undefined ? {} : { headers: { 'x-continuation-token': token } }),
      signal,
    });
    return this.#read(call, (text, headers, status) => {
      const next = headers['x-continuation-token'];
      return { items: itemsOf(text), ...(status === 206 && next ? { token: next } : {}) };
    });
  }

  /** Ask for everything of a window to be sent to our callbacks again; answers the id of the requeue (null when none came). */
  async requeue(target: string, dipId: string, window: Window, signal: AbortSignal): Promise<Question<string | null>> {
    const call = await this.#client.call('POST', `${root(target)}/requeue/${enc(dipId)}`, { body: JSON.stringify(body(target, window)), signal });
    return this.#read(call, requeueIdOf);
  }

  async requeueStatus(target: string, dipId: string, requeueId: string, signal: AbortSignal): Promise<Question<RequeueStatus>> {
    const path = `${root(target)}/requeueStatus/${enc(dipId)}?requeue-id=${enc(requeueId)}`;
    return this.#read(await this.#client.call('GET', path, { signal }), (text) => statusOf(text, requeueId));
  }

  #read<T>(call: DipCall, read: (body: string, headers: Readonly<Record<string, string | undefined>>, status: number) => T): Question<T> {
    if (call.kind === 'aborted') return call;
    if (call.kind === 'unreachable') return { kind: 'unreachable', retryAfterMs: 0, text: call.text };
    const { status, headers, body: text } = call.reply;
    const retryAfterMs = parseRetryAfterMs(headers['retry-after'], this.#clock.now());
    const said = parseAnswer(text)?.[0]?.text ?? `status ${status}`;
    switch (classifyStatus(status)) {
      case 'accepted':
        try {
          return { kind: 'answer', value: read(text, headers, status) };
        } catch {
          return { kind: 'unreachable', retryAfterMs: 0, text: `status ${status} with a body that is no JSON` };
        }
      case 'retry':
        return { kind: status === 429 ? 'busy' : 'unreachable', retryAfterMs, text: said };
      default:
        return { kind: 'refused', status, text: said };
    }
  }
}

function root(target: string): string {
  return target === STATUS_MESSAGES ? '/statusmessage' : `/dip-channel/${enc(target)}`;
}

function body(target: string, ask: Window & { readonly mpan?: string }): object {
  // Whole seconds only: round outwards.
  const window = { datetimeFrom: formatUtc(ask.from), datetimeTo: formatUtc(ask.to + 999) };
  return target === STATUS_MESSAGES ? window : { ...window, eventCode: null, MPAN: ask.mpan ?? null, version: null };
}

/** Items of a replay answer: an array of messages or of responses, or nothing of the kind. */
function itemsOf(text: string): readonly unknown[] {
  if (text.trim() === '') return [];
  const value: unknown = JSON.parse(text);
  return Array.isArray(value) ? value : [];
}

/** The id comes as a JSON string, or as a member of an object. */
function requeueIdOf(text: string): string | null {
  if (text.trim() === '') return null;
  const value: unknown = JSON.parse(text);
  const block = blockOf(value);
  return textOf(value) ?? textOf(block?.requeueId) ?? textOf(block?.['requeue-id']) ?? textOf(block?.id);
}

function statusOf(text: string, requeueId: string): RequeueStatus {
  if (text.trim() === '') return 'unknown';
  const value: unknown = JSON.parse(text);
  const entries = (Array.isArray(value) ? value : [value]).map(blockOf);
  const entry = entries.find((candidate) => candidate?.requeueId === requeueId) ?? (entries.length === 1 ? entries[0] : undefined);
  const status = entry?.status;
  return status === 'Processing' || status === 'Completed' || status === 'Failed' || status === 'PartialCompletion' ? status : 'unknown';
}

function enc(text: string): string {
  return encodeURIComponent(text);
}
