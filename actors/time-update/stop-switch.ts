/**
 * The stop switch: while it is on, no session is opened and no write leaves, on the whole installation. Kept as a record, so that it
 * outlives a restart.
 */
import type { ActorId, EpochMs } from '../../machines/common/effects.ts';
import type { Channel, Handler } from '../engine/definition.ts';
import type { EngineFace } from '../engine/face.ts';
import type { Ids } from '../engine/ports.ts';

const KEY = 'directory';
const RECORD_ID: ActorId = 'switch:meter-actions';

export type SwitchState = { readonly on: boolean; readonly by: string; readonly reason: string; readonly at: EpochMs };

const OFF: SwitchState = { on: false, by: '', reason: '', at: 0 };

/** Payload `{on, by, reason}`; key `directory`; replies the state. */
export const setStopSwitch: Handler = async (turn, payload): Promise<SwitchState> => {
  const { on, by, reason } = payload as Omit<SwitchState, 'at'>;
  const state: SwitchState = { on, by, reason, at: turn.at };
  await turn.put({ id: RECORD_ID, kind: 'switch', state: on ? 'on' : 'off', record: state });
  return state;
};

export class StopSwitch {
  readonly #engine: Pick<EngineFace, 'command' | 'store'>;
  readonly #ids: Ids;
  readonly #listeners = new Set<(open: boolean) => void>();
  #state: SwitchState = OFF;

  constructor(engine: Pick<EngineFace, 'command' | 'store'>, ids: Ids) {
    this.#engine = engine;
    this.#ids = ids;
  }

  get state(): SwitchState {
    return this.#state;
  }

  get on(): boolean {
    return this.#state.on;
  }

  /** For the channel: open while the switch is off. */
  get gate(): NonNullable<Channel['gate']> {
    const current = (): boolean => !this.#state.on;
    return {
      get open() {
        return current();
      },
      onChange: (listener) => {
        this.#listeners.add(listener);
        return () => this.#listeners.delete(listener);
      },
    };
  }

  /** As it was left. */
  async load(): Promise<void> {
    const [doc] = await this.#engine.store.get([RECORD_ID]);
    if (doc) this.#take(doc.snapshot as SwitchState);
  }

  /** Holds at once when it is switched on; lets go only once that is kept. */
  async set(on: boolean, by: string, reason: string): Promise<SwitchState> {
    const before = this.#state;
    if (on) this.#take({ on, by, reason, at: before.at });
    try {
      const state = await this.#engine.command<SwitchState>({
        key: KEY,
        type: 'action.stop-switch',
        payload: { on, by, reason },
        origin: 'caller',
        id: this.#ids.uuid(),
      });
      this.#take(state);
      return state;
    } catch (error) {
      // What is not kept would be forgotten by a restart: the caller hears of it, and the state is as before.
      this.#take(before);
      throw error;
    }
  }

  #take(state: SwitchState): void {
    const changed = state.on !== this.#state.on;
    this.#state = state;
    if (changed) for (const listener of [...this.#listeners]) listener(!state.on);
  }
}
