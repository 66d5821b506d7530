/**
 * The dialogue with a PAKNET pad (X.28) for one call, with the commands and events of a modem, so that a line's runner drives
 * either (meter-protocols 3.3).
 *
 * ```
 *          dial ► CR        *  ► SET…        *  ► prefix + digits       …COM…     pause
 *   rest ───────────► waking ───────► setting ──────────► calling ─────────► settling ──► data
 *     ▲                 └────────────────┴────── tries spent, CLR, time ─────────┴──────────┘ CLR, carrier gone, hang-up
 *     └── hung-up ◄── checking (CR, *) ◄── DTR low, high; a port without DTR: DLE, CLR ◄──────┘
 * ```
 *
 * A port without DTR whose end is what hangs up (`withoutDtr: 'close'`) has `hung-up`, not clean, at once: whoever closes it opens it
 * again and says `hang-up` at rest, which is the check alone.
 *
 * M1 Every `dial` and every `hang-up` ends in exactly one `hung-up`, whatever the pad does, within `longestPadHangUpMs`.
 * M2 After `failed` nothing of the call is told any more.
 * M3 In data mode octets pass unchanged, at once and in order; the dialogue sends nothing of its own.
 * M4 `step` never throws. A command at a wrong moment is ignored, except `hang-up`, which is always done.
 */
import type { ModemCommand, ModemEvent, ModemFailure, ModemInput, ModemSettings, ModemStep } from '../modem-line/index.ts';
import { ClearWatch } from './clear-watch.ts';
import { PadReader, type PadText } from './reader.ts';
import { parsePadSignal } from './signals.ts';

export interface PaknetPadSettings
  extends Pick<
    ModemSettings,
    'commandTimeoutMs' | 'commandTries' | 'dialPrefix' | 'dialTimeoutMs' | 'postConnectMs' | 'dtr' | 'dtrLowMs' | 'dtrRecoveryMs' | 'carrierQuietMs'
  > {
  /** The whole command that sets the pad's parameters. A port without DTR needs parameter 1 at 1, so that DLE is obeyed. */
  readonly parameters: string;
  /** What hangs up where there is no DTR: DLE and CLR, or the end of the port, which drops DTR at its far end. */
  readonly withoutDtr: 'clear' | 'close';
}

export const DEFAULT_PAD_SETTINGS: PaknetPadSettings = {
  parameters: 'SET1:0;2:0;3:0;4:10;5:0;6:5',
  dialPrefix: '',
  commandTimeoutMs: 10_000,
  commandTries: 5,
  dialTimeoutMs: 30_000,
  postConnectMs: 200,
  dtr: true,
  dtrLowMs: 1_000,
  dtrRecoveryMs: 500,
  carrierQuietMs: 1_000,
  withoutDtr: 'clear',
};

/** A command that the pad answers by its prompt. `check` is the last of a hang-up, `probe` stands alone. */
type Purpose = 'wake' | 'set' | 'check' | 'probe';

type State =
  | { readonly kind: 'rest' | 'calling' | 'settling' | 'dtr-low' | 'dtr-high' | 'clearing' }
  | { readonly kind: 'command'; readonly purpose: Purpose; readonly tries: number }
  | { readonly kind: 'data'; readonly watch: ClearWatch };

const DIGITS = /^[0-9]{4,14}$/;
const DLE = '\x10';

/** The longest that a hang-up can take, milliseconds. */
export function longestPadHangUpMs({ dtr, dtrLowMs, dtrRecoveryMs, commandTimeoutMs, withoutDtr }: PaknetPadSettings): number {
  if (dtr) return dtrLowMs + dtrRecoveryMs + commandTimeoutMs;
  return withoutDtr === 'clear' ? 2 * commandTimeoutMs : commandTimeoutMs;
}

export class PaknetPad {
  readonly #settings: PaknetPadSettings;
  readonly #reader = new PadReader();
  #state: State = { kind: 'rest' };
  #deadlineMs: number | null = null;
  #number = '';
  #carrierSeen = false;
  #nowMs = 0;
  #send: Uint8Array[] = [];
  #events: ModemEvent[] = [];

  constructor(settings: PaknetPadSettings = DEFAULT_PAD_SETTINGS) {
    this.#settings = settings;
  }

  step(input: ModemInput, nowMs: number): ModemStep {
    this.#nowMs = nowMs;
    this.#send = [];
    this.#events = [];
    switch (input.type) {
      case 'command':
        this.#command(input.command);
        break;
      case 'octets':
        this.#octets(input.octets);
        break;
      case 'carrier':
        this.#carrier(input.present);
        break;
      case 'port-lost':
        this.#portLost();
        break;
      case 'time':
        break;
    }
    for (let due = this.#due(); due !== null && due <= nowMs; due = this.#due()) this.#onDeadline();
    return { send: this.#send, events: this.#events, deadlineMs: this.#due() };
  }

  #due(): number | null {
    return this.#state.kind === 'data' ? this.#state.watch.deadlineMs : this.#deadlineMs;
  }

  #command(command: ModemCommand): void {
    switch (command.type) {
      case 'dial':
        if (this.#state.kind !== 'rest') return;
        this.#number = command.number;
        if (DIGITS.test(command.number)) this.#ask('wake', 1);
        else this.#fail('modem_fault', 'number: must be 4 to 14 digits');
        return;
      case 'probe':
        if (this.#state.kind === 'rest') this.#ask('probe', 1);
        return;
      case 'hang-up':
        if (!this.#isHangingUp()) this.#hangUp();
        return;
      case 'idle':
        if (this.#state.kind === 'data') this.#state.watch.idle = command.idle;
        return;
    }
  }

  #isHangingUp(): boolean {
    const { kind } = this.#state;
    return kind === 'dtr-low' || kind === 'dtr-high' || kind === 'clearing' || (this.#state.kind === 'command' && this.#state.purpose === 'check');
  }

  #octets(octets: Uint8Array): void {
    if (this.#state.kind === 'data') {
      this.#events.push({ type: 'data', octets });
      this.#state.watch.octets(octets, this.#nowMs);
      return;
    }
    for (const text of this.#reader.push(octets)) this.#text(text);
  }

  #text(text: PadText): void {
    const state = this.#state;
    if (text.kind === 'prompt') {
      if (state.kind === 'command') this.#answered(state.purpose);
      return;
    }
    const signal = parsePadSignal(text.line);
    if (signal === undefined) return;
    if (state.kind === 'clearing' && signal.kind === 'cleared') this.#ask('check', 1);
    else if (state.kind === 'command' && signal.kind === 'error') this.#again(state.purpose, state.tries, 'ERR');
    else if (state.kind === 'calling') this.#called(signal);
    else if (state.kind === 'settling' && signal.kind === 'cleared') this.#fail(signal.reason, signal.text);
  }

  #called(signal: NonNullable<ReturnType<typeof parsePadSignal>>): void {
    switch (signal.kind) {
      case 'connected':
        this.#wait({ kind: 'settling' }, this.#settings.postConnectMs);
        return;
      case 'cleared':
        this.#fail(signal.reason, signal.text);
        return;
      case 'error':
        this.#fail('modem_fault', 'pad: ERR to the call');
        return;
    }
  }

  #answered(purpose: Purpose): void {
    switch (purpose) {
      case 'wake':
        this.#ask('set', 1);
        return;
      case 'set':
        this.#carrierSeen = false;
        this.#write(`${this.#settings.dialPrefix}${this.#number}\r`);
        this.#wait({ kind: 'calling' }, this.#settings.dialTimeoutMs);
        return;
      case 'check':
        this.#rest({ type: 'hung-up', clean: true });
        return;
      case 'probe':
        this.#rest({ type: 'probed', ok: true });
        return;
    }
  }

  #ask(purpose: Purpose, tries: number): void {
    this.#reader.clear();
    this.#write(purpose === 'set' ? `${this.#settings.parameters}\r` : '\r');
    this.#wait({ kind: 'command', purpose, tries }, this.#settings.commandTimeoutMs);
  }

  #again(purpose: Purpose, tries: number, answer: string): void {
    // The line has been hung up already; asking again would only keep it from others.
    if (purpose === 'check') this.#rest({ type: 'hung-up', clean: false });
    else if (tries < this.#settings.commandTries) this.#ask(purpose, tries + 1);
    else if (purpose === 'probe') this.#rest({ type: 'probed', ok: false });
    else this.#fail('modem_fault', `pad: ${answer} to ${purpose === 'set' ? 'its parameters' : 'CR'}`);
  }

  #onDeadline(): void {
    const state = this.#state;
    this.#deadlineMs = null;
    switch (state.kind) {
      case 'command':
        this.#again(state.purpose, state.tries, 'no answer');
        return;
      case 'calling':
        this.#fail('connect_timeout', `pad: no connection within ${this.#settings.dialTimeoutMs} ms`);
        return;
      case 'settling':
        this.#state = { kind: 'data', watch: new ClearWatch(this.#settings.carrierQuietMs) };
        this.#events.push({ type: 'connected', bitsPerSecond: undefined });
        return;
      case 'data':
        this.#fail('lost', `call lost: ${state.watch.text}`);
        return;
      case 'dtr-low':
        this.#events.push({ type: 'dtr', high: true });
        this.#wait({ kind: 'dtr-high' }, this.#settings.dtrRecoveryMs);
        return;
      case 'dtr-high':
      case 'clearing':
        this.#ask('check', 1);
        return;
      case 'rest':
        return;
    }
  }

  #carrier(present: boolean): void {
    if (present) this.#carrierSeen = true;
    else if (this.#state.kind === 'data' && this.#carrierSeen) this.#fail('lost', 'call lost: the carrier is gone');
  }

  #portLost(): void {
    const { kind } = this.#state;
    if (kind === 'rest') return;
    if (this.#state.kind === 'command' && this.#state.purpose === 'probe') {
      this.#rest({ type: 'probed', ok: false });
      return;
    }
    if (!this.#isHangingUp()) this.#events.push({ type: 'failed', reason: kind === 'data' ? 'lost' : 'modem_fault', text: 'the port is gone' });
    this.#rest({ type: 'hung-up', clean: false });
  }

  #fail(reason: ModemFailure, text: string): void {
    this.#events.push({ type: 'failed', reason, text });
    this.#hangUp();
  }

  #hangUp(): void {
    this.#reader.clear();
    if (this.#settings.dtr) {
      this.#events.push({ type: 'dtr', high: false });
      this.#wait({ kind: 'dtr-low' }, this.#settings.dtrLowMs);
      return;
    }
    if (this.#settings.withoutDtr === 'close') {
      if (this.#state.kind === 'rest') this.#ask('check', 1);
      else this.#rest({ type: 'hung-up', clean: false });
      return;
    }
    this.#write(`${DLE}CLR\r`);
    this.#wait({ kind: 'clearing' }, this.#settings.commandTimeoutMs);
  }

  #rest(event: ModemEvent): void {
    this.#state = { kind: 'rest' };
    this.#deadlineMs = null;
    this.#events.push(event);
  }

  #wait(state: State, ms: number): void {
    this.#state = state;
    this.#deadlineMs = this.#nowMs + ms;
  }

  #write(text: string): void {
    this.#send.push(Uint8Array.from(text, (char) => char.charCodeAt(0)));
  }
}
