/**
 * The stop switch: while it is on, no session is opened and no write leaves, on the whole installation. Kept as a record, so that it
 * outlives a restart.
 *
 * Among many nodes the record is looked at all the time, and at once when another node says that it changed: a switch holds
 * everywhere within `FRESH_MS`, and a word that is lost does no harm.
 *
 * Invariants
 * - T1 The gate for new sessions is closed while the record was not looked at for `FRESH_MS`: a session that begins knows a state
 *   that is no older.
 * - T2 What is known is never put back by a look that began before it.
 */
import type { ActorId, EpochMs, Json } from '../../machines/common/effects.ts';
import { NO_VOICE, type Voice } from '../cluster/contract.ts';
import type { Channel, Handler } from '../engine/definition.ts';
import type { EngineFace } from '../engine/face.ts';
import type { Clock, Ids, Log, Timer } from '../engine/ports.ts';

const KEY = 'directory';
const RECORD_ID: ActorId = 'switch:meter-actions';

export type SwitchState = { readonly on: boolean; readonly by: string; readonly reason: string; readonly at: EpochMs };

const TOPIC = 'stop-switch';
/** Oldest state that a session may begin with. */
const FRESH_MS = 1_000;
/** Pause between two looks: one may fail or be slow, and the next is still in time. */
const LOOK_MS = 400;

/** Other nodes, which have the same switch. */
export interface SwitchNodes {
  readonly voice: Voice;
  readonly clock: Clock;
  readonly log: Log;
}

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
  /** Undefined: this process is alone. */
  readonly #nodes: SwitchNodes | undefined;
  readonly #listeners = new Set<(open: boolean) => void>();
  #state: SwitchState = OFF;
  /** Rises with everything that is known better than a look that is under way. */
  #knowledge = 0;
  /** Calls of `set` that are not kept yet. */
  #setting = 0;
  #looking = false;
  #lookAgain = false;
  #timer: Timer | undefined;
  #stopped = true;
  #unhear: () => void = () => {};
  /** Monotonic instant at which the last look that came back began. */
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(engine: Pick<EngineFace, 'command' | 'store'>, ids: Ids, nodes?: SwitchNodes) {
    this.#engine = engine;
    this.#ids = ids;
    this.#nodes = nodes === undefined || nodes.voice === NO_VOICE ? undefined : nodes;
  }

  get state(): SwitchState {
    return this.#state;
  }

  get on(): boolean {
    return this.#state.on;
  }

  /** For the channel: open while the switch is known to be off. Changes are told of the switch only, and of an opening. */
  get gate(): NonNullable<Channel['gate']> {
    const current = (): boolean => !this.#state.on && this.#fresh;
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

  /** As it was left. Among many nodes it is followed from then on. */
  async load(): Promise<void> {
    if (!this.#nodes) {
      const [doc] = await this.#engine.store.get([RECORD_ID]);
      if (doc) this.#take(doc.snapshot as SwitchState);
      return;
    }
    this.#stopped = false;
    this.#unhear();
    this.#unhear = this.#nodes.voice.on(TOPIC, (payload) => this.#heard(payload));
    await this.#read(this.#nodes);
    this.#planLook();
  }

  /** Other nodes are followed no longer. */
  stop(): void {
    this.#stopped = true;
    this.#unhear();
    this.#timer?.cancel();
  }

  /** Holds at once when it is switched on; lets go only once that is kept. */
  async set(on: boolean, by: string, reason: string): Promise<SwitchState> {
    const before = this.#state;
    this.#setting++;
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
      this.#nodes?.voice.tell(TOPIC, { ...state });
      return state;
    } catch (error) {
      // What is not kept would be forgotten by a restart: the caller hears of it, and the state is as before; among many nodes, as it is read now.
      if (!this.#nodes) this.#take(before);
      throw error;
    } finally {
      this.#setting--;
      // What was kept, by whomever, is looked at again by those who follow.
      if (this.#nodes) void this.#look();
    }
  }

  get #fresh(): boolean {
    return !this.#nodes || this.#nodes.clock.monotonic() - this.#lookedAt < FRESH_MS;
  }

  /** Held at once; whether it lets go is read, for words may come late. */
  #heard(payload: Json): void {
    const { on, by, reason, at } = (payload ?? {}) as Partial<SwitchState>;
    if (on === true && typeof at === 'number' && at >= this.#state.at) this.#take({ on, by: String(by ?? ''), reason: String(reason ?? ''), at });
    void this.#look();
  }

  /** Now; when a look is under way, once more after it. */
  async #look(): Promise<void> {
    if (!this.#nodes || this.#stopped) return;
    if (this.#looking) {
      this.#lookAgain = true;
      return;
    }
    this.#looking = true;
    this.#timer?.cancel();
    do {
      this.#lookAgain = false;
      try {
        await this.#read(this.#nodes);
      } catch (error) {
        this.#nodes.log.warn({ err: error }, 'the stop switch cannot be looked at: no session begins meanwhile');
      }
    } while (this.#lookAgain && !this.#stopped);
    this.#looking = false;
    this.#planLook();
  }

  #planLook(): void {
    if (this.#stopped || !this.#nodes) return;
    this.#timer?.cancel();
    this.#timer = this.#nodes.clock.after(LOOK_MS, () => void this.#look());
  }

  async #read({ clock }: SwitchNodes): Promise<void> {
    const began = clock.monotonic();
    const knowledge = this.#knowledge;
    const [doc] = await this.#engine.store.get([RECORD_ID]);
    const state = (doc?.snapshot as SwitchState | undefined) ?? OFF;
    if (knowledge !== this.#knowledge) {
      this.#lookAgain = true;
      return;
    }
    const wasFresh = this.#fresh;
    // While our own word is on its way, what is read may hold, and lets go of nothing.
    if (state.on || this.#setting === 0) this.#take(state);
    this.#lookedAt = began;
    if (!wasFresh && this.#fresh && !this.#state.on) this.#tell(true);
  }

  #take(state: SwitchState): void {
    const changed = state.on !== this.#state.on;
    this.#state = state;
    if (!changed) return;
    this.#knowledge++;
    this.#tell(!state.on);
  }

  #tell(open: boolean): void {
    for (const listener of [...this.#listeners]) listener(open);
  }
}
