/** A gate that others watch: open or closed, with a call at every change. */

export interface GateView {
  readonly open: boolean;
  /** Called with the new state at every change; returns how to stop listening. */
  onChange(listener: (open: boolean) => void): () => void;
  /** Called once, at once when the gate is open; returns how to give up waiting. */
  onOpen(run: () => void): () => void;
}

export class Gate implements GateView {
  #open: boolean;
  readonly #listeners = new Set<(open: boolean) => void>();

  constructor(open: boolean) {
    this.#open = open;
  }

  get open(): boolean {
    return this.#open;
  }

  set(open: boolean): void {
    if (open === this.#open) return;
    this.#open = open;
    for (const listener of [...this.#listeners]) listener(open);
  }

  onChange(listener: (open: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  onOpen(run: () => void): () => void {
    if (this.#open) {
      run();
      return () => {};
    }
    const stop = this.onChange((open) => {
      if (!open) return;
      stop();
      run();
    });
    return stop;
  }
}
