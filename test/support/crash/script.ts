/** A channel that answers when the script says so, and remembers everything it was ever handed, over the lives of engines. */
import type { Channel, EffectResult } from '../../../actors/engine/definition.ts';
import type { Effect } from '../../../actors/store/store.ts';
import type { ActorId, Json } from '../../../machines/common/effects.ts';

type Answer = { readonly type: string; readonly [member: string]: Json | undefined };

/** What outlives the engines of one run: the outside world. */
export class Outside {
  /** `channel key body` of everything that arrived, by routing key. */
  readonly arrived = new Map<string, Set<string>>();
  /** Bodies by effect key, to notice one reference with two bodies. */
  readonly bodies = new Map<string, string>();
  readonly twoBodies: string[] = [];
  readonly #answers = new Map<string, Answer>();
  readonly #waiting = new Map<string, { readonly actor: ActorId; readonly resolve: (answer: Answer | undefined) => void }>();

  /** The effect of that key is answered, now or whenever it arrives. */
  answer(effectKey: string, answer: Answer): void {
    this.#answers.set(effectKey, answer);
    this.#leave(effectKey, answer);
  }

  /** Nobody owes these any more: they end without an answer, as a channel's work does whose actor took its wish back. */
  letGo(isOwed: (actor: ActorId, effectKey: string) => boolean): void {
    for (const [key, { actor }] of [...this.#waiting]) if (!isOwed(actor, key)) this.#leave(key, undefined);
  }

  #leave(effectKey: string, answer: Answer | undefined): void {
    this.#waiting.get(effectKey)?.resolve(answer);
    this.#waiting.delete(effectKey);
  }

  channel(name: string, options: { readonly ordering: Channel['ordering']; readonly immediate?: (effect: Effect) => EffectResult }): Channel {
    return {
      name,
      capacity: 100_000,
      ordering: options.ordering,
      perform: async (effect) => {
        this.#note(name, effect);
        if (options.immediate) return options.immediate(effect);
        const known = this.#answers.get(effect.key);
        const event = known ?? (await new Promise<Answer | undefined>((resolve) => this.#waiting.set(effect.key, { actor: effect.actor, resolve })));
        return event === undefined ? { kind: 'done' } : { kind: 'done', event };
      },
    };
  }

  #note(channel: string, effect: Effect): void {
    const body = effect.body ?? JSON.stringify(effect.data);
    const before = this.bodies.get(effect.key);
    if (before !== undefined && before !== body) this.twoBodies.push(effect.key);
    this.bodies.set(effect.key, body);
    let set = this.arrived.get(effect.routingKey);
    if (!set) {
      set = new Set();
      this.arrived.set(effect.routingKey, set);
    }
    set.add(`${channel} ${effect.key} ${body}`);
  }
}
