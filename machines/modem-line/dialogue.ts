/**
 * One modem's dialogue. Invariants:
 *
 * - M1 Every `dial` and every `hang-up` ends in exactly one `hung-up`, whatever the modem does, within `longestHangUpMs` of the
 *   failure or command that began it.
 * - M2 After `failed` nothing of the call is told any more.
 * - M3 In data mode octets pass unchanged, at once and in order; the dialogue sends nothing of its own.
 * - M4 `step` never throws. A command at a wrong moment is ignored, except `hang-up`, which is always done.
 */
import { CarrierWatch } from './carrier-watch.ts';
import { hangUpScript, prepareScript, probeScript, type Step } from './script.ts';
import type { ModemCommand, ModemEvent, ModemFailure, ModemInput, ModemSettings, ModemStep } from './types.ts';
import { LineReader, type ModemWord, parseWord } from './words.ts';

type Purpose = 'prepare' | 'hang-up' | 'probe';

type State =
  | { readonly kind: 'rest' }
  | { readonly kind: 'script'; readonly purpose: Purpose }
  | { readonly kind: 'dialling' }
  /** Connected, but what comes is dropped. */
  | { readonly kind: 'settling' }
  | { readonly kind: 'data'; readonly watch: CarrierWatch };

const DIALLABLE = /^\+?[0-9*#,]+$/;

const FAILURE_TEXT: Readonly<Record<Exclude<ModemWord['kind'], 'ok' | 'connect' | 'error'>, string>> = {
  busy: 'BUSY',
  no_carrier: 'NO CARRIER',
  no_dialtone: 'NO DIALTONE',
  no_answer: 'NO ANSWER',
};

export class ModemDialogue {
  readonly #settings: ModemSettings;
  readonly #reader = new LineReader();
  #state: State = { kind: 'rest' };
  #deadlineMs: number | null = null;
  #steps: readonly Step[] = [];
  /** Tries of the command at the head of `#steps`; 0 while the pause before it runs. */
  #tries = 0;
  #sent = false;
  /** The modem said NO CARRIER to a command: on hook, with the OK perhaps still to come. */
  #onHook = false;
  #lastAnswer = 'no answer';
  #number = '';
  #bitsPerSecond: number | undefined;
  #carrierSeen = false;
  #nowMs = 0;
  #send: Uint8Array[] = [];
  #events: ModemEvent[] = [];

  constructor(settings: ModemSettings) {
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
        if (DIALLABLE.test(command.number)) this.#run('prepare', prepareScript(this.#settings));
        else this.#fail('modem_fault', 'number: must be digits, commas and one leading +', hangUpScript(this.#settings, false));
        return;
      case 'probe':
        if (this.#state.kind === 'rest') this.#run('probe', probeScript(this.#settings));
        return;
      case 'hang-up':
        if (this.#state.kind === 'script' && this.#state.purpose === 'hang-up') return;
        // Any character breaks off a dial that the modem is still busy with.
        if (this.#state.kind === 'dialling') this.#write('\r');
        this.#run('hang-up', hangUpScript(this.#settings, false));
        return;
      case 'idle':
        if (this.#state.kind === 'data') this.#state.watch.idle = command.idle;
        return;
    }
  }

  #octets(octets: Uint8Array): void {
    if (this.#state.kind === 'data') {
      this.#events.push({ type: 'data', octets });
      this.#state.watch.octets(octets, this.#nowMs);
      return;
    }
    let found = this.#reader.next(octets, 0);
    while (found !== undefined) {
      const word = parseWord(found.line, this.#settings.connectCodes);
      if (word !== undefined) this.#word(word);
      found = this.#reader.next(octets, found.next);
    }
  }

  #word(word: ModemWord): void {
    switch (this.#state.kind) {
      case 'script':
        this.#scriptWord(word);
        return;
      case 'dialling':
        this.#dialWord(word);
        return;
      case 'settling':
        if (word.kind === 'no_carrier') this.#failByWord(word.kind);
        return;
      case 'rest':
      case 'data':
        return;
    }
  }

  #dialWord(word: ModemWord): void {
    switch (word.kind) {
      case 'ok':
        return;
      case 'connect':
        this.#bitsPerSecond = word.bitsPerSecond;
        this.#state = { kind: 'settling' };
        this.#deadlineMs = this.#nowMs + this.#settings.postConnectMs;
        return;
      case 'error':
        this.#fail('modem_fault', 'modem: ERROR to the dial command', hangUpScript(this.#settings, true));
        return;
      default:
        this.#failByWord(word.kind);
    }
  }

  #failByWord(kind: keyof typeof FAILURE_TEXT): void {
    this.#fail(kind, `modem: ${FAILURE_TEXT[kind]}`, hangUpScript(this.#settings, true));
  }

  #scriptWord(word: ModemWord): void {
    const step = this.#steps[0];
    if (step?.kind === 'escape' && this.#sent) {
      if (word.kind === 'ok') this.#next();
      return;
    }
    if (step?.kind !== 'command' || !this.#sent) return;
    if (word.kind === 'ok') this.#next();
    else if (word.kind === 'no_carrier') this.#onHook = step.text === 'ATH';
    else if (word.kind === 'error') {
      this.#lastAnswer = 'ERROR';
      this.#again();
    }
  }

  #carrier(present: boolean): void {
    if (present) this.#carrierSeen = true;
    else if (this.#state.kind === 'data' && this.#carrierSeen) this.#fail('lost', 'call lost: carrier dropped', hangUpScript(this.#settings, false));
  }

  #portLost(): void {
    const { kind } = this.#state;
    if (kind === 'rest') return;
    if (kind === 'script' && this.#state.purpose === 'probe') {
      this.#rest({ type: 'probed', ok: false });
      return;
    }
    if (kind === 'data') this.#events.push({ type: 'failed', reason: 'lost', text: 'call lost: the port of the modem is gone' });
    else if (kind !== 'script' || this.#state.purpose !== 'hang-up')
      this.#events.push({ type: 'failed', reason: 'modem_fault', text: 'modem: its port is gone' });
    this.#rest({ type: 'hung-up', clean: false });
  }

  #onDeadline(): void {
    switch (this.#state.kind) {
      case 'script':
        this.#scriptDeadline();
        return;
      case 'dialling':
        this.#write('\r');
        this.#fail('connect_timeout', `modem: no CONNECT within ${this.#settings.dialTimeoutMs} ms`, hangUpScript(this.#settings, false));
        return;
      case 'settling':
        this.#reader.clear();
        this.#state = { kind: 'data', watch: new CarrierWatch(this.#settings.carrierQuietMs) };
        this.#deadlineMs = null;
        this.#events.push({ type: 'connected', bitsPerSecond: this.#bitsPerSecond });
        return;
      case 'data':
        this.#fail('lost', 'call lost: NO CARRIER', hangUpScript(this.#settings, false));
        return;
      case 'rest':
        this.#deadlineMs = null;
        return;
    }
  }

  #scriptDeadline(): void {
    const step = this.#steps[0];
    switch (step?.kind) {
      case 'command':
        if (!this.#sent) this.#transmit(step.text);
        else if (this.#onHook) this.#next();
        else {
          this.#lastAnswer = 'no answer';
          this.#again();
        }
        return;
      case 'escape':
        if (this.#sent) {
          this.#next();
          return;
        }
        this.#write('+++');
        this.#sent = true;
        this.#deadlineMs = this.#nowMs + this.#settings.guardMs + this.#settings.escapeMarginMs;
        return;
      default:
        this.#next();
    }
  }

  #run(purpose: Purpose, steps: readonly Step[]): void {
    this.#state = { kind: 'script', purpose };
    this.#reader.clear();
    this.#steps = steps;
    this.#begin();
  }

  /** Starts the step at the head. */
  #begin(): void {
    const step = this.#steps[0];
    this.#tries = 0;
    this.#sent = false;
    this.#onHook = false;
    switch (step?.kind) {
      case undefined:
        this.#done(true);
        return;
      case 'silence':
        this.#deadlineMs = this.#nowMs + step.ms;
        return;
      case 'dtr':
        this.#events.push({ type: 'dtr', high: step.high });
        this.#deadlineMs = this.#nowMs + step.ms;
        return;
      case 'escape':
        this.#deadlineMs = this.#nowMs;
        return;
      case 'command':
        this.#deadlineMs = this.#nowMs + this.#settings.commandPauseMs;
    }
  }

  #next(): void {
    this.#steps = this.#steps.slice(1);
    this.#begin();
  }

  #transmit(text: string): void {
    this.#write(`${text}\r`);
    this.#tries += 1;
    this.#sent = true;
    this.#deadlineMs = this.#nowMs + this.#settings.commandTimeoutMs;
  }

  #again(): void {
    const step = this.#steps[0];
    if (step?.kind !== 'command') return;
    if (this.#tries < this.#settings.commandTries) {
      this.#sent = false;
      this.#onHook = false;
      this.#deadlineMs = this.#nowMs + this.#settings.commandPauseMs;
      return;
    }
    if (step.otherwise === undefined) {
      this.#done(false);
      return;
    }
    this.#steps = [...step.otherwise, ...this.#steps.slice(1)];
    this.#begin();
  }

  #done(ok: boolean): void {
    if (this.#state.kind !== 'script') return;
    switch (this.#state.purpose) {
      case 'probe':
        this.#rest({ type: 'probed', ok });
        return;
      case 'hang-up':
        this.#rest({ type: 'hung-up', clean: ok });
        return;
      case 'prepare':
        if (ok) this.#dial();
        else this.#fail('modem_fault', `modem: ${this.#lastAnswer} to ${commandName(this.#steps[0])}`, hangUpScript(this.#settings, false));
    }
  }

  #dial(): void {
    const { tone, dialPrefix, dialTimeoutMs } = this.#settings;
    this.#reader.clear();
    this.#carrierSeen = false;
    this.#state = { kind: 'dialling' };
    this.#write(`ATD${tone ? 'T' : ''}${dialPrefix}${this.#number}\r`);
    this.#deadlineMs = this.#nowMs + dialTimeoutMs;
  }

  #fail(reason: ModemFailure, text: string, hangUp: readonly Step[]): void {
    this.#events.push({ type: 'failed', reason, text });
    this.#run('hang-up', hangUp);
  }

  #rest(event: ModemEvent): void {
    this.#state = { kind: 'rest' };
    this.#deadlineMs = null;
    this.#steps = [];
    this.#events.push(event);
  }

  #write(text: string): void {
    this.#send.push(Uint8Array.from(text, (char) => char.charCodeAt(0)));
  }
}

/** The command without what it sets, which may be a secret such as a PIN. */
function commandName(step: Step | undefined): string {
  return step?.kind === 'command' ? step.text.replace(/=.*$/s, '=…') : 'the modem command';
}
