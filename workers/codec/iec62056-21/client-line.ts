/**
 * The client's half of the half-duplex line: what goes out when, for how long an answer is waited for, and at which speed.
 *
 * ```
 *   put ─► held until the line was quiet for long enough ─► sent ─► replyByMs
 *                                                    octets come ─► octetByMs, until the telegram is whole
 * ```
 */
import type { CompleteClientOptions, LineChange } from './client-options.ts';
import { EchoFilter } from './echo.ts';
import { putEvenParity } from './octets.ts';

export interface Outgoing {
  readonly octets: Uint8Array;
  /** For the answer, from when it went out. */
  readonly waitMs: number;
  /** Speed of the line behind it. */
  readonly baud?: number;
}

export class ClientLine {
  /** What went out since `begin`. */
  sent: Uint8Array[] = [];
  replyByMs: number | null = null;
  octetByMs: number | null = null;
  readonly #options: CompleteClientOptions;
  readonly #changed: (change: LineChange) => void;
  readonly #echo = new EchoFilter();
  #held: (Outgoing & { readonly atMs: number }) | undefined;
  #clearAtMs = Number.NEGATIVE_INFINITY;
  #baud: number;
  #nowMs = 0;

  constructor(options: CompleteClientOptions, changed: (change: LineChange) => void) {
    this.#options = options;
    this.#changed = changed;
    this.#baud = options.initialBaud;
  }

  get clearAtMs(): number {
    return this.#clearAtMs;
  }

  /** Something waits for the line to be quiet; what comes meanwhile answers nothing. */
  get holding(): boolean {
    return this.#held !== undefined;
  }

  get deadlineMs(): number | null {
    return this.#held?.atMs ?? this.octetByMs ?? this.replyByMs;
  }

  begin(nowMs: number): void {
    this.#nowMs = nowMs;
    this.sent = [];
  }

  /** Octets came. @returns those that are no echo */
  hear(octets: Uint8Array): Uint8Array {
    this.#clearAtMs = Math.max(this.#clearAtMs, this.#nowMs + this.#options.pauseMs);
    return this.#options.echo ? this.#echo.filter(octets) : octets;
  }

  /** A telegram has begun, or is whole again. */
  expectOctets(begun: boolean): void {
    this.octetByMs = begun ? this.#nowMs + this.#options.interOctetTimeoutMs : null;
  }

  expectReply(waitMs: number): void {
    this.replyByMs = this.#nowMs + waitMs;
  }

  /**
   * @param pauseMs from now, in place of the pause before commands
   * @returns true when it went out at once
   */
  put(outgoing: Outgoing, pauseMs?: number): boolean {
    this.stop();
    this.#held = { ...outgoing, atMs: pauseMs === undefined ? this.#clearAtMs : this.#nowMs + pauseMs };
    return this.sendDue();
  }

  /** @returns true when something went out */
  sendDue(): boolean {
    const held = this.#held;
    if (held === undefined || this.#nowMs < held.atMs) return false;
    this.#held = undefined;
    const octets = this.#options.sevenE1 ? putEvenParity(held.octets) : held.octets.slice();
    if (this.#options.echo) this.#echo.expect(octets);
    this.sent.push(octets);
    this.#clearAtMs = this.#nowMs + this.#options.pauseMs;
    this.expectReply(held.waitMs);
    if (held.baud !== undefined) this.changeTo(held.baud, 'after-send');
    return true;
  }

  /** An answer may still come late: the line is left quiet for longer. */
  settle(): void {
    this.#clearAtMs = Math.max(this.#clearAtMs, this.#nowMs + this.#options.settleMs);
  }

  /** The pause after a wake-up replaces every other. */
  clear(): void {
    this.#clearAtMs = this.#nowMs;
  }

  changeTo(baud: number, when: LineChange['when']): void {
    if (!this.#options.switchBaud || baud === this.#baud) return;
    this.#baud = baud;
    this.#changed({ type: 'line-change', baud, when });
  }

  /** Nothing is held, and nothing waited for. */
  stop(): void {
    this.#held = undefined;
    this.replyByMs = this.octetByMs = null;
  }
}
