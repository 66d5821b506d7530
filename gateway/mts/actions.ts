/** Meter actions as the gateway asks for them. Passwords are sealed here, before they go anywhere. */
import type { ActorDoc } from '../../actors/store/store.ts';
import { type Actions, contextOf } from '../../actors/time-update/index.ts';
import type { ActionContext } from '../../machines/time-update/index.ts';
import type { CheckedOrder } from './order.ts';

/** Keeps passwords: sealed for the session, marked for the memory of refused ones. */
export interface PasswordSealer {
  /** Base64url; another one at each call. */
  seal(password: string): string;
  /** @throws MeterwrightError when it was sealed with another key */
  open(sealed: string): string;
  /** A keyed digest: the same for the same password, nothing to use it by. */
  mark(password: string): string;
}

export interface MeterActionsDeps {
  readonly actions: Pick<Actions, 'submit' | 'find' | 'cancel'>;
  readonly passwords: PasswordSealer;
}

/** Who asks. */
export interface Asker {
  readonly tokenId: string;
  readonly owner: string;
}

export interface FoundAction {
  readonly doc: ActorDoc;
  readonly context: ActionContext;
}

/** What stands in place of a password. */
const HIDDEN = '********';

export class MeterActions {
  readonly #actions: MeterActionsDeps['actions'];
  readonly #passwords: PasswordSealer;

  constructor({ actions, passwords }: MeterActionsDeps) {
    this.#actions = actions;
    this.#passwords = passwords;
  }

  /** Resolves with the request id once the action is durable. Rejects as `EngineFace.command` does. */
  submit({ password, ...order }: CheckedOrder, asker: Asker, trace = false): Promise<number> {
    const kept = password === undefined ? {} : { sealedPassword: this.#passwords.seal(password), passwordMark: this.#passwords.mark(password) };
    return this.#actions.submit({ ...order, ...asker, ...kept, trace });
  }

  /** Undefined: no such action. */
  async find(requestId: number): Promise<FoundAction | undefined> {
    const doc = await this.#actions.find(requestId);
    return doc && { doc, context: contextOf(doc) };
  }

  /** Whatever its state, the action is told; resolves once that is durable. */
  async cancel({ context }: FoundAction, by: string): Promise<void> {
    await this.#actions.cancel(context.request.requestId, by);
  }

  /** The password of an action in clear for the token that brought it, covered for others; undefined where there is none. */
  passwordFor({ context: { request } }: FoundAction, tokenId: string): string | undefined {
    if (request.sealedPassword === undefined) return undefined;
    if (request.tokenId !== tokenId) return HIDDEN;
    try {
      return this.#passwords.open(request.sealedPassword);
    } catch {
      // Sealed with a key that is gone: the rest of the status is worth having.
      return HIDDEN;
    }
  }
}
