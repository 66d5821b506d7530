/** The channel `dip-query`: what became of our message, and please send these again (appointments 7.3, rows 5 and 22 to 24). */
import type { EpochMs } from '../../machines/common/effects.ts';
import type { Channel, EffectResult } from '../engine/definition.ts';
import type { Clock, Log, Random } from '../engine/ports.ts';
import type { Effect } from '../store/store.ts';
import { type Block, blockOf, textOf } from './fields.ts';
import { readJournal } from './journal.ts';
import type { RetryOptions } from './options.ts';
import type { DipQueries, Question } from './query.ts';
import type { Replayer } from './replayer.ts';
import { retryDelayMs } from './retry.ts';

export interface QueryChannelSetup {
  readonly queries: DipQueries;
  readonly replayer: Replayer;
  readonly retry: RetryOptions;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** The journal says that the DIP gave up on a recipient since `since`. */
  readonly onRetriesExhausted: (dipId: string, since: EpochMs) => void;
}

const CAPACITY = 16;

export class DipQueryChannel implements Channel {
  readonly name = 'dip-query';
  readonly ordering = 'actor';
  readonly capacity = CAPACITY;
  readonly #setup: QueryChannelSetup;

  constructor(setup: QueryChannelSetup) {
    this.#setup = setup;
  }

  /** Told apart by their data: a delivery query carries a `sur`, a replay request a window. */
  async perform(effect: Effect, attempt: number, signal: AbortSignal): Promise<EffectResult> {
    const data = blockOf(effect.data);
    const interfaceId = textOf(data?.interface);
    const dipId = textOf(data?.supplierDipId);
    if (data === null || interfaceId === null || dipId === null) {
      this.#setup.log.error({ effect: effect.key }, 'a DIP query without interface or supplier');
      return { kind: 'done' };
    }
    const sur = textOf(data.sur);
    return sur === null ? this.#replay(data, interfaceId, dipId, attempt, signal) : this.#delivery(effect, data, interfaceId, dipId, sur, attempt, signal);
  }

  async #delivery(effect: Effect, data: Block, interfaceId: string, dipId: string, sur: string, attempt: number, signal: AbortSignal): Promise<EffectResult> {
    const answer = (outcome: string, text: string): EffectResult => ({ kind: 'done', event: { type: 'delivery.status', sur, outcome, text } });
    if (data.test === true) return answer('unknown', 'test mode: the DIP was not asked');
    const question = await this.#setup.queries.delivery(interfaceId, dipId, sur, signal);
    if (question.kind !== 'answer') return this.#later(question, attempt) ?? answer('unknown', textOfQuestion(question));
    const verdict = readJournal(question.value);
    if (verdict.retriesExhausted) this.#setup.onRetriesExhausted(dipId, effect.createdAt);
    return answer(verdict.outcome, verdict.text);
  }

  async #replay(data: Block, interfaceId: string, dipId: string, attempt: number, signal: AbortSignal): Promise<EffectResult> {
    const answer = (outcome: string, text: string): EffectResult => ({
      kind: 'done',
      event: { type: 'replay.answered', interface: interfaceId, outcome, text },
    });
    const { from, to, mpan } = data;
    if (typeof from !== 'number' || typeof to !== 'number') return answer('refused', 'the request has no window');
    if (data.test === true) return answer('refused', 'test mode: the DIP was not asked');
    const question = await this.#setup.replayer.replay(interfaceId, dipId, { from, to, ...(typeof mpan === 'string' ? { mpan } : {}) }, signal);
    if (question.kind !== 'answer') return this.#later(question, attempt) ?? answer('refused', textOfQuestion(question));
    return answer('accepted', `${question.value} messages came with the answer`);
  }

  /** Undefined when trying again cannot help. */
  #later(question: Question<unknown>, attempt: number): EffectResult | undefined {
    if (question.kind === 'aborted') return { kind: 'retry', delayMs: 0, text: 'stopped' };
    if (question.kind !== 'busy' && question.kind !== 'unreachable') return undefined;
    const delayMs = retryDelayMs(this.#setup.retry, attempt, this.#setup.random.next(), question.retryAfterMs);
    return { kind: 'retry', delayMs, text: question.text };
  }
}

function textOfQuestion(question: Question<unknown>): string {
  return question.kind === 'refused' ? `status ${question.status}: ${question.text}` : '';
}
