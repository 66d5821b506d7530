import type { HdlcFrame } from './frame.ts';

type Information = Extract<HdlcFrame, { type: 'I' }>;

export type Taken =
  | { readonly kind: 'message'; readonly message: Uint8Array }
  | { readonly kind: 'segment' }
  /** Not the next number: it is dropped. */
  | { readonly kind: 'out-of-sequence' }
  | { readonly kind: 'too-large' };

/**
 * Puts segments together.
 *
 * I1 Each number is taken once and in order, so nothing is handed up twice and nothing is left out.
 * I2 What is kept is a copy, of at most `maxMessage` octets.
 */
export class Inbox {
  readonly #maxMessage: number;
  #next = 0;
  #parts: Uint8Array[] = [];
  #octets = 0;

  constructor(maxMessage: number) {
    this.#maxMessage = maxMessage;
  }

  /** V(R): the number that is awaited, and so the N(R) of every frame that is sent. */
  get next(): number {
    return this.#next;
  }

  take(frame: Information): Taken {
    if (frame.ns !== this.#next) return { kind: 'out-of-sequence' };
    this.#octets += frame.information.length;
    if (this.#octets > this.#maxMessage) return { kind: 'too-large' };
    this.#next = (this.#next + 1) & 7;
    this.#parts.push(frame.information.slice());
    return frame.segmented ? { kind: 'segment' } : { kind: 'message', message: this.#whole() };
  }

  #whole(): Uint8Array {
    const message = new Uint8Array(this.#octets);
    let at = 0;
    for (const part of this.#parts) {
      message.set(part, at);
      at += part.length;
    }
    this.#parts = [];
    this.#octets = 0;
    return message;
  }
}
