/**
 * Lines that are kept for one session each, however often it dials: nobody else gets them between two calls.
 *
 * ```
 *   keep ─► leased ─take─► in use ─freed─► kept ─take─► in use
 *              └──────────────┴─────drop─────┴──► for others again
 * ```
 */
import { LinkError } from '../link/link.ts';
import type { Line } from './line.ts';

interface Kept {
  readonly owner: string;
  readonly line: Line;
  /** `leased`: taken from the others and not dialled yet. */
  state: 'leased' | 'in-use' | 'kept';
  /** The session wants to dial again as soon as the line is on hook. */
  next: { readonly resolve: () => void; readonly refuse: (error: LinkError) => void } | undefined;
}

export class Reservations {
  readonly #byOwner = new Map<string, Kept>();
  readonly #byLine = new Map<Line, Kept>();

  has(owner: string): boolean {
    return this.#byOwner.has(owner);
  }

  /** @param line leased to that owner */
  keep(owner: string, line: Line): void {
    const kept: Kept = { owner, line, state: 'leased', next: undefined };
    this.#byOwner.set(owner, kept);
    this.#byLine.set(line, kept);
  }

  /** The owner's line, leased, to dial with; waits until it is on hook. @throws LinkError */
  async take(owner: string, signal: AbortSignal): Promise<Line> {
    const kept = this.#byOwner.get(owner);
    if (kept === undefined) throw new LinkError('no_line', 'the line is not kept any more');
    if (signal.aborted) throw new LinkError('aborted', 'broken off before dialling');
    if (kept.state === 'in-use') await this.#onHook(kept, signal);
    if (kept.state === 'kept') kept.line.lease(owner);
    kept.state = 'in-use';
    return kept.line;
  }

  /** The line is on hook again. False: it is kept for nobody. */
  freed(line: Line): boolean {
    const kept = this.#byLine.get(line);
    if (kept === undefined) return false;
    kept.state = 'kept';
    kept.next?.resolve();
    return true;
  }

  /** It is kept no longer. Returns the line and whether it is on hook, and if it was never dialled; one in use comes back by itself. */
  drop(owner: string): { readonly line: Line; readonly state: 'leased' | 'in-use' | 'kept' } | undefined {
    const kept = this.#byOwner.get(owner);
    if (kept === undefined) return undefined;
    this.#byOwner.delete(owner);
    this.#byLine.delete(kept.line);
    kept.next?.refuse(new LinkError('aborted', 'the line is not kept any more'));
    return kept;
  }

  #onHook(kept: Kept, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        kept.next = undefined;
        signal.removeEventListener('abort', abort);
      };
      const refuse = (error: LinkError): void => {
        settle();
        reject(error);
      };
      const abort = (): void => refuse(new LinkError('aborted', 'broken off while waiting for the line'));
      kept.next = {
        resolve: () => {
          settle();
          resolve();
        },
        refuse,
      };
      signal.addEventListener('abort', abort, { once: true });
    });
  }
}
