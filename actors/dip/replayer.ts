/** A whole replay, page after page. What comes with the answers is taken in as if it had come by callback. */
import { type DipQueries, type Question, STATUS_MESSAGES, type Window } from './query.ts';

/** A replay longer than this is cut; what is missing will be asked for again. */
const MAX_PAGES = 1_000;

/** Takes messages in durably; false when some could not be stored just now. */
export interface Intake {
  market(interfaceId: string, items: readonly unknown[]): Promise<boolean>;
  status(items: readonly unknown[]): Promise<boolean>;
}

export class Replayer {
  readonly #queries: DipQueries;
  readonly #intake: Intake;

  constructor(queries: DipQueries, intake: Intake) {
    this.#queries = queries;
    this.#intake = intake;
  }

  /** Answers how many messages came with the answers. A page that could not be stored makes the whole replay `unreachable`. */
  async replay(target: string, dipId: string, ask: Window & { readonly mpan?: string }, signal: AbortSignal): Promise<Question<number>> {
    let count = 0;
    let token: string | undefined;
    for (let page = 0; page < MAX_PAGES; page++) {
      const question = await this.#queries.replay(target, dipId, ask, token, signal);
      if (question.kind !== 'answer') return question;
      const { items } = question.value;
      const stored = items.length === 0 || (await (target === STATUS_MESSAGES ? this.#intake.status(items) : this.#intake.market(target, items)));
      if (!stored) return { kind: 'unreachable', retryAfterMs: 0, text: 'replayed messages could not be stored' };
      count += items.length;
      token = question.value.token;
      if (token === undefined) break;
    }
    return { kind: 'answer', value: count };
  }
}
