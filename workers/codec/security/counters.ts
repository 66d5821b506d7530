/**
 * Invocation counters (Green Book, invocation counter; meter-protocols 5.9). A pair of key and sender's title may use a
 * counter once: a second message under the same one gives away both plaintexts and the key of the tag.
 *
 * I1 A range gives each counter once and only upwards; it never goes back, whatever fails afterwards.
 * I2 A range is reserved durably by its owner before it is made; what a crash leaves unused is lost, not used again.
 * I3 FFFFFFFF is the last counter of a key. After it the key has to be changed.
 */
import { type CodecError, codecError } from '../common/index.ts';
import { counterFault } from './control.ts';

export const LAST_COUNTER = 0xffff_ffff;

/** Added above the greater of the stored and the read counter after a restore, or when behind the meter. */
export const RECOVERY_MARGIN = 1000;

export type CounterOutcome =
  | { readonly kind: 'good'; readonly counter: number }
  /** `range`: reserve another one. `key`: change the key. */
  | { readonly kind: 'exhausted'; readonly what: 'range' | 'key'; readonly error: CodecError }
  | { readonly kind: 'bad'; readonly error: CodecError };

const KEY_USED_UP: CounterOutcome = {
  kind: 'exhausted',
  what: 'key',
  error: codecError('counter_exhausted', 0, 'invocationCounter: the key has none left, it must be changed', LAST_COUNTER),
};

export class CounterRange {
  #next: number;
  readonly #end: number;

  /**
   * @param first the first counter to give
   * @param size how many were reserved; cut at FFFFFFFF
   */
  constructor(first: number, size: number) {
    const whole = counterFault(first) === undefined && Number.isSafeInteger(size) && size > 0;
    this.#next = first;
    this.#end = whole ? Math.min(first + size, LAST_COUNTER + 1) : first;
  }

  /** Counters that can still be given. */
  get left(): number {
    return this.#end - this.#next;
  }

  /** The next counter, to be used once. */
  next(): CounterOutcome {
    const counter = this.#next;
    if (counter < this.#end) {
      this.#next = counter + 1;
      return { kind: 'good', counter };
    }
    if (counter > LAST_COUNTER) return KEY_USED_UP;
    return { kind: 'exhausted', what: 'range', error: codecError('counter_exhausted', 0, 'invocationCounter: the reserved range is used up', counter) };
  }

  /** Skips to a floor that the peer tells (`D8 01 06 nnnnnnnn`); a floor below is ignored, one behind the end uses the range up. */
  raiseTo(floor: number): void {
    if (counterFault(floor) === undefined && floor > this.#next) this.#next = Math.min(floor, this.#end);
  }
}

/** The last counter that was received under one key from one sender. */
export class LastSeen {
  #last: number | undefined;

  constructor(last?: number) {
    this.#last = last;
  }

  /** For `lastCounter` of a decipher. */
  get last(): number | undefined {
    return this.#last;
  }

  /** Why a counter is refused; undefined when it is above the last one. Nothing is remembered yet: the tag has to be right first. */
  fault(counter: number): CodecError | undefined {
    const last = this.#last;
    return last === undefined || counter > last ? counterFault(counter) : codecError('stale_counter', 0, `invocationCounter: above ${last}`, counter);
  }

  /** Remembers the counter of a message whose tag was right. Never goes back. */
  saw(counter: number): void {
    if (counterFault(counter) === undefined && (this.#last === undefined || counter > this.#last)) this.#last = counter;
  }
}

/** Where to go on after a restore: the greater of what was stored and what the meter tells, plus {@link RECOVERY_MARGIN}. */
export function recoveredCounter(stored: number | undefined, read: number | undefined): CounterOutcome {
  const fault = (stored === undefined ? undefined : counterFault(stored)) ?? (read === undefined ? undefined : counterFault(read));
  if (fault !== undefined) return { kind: 'bad', error: fault };
  const counter = Math.max(stored ?? 0, read ?? 0) + RECOVERY_MARGIN;
  return counter > LAST_COUNTER ? KEY_USED_UP : { kind: 'good', counter };
}
