/**
 * Who may deliver now: so many of one receiver, so many in all. Those who wait are let in by turns among receivers, and in order
 * of coming within one, so a slow receiver keeps nobody else waiting.
 */
interface Waiting {
  readonly enter: (leave: (() => void) | undefined) => void;
}

interface Receiver {
  running: number;
  readonly waiting: Waiting[];
}

export class Places {
  readonly #perReceiver: number;
  readonly #inAll: number;
  /** The one whose turn is longest past comes first. */
  readonly #receivers = new Map<string, Receiver>();
  #running = 0;

  constructor(perReceiver: number, inAll: number) {
    this.#perReceiver = perReceiver;
    this.#inAll = inAll;
  }

  get running(): number {
    return this.#running;
  }

  /** Resolves with how to leave once there is room; undefined when the signal came first. */
  enter(name: string, signal: AbortSignal): Promise<(() => void) | undefined> {
    if (signal.aborted) return Promise.resolve(undefined);
    const receiver = this.#receivers.get(name) ?? { running: 0, waiting: [] };
    this.#receivers.set(name, receiver);
    return new Promise((resolve) => {
      const stop = (): void => {
        const at = receiver.waiting.indexOf(waiting);
        if (at >= 0) receiver.waiting.splice(at, 1);
        this.#forget(name, receiver);
        resolve(undefined);
      };
      const waiting: Waiting = {
        enter: (leave) => {
          signal.removeEventListener('abort', stop);
          resolve(leave);
        },
      };
      signal.addEventListener('abort', stop, { once: true });
      receiver.waiting.push(waiting);
      this.#let();
    });
  }

  #let(): void {
    while (this.#running < this.#inAll) {
      const next = this.#next();
      if (!next) return;
      const [name, receiver] = next;
      // Its turn is over: to the end of the row.
      this.#receivers.delete(name);
      this.#receivers.set(name, receiver);
      receiver.running++;
      this.#running++;
      receiver.waiting.shift()?.enter(() => this.#leave(name, receiver));
    }
  }

  #next(): [string, Receiver] | undefined {
    for (const entry of this.#receivers) if (entry[1].waiting.length > 0 && entry[1].running < this.#perReceiver) return entry;
    return undefined;
  }

  #leave(name: string, receiver: Receiver): void {
    receiver.running--;
    this.#running--;
    this.#forget(name, receiver);
    this.#let();
  }

  #forget(name: string, receiver: Receiver): void {
    if (receiver.running === 0 && receiver.waiting.length === 0 && this.#receivers.get(name) === receiver) this.#receivers.delete(name);
  }
}
