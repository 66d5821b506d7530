/**
 * Meter actions over either door: the MTS API for a token with that scope, the operator's API for whoever steers the engine. Which
 * one a token opens is found out with the first call.
 */
import { type Answer, CallError, type Target, wordsOf } from './target.ts';

/** An action as either door shows it; the members of the second group only the operator's. */
export interface ActionItem {
  readonly requestId: number;
  readonly requestReference?: string;
  readonly immediate?: boolean;
  readonly meterType: string;
  readonly remoteAddress: string;
  readonly comsSettings?: string;
  readonly outstationAddress?: string;
  readonly action: string;
  readonly result: string;
  readonly actionRequestTime?: string;
  readonly actionStartTime?: string;
  readonly actionEndTime?: string;
  readonly connectionStartTime?: string;
  readonly connectionEndTime?: string;
  readonly serialNumber?: string;
  readonly meterTime?: string;
  readonly meterTimeOffset?: string;
  readonly meterTimeOffsetPostUpdate?: string;

  readonly state?: string;
  readonly attempt?: number;
  readonly stage?: string | null;
  readonly text?: string | null;
  readonly notes?: readonly string[];
  readonly traces?: readonly { readonly attempt: number; readonly text: string }[];
}

export interface SubmitOptions {
  readonly task: 'time-update' | 'read-clock';
  /** Keep the octets; operators only. */
  readonly trace: boolean;
}

type Door = 'mts' | 'operator';

/** The token does not open this door, or the action is not to be seen through it. */
const CLOSED: ReadonlySet<number> = new Set([401, 403]);

export class ActionsClient {
  readonly #target: Target;
  /** The door that let the last call through. */
  #door: Door | undefined;

  constructor(target: Target) {
    this.#target = target;
  }

  get target(): Target {
    return this.#target;
  }

  /** The answer as it came; 200 or 201 with `{requestId}` when it was taken. */
  submit(body: object, { task, trace }: SubmitOptions): Promise<Answer> {
    const asOperator = { path: '/ops/v1/meter-actions', method: 'POST', body: { ...body, task, trace } } as const;
    if (task !== 'time-update' || trace) return this.#target.call(asOperator.path, { ...asOperator, as: 'operator' });
    return this.#through({ mts: { path: '/MTS/time-update', method: 'POST', body }, operator: asOperator }, 'mts');
  }

  /** @throws CallError with the server's words */
  async status(requestId: number): Promise<ActionItem> {
    const answer = await this.statusAnswer(requestId);
    if (answer.status !== 200) throw new CallError(answer.status, `${answer.status} ${wordsOf(answer)}`);
    return answer.json as ActionItem;
  }

  statusAnswer(requestId: number): Promise<Answer> {
    return this.#through({ mts: { path: `/MTS/action-status?requestId=${requestId}` }, operator: { path: `/ops/v1/meter-actions/${requestId}` } }, 'operator');
  }

  /** @throws CallError with the server's words */
  async cancel(requestId: number): Promise<void> {
    const answer = await this.#through(
      {
        mts: { path: '/MTS/action-cancel', method: 'DELETE', body: { requestId } },
        operator: { path: `/ops/v1/meter-actions/${requestId}/cancel`, method: 'POST' },
      },
      'operator',
    );
    if (answer.status !== 200) throw new CallError(answer.status, `${answer.status} ${wordsOf(answer)}`);
  }

  async #through(
    calls: Readonly<Record<Door, { readonly path: string; readonly method?: 'POST' | 'DELETE'; readonly body?: object }>>,
    first: Door,
  ): Promise<Answer> {
    const door = this.#door ?? (this.#target.knowsMtsToken ? first : 'operator');
    const answer = await this.#target.call(calls[door].path, { ...calls[door], as: door });
    const other: Door = door === 'mts' ? 'operator' : 'mts';
    if (!CLOSED.has(answer.status) || this.#door !== undefined || (other === 'mts' && !this.#target.knowsMtsToken)) {
      if (!CLOSED.has(answer.status)) this.#door ??= door;
      return answer;
    }
    const second = await this.#target.call(calls[other].path, { ...calls[other], as: other });
    if (CLOSED.has(second.status)) return answer;
    this.#door = other;
    return second;
  }
}
