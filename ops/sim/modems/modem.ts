/**
 * A simulated Hayes modem: command mode, dialling, data mode, and command mode with the call still up. What carries its octets (a socket,
 * a pseudo terminal) is outside.
 */
import { type CallRecord, newRecord, SimCall } from './call.ts';
import { type AtCommand, parseAtLine } from './commands.ts';
import type { DeviceWorld, SimDevice } from './device.ts';
import { decideFate } from './fate.ts';
import type { SimLine } from './options.ts';

const NUMERIC = { OK: 0, CONNECT: 1, 'NO CARRIER': 3, ERROR: 4, 'NO DIALTONE': 6, BUSY: 7, 'NO ANSWER': 8 } as const;
type Word = keyof typeof NUMERIC;

const RESULTS = { busy: 'BUSY', 'no-carrier': 'NO CARRIER', 'no-answer': 'NO ANSWER', 'no-dialtone': 'NO DIALTONE' } as const;

const PLUS = 0x2b;
const CR = 0x0d;
const LF = 0x0a;
const MAX_LINE = 256;
/** Octets of the meter that are kept while the modem is in command mode. */
const MAX_KEPT = 65_536;

type Mode = 'command' | 'dialling' | 'data' | 'online-command';

export class SimModem implements SimDevice {
  deaf: boolean;
  readonly #line: SimLine;
  readonly #world: DeviceWorld;
  #mode: Mode = 'command';
  #echo: boolean;
  #verbose: boolean;
  #quiet = false;
  #text = '';
  #call: SimCall | undefined;
  #record: CallRecord | undefined;
  #dialTimer: NodeJS.Timeout | undefined;
  #dropTimer: NodeJS.Timeout | undefined;
  #lossTimer: NodeJS.Timeout | undefined;
  /** Escape: how many + came after the silence, and what waits for the silence behind them. */
  #pluses = 0;
  #escapeTimer: NodeJS.Timeout | undefined;
  #lastDataAt = Number.NEGATIVE_INFINITY;
  #kept: Uint8Array[] = [];
  #keptOctets = 0;

  constructor(line: SimLine, world: DeviceWorld) {
    this.#line = line;
    this.#world = world;
    this.#echo = line.echo;
    this.#verbose = line.verbose;
    this.deaf = line.deaf;
  }

  /** Octets from the computer. */
  receive(octets: Uint8Array): void {
    if (this.deaf) return;
    let at = 0;
    while (at < octets.length) {
      if (this.#mode === 'data') {
        this.#data(octets.subarray(at));
        return;
      }
      this.#commandOctet(octets[at] ?? 0);
      at += 1;
    }
  }

  /** The computer's side is gone, as when DTR drops. */
  disconnected(): void {
    this.#text = '';
    if (this.#line.keepsCall) return;
    this.#onHook('disconnected');
  }

  dtrLow(): void {
    this.#onHook('dtr');
  }

  stop(): void {
    this.#onHook('stopped');
  }

  get inCall(): boolean {
    return this.#call !== undefined;
  }

  #commandOctet(octet: number): void {
    const code = octet & 0x7f;
    if (this.#mode === 'dialling') {
      if (code === LF) return;
      this.#onHook('broken-off');
      this.#say('NO CARRIER');
      return;
    }
    if (this.#echo) this.#world.send(Uint8Array.of(octet));
    if (code === CR) {
      const line = this.#text;
      this.#text = '';
      this.#execute(line);
    } else if (code !== LF && this.#text.length < MAX_LINE) this.#text += String.fromCharCode(code);
  }

  #execute(line: string): void {
    const commands = parseAtLine(line);
    if (commands === undefined) return;
    if (commands === null) {
      this.#say('ERROR');
      return;
    }
    for (const command of commands) if (!this.#run(command)) return;
    this.#say('OK');
  }

  /** @returns whether the line goes on, to OK in the end */
  #run(command: AtCommand): boolean {
    switch (command.kind) {
      case 'echo':
        this.#echo = command.on;
        return true;
      case 'verbose':
        this.#verbose = command.on;
        return true;
      case 'quiet':
        this.#quiet = command.on;
        return true;
      case 'reset':
        this.#onHook('hung-up');
        this.#echo = this.#line.echo;
        this.#verbose = this.#line.verbose;
        this.#quiet = false;
        return true;
      case 'hang-up':
        this.#onHook('hung-up');
        return true;
      case 'online':
        this.#online();
        return false;
      case 'dial':
        this.#dial(command.number);
        return false;
      case 'register':
      case 'nothing':
        return true;
    }
  }

  #online(): void {
    if (this.#call === undefined) {
      this.#say('NO CARRIER');
      return;
    }
    this.#say('CONNECT');
    this.#mode = 'data';
    for (const octets of this.#kept) this.#world.send(octets);
    this.#kept = [];
    this.#keptOctets = 0;
  }

  #dial(number: string): void {
    if (this.#call !== undefined) {
      this.#say('ERROR');
      return;
    }
    const { options, index, random } = this.#world;
    const entry = options.numbers[number];
    const fate = decideFate(entry, options, random);
    const record = newRecord(index, number);
    this.#record = record;
    this.#world.began(record);
    this.#mode = 'dialling';
    if (fate.result === 'silent') return;
    this.#dialTimer = setTimeout(() => {
      if (fate.result !== 'connect' || entry === undefined) {
        const word = fate.result === 'connect' || fate.result === 'silent' ? 'NO ANSWER' : RESULTS[fate.result];
        this.#onHook(word);
        this.#say(word);
        return;
      }
      this.#call = new SimCall(record, entry, fate.dropAfterOctets, {
        connected: () => this.#connected(entry.rate, entry.dropAfterMs),
        data: (octets) => this.#fromMeter(octets),
        ended: () => this.#callEnded(),
      });
    }, fate.afterMs);
  }

  #connected(rate: number, dropAfterMs: number | undefined): void {
    if (this.#record !== undefined) this.#record.connectedAt = Date.now();
    this.#say('CONNECT', rate);
    this.#mode = 'data';
    this.#lastDataAt = performance.now();
    if (dropAfterMs !== undefined) this.#dropTimer = setTimeout(() => this.#call?.drop(), dropAfterMs);
  }

  #fromMeter(octets: Uint8Array): void {
    if (this.#mode === 'data') {
      this.#world.send(octets);
      return;
    }
    this.#keptOctets += octets.length;
    if (this.#keptOctets <= MAX_KEPT) this.#kept.push(octets);
  }

  #callEnded(): void {
    if (this.#mode === 'dialling') {
      this.#onHook('NO ANSWER');
      this.#say('NO ANSWER');
      return;
    }
    this.#lossTimer = setTimeout(() => {
      this.#onHook('far-end');
      this.#say('NO CARRIER');
    }, this.#world.options.carrierLossMs);
  }

  /** Data go to the meter, the + of an escape too; three of them alone between silences bring command mode. */
  #data(octets: Uint8Array): void {
    const now = performance.now();
    const quiet = now - this.#lastDataAt >= this.#world.options.guardMs;
    this.#lastDataAt = now;
    clearTimeout(this.#escapeTimer);
    const onlyPluses = octets.every((octet) => octet === PLUS);
    if (!onlyPluses) this.#pluses = 0;
    else if (quiet) this.#pluses = octets.length;
    else if (this.#pluses > 0) this.#pluses += octets.length;
    if (this.#pluses === 3) this.#escapeTimer = setTimeout(() => this.#escape(), this.#world.options.guardMs);
    this.#call?.toMeter(octets);
  }

  #escape(): void {
    if (this.#mode !== 'data') return;
    this.#pluses = 0;
    this.#mode = 'online-command';
    this.#say('OK');
  }

  #onHook(reason: string): void {
    clearTimeout(this.#dialTimer);
    clearTimeout(this.#dropTimer);
    clearTimeout(this.#lossTimer);
    clearTimeout(this.#escapeTimer);
    this.#pluses = 0;
    this.#kept = [];
    this.#keptOctets = 0;
    this.#mode = 'command';
    const call = this.#call;
    const record = this.#record;
    this.#call = undefined;
    this.#record = undefined;
    call?.hangUp(reason);
    if (record === undefined) return;
    record.end ??= reason;
    record.endedAt = Date.now();
    this.#world.ended(record);
  }

  #say(word: Word, rate = 0): void {
    if (this.#quiet || this.deaf) return;
    const text = this.#verbose ? `\r\n${word}${rate > 0 ? ` ${rate}` : ''}\r\n` : `${NUMERIC[word]}\r`;
    this.#world.send(Buffer.from(text, 'latin1'));
  }
}
