/** A link machine that remembers what its driver does not tell: whether it takes requests, and why an outcome is unknown. */
import type { LinkCommand, LinkEvent, LinkFailure, LinkInput, LinkMachine, LinkStep } from '../../../workers/codec/common/index.ts';
import type { AnyEvent } from '../driver-types.ts';

export class WatchedMachine<Event extends AnyEvent> implements LinkMachine<LinkCommand, Event> {
  readonly #machine: LinkMachine<LinkCommand, Event>;
  #doubt: LinkFailure | undefined;
  #failed = false;
  #isOpen = false;

  constructor(machine: LinkMachine<LinkCommand, Event>) {
    this.#machine = machine;
  }

  /** Why the last volatile request has no known outcome, where the machine itself said so. */
  get doubt(): LinkFailure | undefined {
    return this.#doubt;
  }

  /** The machine gave its link up: what follows goes out without it. */
  get failed(): boolean {
    return this.#failed;
  }

  /** Requests are taken. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  step(input: LinkInput<LinkCommand>, nowMs: number): LinkStep<Event> {
    if (input.type === 'command') {
      const { type } = input.command;
      if (type === 'request' || type === 'open') this.#doubt = undefined;
      if (type === 'open') this.#failed = false;
    }
    const step = this.#machine.step(input, nowMs);
    for (const event of step.events as readonly (Event & LinkEvent)[]) this.#note(event);
    return step;
  }

  #note(event: LinkEvent): void {
    if (event.type === 'unknown-outcome') this.#doubt = event.reason;
    if (event.type === 'opened') this.#isOpen = true;
    const gaveUp = event.type === 'failed' && event.reason !== 'busy' && event.reason !== 'not-open';
    if (gaveUp) this.#failed = true;
    if (gaveUp || event.type === 'closed') this.#isOpen = false;
  }
}
