/**
 * One use of a line: opens its port, drives the dialogue of its modem or pad, hangs up, closes the port.
 *
 * - C1 `ended` always resolves, and only after the modem was told to hang up and the port is closed, or neither could be done.
 * - C2 Whatever ends the call (the user, the modem, the port, an abort), the hang-up is done; when the port broke, it is opened once
 *   more for it.
 * - C3 Stamps are those of the port's callback, untouched.
 */
import type { ModemEvent, ModemInput } from '../../machines/modem-line/index.ts';
import type { Clock, Timer } from '../engine/ports.ts';
import { type LineSettings, LinkError, type Stamp } from '../link/link.ts';
import { deviceOf, hangsUpByClosing, type LineDialogue, lineDialogue } from './line-dialogue.ts';
import type { LineOptions } from './options.ts';
import { type LinePort, type OpenPort, stampOf } from './port.ts';

export interface CallDeps {
  readonly line: LineOptions;
  readonly settings: LineSettings;
  readonly clock: Clock;
  readonly openPort: OpenPort;
}

export interface CallEvents {
  data(octets: Uint8Array, at: Stamp): void;
  /** The call is gone, and `connect` does not wait any more to be told so. At most once. */
  failed(error: LinkError): void;
  hangingUp(): void;
}

/** `clean`: the modem said that it is on hook. `fault`: the line itself is to blame. */
export interface CallEnd {
  readonly clean: boolean;
  readonly fault: string | undefined;
}

type Wanted =
  | { readonly kind: 'connect'; resolve(bitsPerSecond: number | undefined): void; reject(error: LinkError): void }
  | { readonly kind: 'probe'; resolve(ok: boolean): void };

/** Failures that say something about the line, not about the far end. */
const FAULTS: ReadonlySet<string> = new Set(['modem_fault', 'no_dialtone', 'no_line']);

export class ModemCall {
  readonly ended: Promise<CallEnd>;
  readonly #deps: CallDeps;
  readonly #events: CallEvents;
  readonly #opening = new AbortController();
  #resolveEnded: (end: CallEnd) => void = () => {};
  #port: LinePort | undefined;
  #dialogue: LineDialogue | undefined;
  /** Nothing that is said over the port hangs up, only its end. */
  #closeHangsUp = false;
  #timer: Timer | undefined;
  #wanted: Wanted | undefined;
  #fault: string | undefined;
  #arrivedAt: Stamp;
  #over = false;
  #brokenBy: LinkError | undefined;
  #portGone = false;
  #hungUp: ((clean: boolean) => void) | undefined;
  #ending = false;

  constructor(deps: CallDeps, events: CallEvents) {
    this.#deps = deps;
    this.#events = events;
    this.#arrivedAt = stampOf(deps.clock);
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
  }

  /** Dials. @returns bits per second as the modem told them @throws LinkError the call then ends by itself */
  async connect(number: string): Promise<number | undefined> {
    await this.#openPort();
    return await new Promise((resolve, reject) => {
      if (this.#brokenBy !== undefined) {
        reject(this.#brokenBy);
        return;
      }
      this.#wanted = { kind: 'connect', resolve, reject };
      this.#input({ type: 'command', command: { type: 'dial', number } });
    });
  }

  /** Whether a modem answers. The call has ended afterwards. */
  async probe(): Promise<boolean> {
    try {
      await this.#openPort();
    } catch {
      return false;
    }
    if (this.#over) return false;
    return await new Promise((resolve) => {
      this.#wanted = { kind: 'probe', resolve };
      this.#input({ type: 'command', command: { type: 'probe' } });
    });
  }

  /** @throws Error when the port is gone */
  async write(octets: Uint8Array): Promise<Stamp> {
    const port = this.#port;
    if (port === undefined || this.#over) throw new Error('the call is over');
    return await port.write(octets);
  }

  idle(idle: boolean): void {
    this.#input({ type: 'command', command: { type: 'idle', idle } });
  }

  /** Hangs up, from whatever state; safe to call twice. @param error what `connect` is to fail with when it has not connected yet */
  breakOff(error: LinkError): void {
    if (this.#over) return;
    this.#over = true;
    this.#brokenBy = error;
    this.#opening.abort();
    if (!this.#refuse(error)) this.#events.failed(error);
    if (this.#dialogue === undefined) return;
    this.#events.hangingUp();
    this.#port?.discard();
    this.#input({ type: 'command', command: { type: 'hang-up' } });
  }

  async #openPort(): Promise<void> {
    const { line, clock } = this.#deps;
    const late = clock.after(line.openTimeoutMs, () => this.#opening.abort());
    try {
      await this.#attach(this.#opening.signal);
    } catch (cause) {
      this.#over = true;
      const fault = this.#brokenBy === undefined ? `the port cannot be opened: ${messageOf(cause)}` : undefined;
      this.#resolveEnded({ clean: true, fault });
      throw this.#brokenBy ?? new LinkError('no_line', `line ${line.id}: ${fault}`, cause);
    } finally {
      late.cancel();
    }
  }

  /** Opens the port and gives it a dialogue. */
  async #attach(signal: AbortSignal): Promise<void> {
    const { line, settings, clock, openPort } = this.#deps;
    const uart: LineSettings = line.uartFollowsComs ? settings : { dataBits: 8, parity: 'none', stopBits: 1 };
    let mine: LinePort | undefined;
    const current = () => mine !== undefined && this.#port === mine;
    const opened = openPort(
      { line, settings: uart, clock },
      {
        octets: (octets, at) => {
          if (!current()) return;
          this.#arrivedAt = at;
          this.#input({ type: 'octets', octets });
        },
        carrier: (present) => {
          if (current()) this.#input({ type: 'carrier', present });
        },
        lost: () => {
          if (!current()) return;
          this.#portGone = true;
          this.#input({ type: 'port-lost' });
        },
      },
      signal,
    );
    const port = await unlessAborted(opened, signal);
    mine = port;
    this.#port = port;
    this.#portGone = false;
    this.#closeHangsUp = hangsUpByClosing(line, port.dtr);
    this.#dialogue = lineDialogue(line, port.dtr);
  }

  #input(input: ModemInput): void {
    const dialogue = this.#dialogue;
    if (dialogue === undefined) return;
    const { clock } = this.#deps;
    const { send, events, deadlineMs } = dialogue.step(input, clock.monotonic());
    this.#timer?.cancel();
    this.#timer = deadlineMs === null ? undefined : clock.after(Math.max(0, deadlineMs - clock.monotonic()), () => this.#input({ type: 'time' }));
    // A write that fails shows as the loss of the port.
    for (const octets of send) this.#port?.write(octets).catch(() => {});
    for (const event of events) this.#handle(event);
  }

  #handle(event: ModemEvent): void {
    switch (event.type) {
      case 'data':
        if (!this.#over) this.#events.data(event.octets, this.#arrivedAt);
        return;
      case 'dtr':
        this.#port?.setDtr(event.high);
        return;
      case 'connected': {
        const wanted = this.#take();
        if (wanted?.kind === 'connect') wanted.resolve(event.bitsPerSecond);
        return;
      }
      case 'failed': {
        if (this.#over) return;
        this.#over = true;
        if (FAULTS.has(event.reason)) this.#fault = event.text;
        const error = new LinkError(event.reason, event.text);
        if (!this.#refuse(error)) this.#events.failed(error);
        this.#events.hangingUp();
        return;
      }
      case 'probed': {
        const wanted = this.#take();
        if (!event.ok) this.#fault = `the ${deviceOf(this.#deps.line)} does not answer`;
        if (wanted?.kind === 'probe') wanted.resolve(event.ok);
        this.#end(event.ok);
        return;
      }
      case 'hung-up':
        if (this.#hungUp !== undefined) this.#hungUp(event.clean);
        else this.#end(event.clean);
    }
  }

  #take(): Wanted | undefined {
    const wanted = this.#wanted;
    this.#wanted = undefined;
    return wanted;
  }

  /** @returns was there somebody to tell? */
  #refuse(error: LinkError): boolean {
    const wanted = this.#take();
    if (wanted?.kind === 'connect') wanted.reject(error);
    else wanted?.resolve(false);
    return wanted !== undefined;
  }

  #end(clean: boolean): void {
    if (this.#ending) return;
    this.#ending = true;
    this.#over = true;
    this.#refuse(this.#brokenBy ?? new LinkError('aborted', 'the call has ended'));
    void this.#finish(clean).then((end) => this.#resolveEnded(end));
  }

  /** Never rejects. */
  async #finish(clean: boolean): Promise<CallEnd> {
    let done = clean;
    if (!clean && (this.#portGone || this.#closeHangsUp)) done = await this.#hangUpAgain().catch(() => false);
    await this.#closePort();
    const unclean = done ? undefined : `the ${deviceOf(this.#deps.line)} did not answer when it was told to hang up`;
    return { clean: done, fault: this.#fault ?? unclean };
  }

  /** The port broke, so nobody has told the modem to hang up; or its end did, and what is left is to see whether the pad has its prompt. */
  async #hangUpAgain(): Promise<boolean> {
    await this.#closePort();
    if (this.#closeHangsUp) await this.#rest(this.#deps.line.dtrLowMs);
    const again = new AbortController();
    const late = this.#deps.clock.after(this.#deps.line.openTimeoutMs, () => again.abort());
    try {
      await this.#attach(again.signal);
    } finally {
      late.cancel();
    }
    return await new Promise<boolean>((resolve) => {
      this.#hungUp = resolve;
      this.#input({ type: 'command', command: { type: 'hang-up' } });
    });
  }

  #rest(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#deps.clock.after(ms, resolve));
  }

  async #closePort(): Promise<void> {
    this.#timer?.cancel();
    const port = this.#port;
    this.#port = undefined;
    this.#dialogue = undefined;
    if (port === undefined) return;
    const bound = new AbortController();
    const late = this.#deps.clock.after(this.#deps.line.openTimeoutMs, () => bound.abort());
    await unlessAborted(port.close(), bound.signal).catch(() => {});
    late.cancel();
  }
}

async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let abort: () => void = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(new Error('it took too long'));
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
  });
  // The one that loses must not be an unhandled rejection.
  work.catch(() => {});
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
