/** Nodes that hear each other inside one process, through voices that lose, hold back or delay what the test says. */
import type { NodeId, Voice } from '../../actors/cluster/contract.ts';
import type { Json } from '../../machines/common/effects.ts';

interface Word {
  readonly topic: string;
  readonly payload: Json;
  readonly from: NodeId;
  readonly to: NodeId;
}

export class Voices {
  readonly #listeners = new Map<NodeId, Map<string, Set<(payload: Json, from: NodeId) => void>>>();
  /** Every word that was said, heard or not, once. */
  readonly said: Omit<Word, 'to'>[] = [];
  /** Whether a word is lost on its way to one node. */
  loses: (word: Word) => boolean = () => false;

  /** The voice of one node. */
  of(node: NodeId): Voice {
    const listeners = new Map<string, Set<(payload: Json, from: NodeId) => void>>();
    this.#listeners.set(node, listeners);
    return {
      tell: (topic, payload) => this.#tell(node, topic, payload),
      on: (topic, listener) => {
        const there = listeners.get(topic) ?? new Set();
        listeners.set(topic, there.add(listener));
        return () => there.delete(listener);
      },
    };
  }

  /** The node hears and says nothing any more, as when its process died. */
  silence(node: NodeId): void {
    this.#listeners.delete(node);
  }

  #tell(from: NodeId, topic: string, payload: Json): void {
    if (!this.#listeners.has(from)) return;
    this.said.push({ topic, payload, from });
    const text = JSON.stringify(payload);
    for (const [to, listeners] of this.#listeners) {
      if (to === from || this.loses({ topic, payload, from, to })) continue;
      // As over a wire: later, and a copy.
      queueMicrotask(() => {
        for (const listener of [...(listeners.get(topic) ?? [])]) listener(JSON.parse(text) as Json, from);
      });
    }
  }
}
