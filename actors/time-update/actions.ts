/** What the faces of the house (API, operators, command line) do with actions. */
import type { ActionRequest } from '../../machines/time-update/index.ts';
import type { EngineFace } from '../engine/face.ts';
import type { Clock, Ids } from '../engine/ports.ts';
import type { ActorDoc, Page } from '../store/store.ts';
import type { CancelReply, SubmitReply } from './handlers.ts';
import { ACTION_KIND, actionActor, ownerIndex } from './names.ts';
import { GroupedRequestIds, type RequestIdSource, RequestIds } from './request-ids.ts';

/** A request as a face hands it over: checked, its password sealed. */
export type NewAction = Omit<ActionRequest, 'requestId' | 'requestedAt'>;

export interface ActionsSetup {
  readonly engine: Pick<EngineFace, 'command' | 'store'>;
  readonly ids: Ids;
  readonly clock: Pick<Clock, 'now' | 'soon'>;
  /** Request ids reserved at once, where this process is alone. */
  readonly requestIdRange: number;
  /** Other nodes give out request ids too. Default: this process is alone. */
  readonly manyNodes?: boolean;
}

export class Actions {
  readonly #setup: ActionsSetup;
  readonly #requestIds: RequestIdSource;

  constructor(setup: ActionsSetup) {
    this.#setup = setup;
    const { engine, ids, clock, requestIdRange, manyNodes = false } = setup;
    this.#requestIds = manyNodes ? new GroupedRequestIds(engine, ids, clock) : new RequestIds(engine, ids, requestIdRange);
  }

  /** Resolves with the request id once the action is durable. Rejects as `EngineFace.command` does. */
  async submit(action: NewAction): Promise<number> {
    const { engine, ids, clock } = this.#setup;
    const request: ActionRequest = { ...action, requestId: await this.#requestIds.next(), requestedAt: clock.now() };
    const reply = await engine.command<SubmitReply>({
      key: request.target.canonicalAddress,
      type: 'action.submit',
      payload: request,
      origin: 'caller',
      id: ids.uuid(),
    });
    return reply.requestId;
  }

  /** Undefined where there is none. Whose it is, is for the caller to look at: `contextOf(doc).request.owner`. */
  async find(requestId: number): Promise<ActorDoc | undefined> {
    const [doc] = await this.#setup.engine.store.get([actionActor(requestId)]);
    return doc?.kind === ACTION_KIND ? doc : undefined;
  }

  /** Cancels it as far as that is still possible; false where there is no such action. @param by who asked */
  async cancel(requestId: number, by: string): Promise<boolean> {
    const doc = await this.find(requestId);
    if (!doc) return false;
    const { engine, ids } = this.#setup;
    const reply = await engine.command<CancelReply>({ key: doc.key, type: 'action.cancel', payload: { requestId, by }, origin: 'caller', id: ids.uuid() });
    return reply.kind === 'taken';
  }

  /** Actions of an owner, newest first. */
  list(owner: string, limit: number, cursor?: string): Promise<Page<ActorDoc>> {
    const query = { index: 'about', value: ownerIndex(owner), order: 'desc', limit } as const;
    return this.#setup.engine.store.page(cursor === undefined ? query : { ...query, cursor });
  }
}
