/**
 * A simulated PAKNET pad (X.28): prompt `*`, parameters, calls, data, clearing. It is silent until a CR comes.
 *
 * ```
 *   command ──digits──► calling ──COM──► data ──DLE, where parameter 1 is 1──► command-in-call ──CLR──► command
 *      ▲                   │ CLR           │ the far end clears, DTR drops
 *      └───────────────────┴───────────────┘
 * ```
 */
import { type CallRecord, newRecord, SimCall } from './call.ts';
import type { DeviceWorld, SimDevice } from './device.ts';
import { type DialResult, decideFate } from './fate.ts';
import type { SimLine } from './options.ts';
import { parsePadLine } from './pad-commands.ts';

const CAUSES: Readonly<Record<Exclude<DialResult, 'connect' | 'silent'>, string>> = {
  busy: 'OCC',
  'no-carrier': 'NC',
  'no-answer': 'DER',
  'no-dialtone': 'NP',
};

const CR = 0x0d;
const LF = 0x0a;
const DLE = 0x10;
const MAX_LINE = 256;
/** Parameter 1: DLE recalls the pad in a call. 2: echo. */
const RECALL = 1;
const ECHO = 2;
const INITIAL: readonly (readonly [number, number])[] = [
  [RECALL, 1],
  [ECHO, 1],
];

type Mode = 'command' | 'calling' | 'data' | 'command-in-call';

export class SimPad implements SimDevice {
  deaf: boolean;
  readonly #line: SimLine;
  readonly #world: DeviceWorld;
  readonly #parameters = new Map<number, number>(INITIAL);
  #mode: Mode = 'command';
  #text = '';
  #call: SimCall | undefined;
  #record: CallRecord | undefined;
  #timers: NodeJS.Timeout[] = [];

  constructor(line: SimLine, world: DeviceWorld) {
    this.#line = line;
    this.#world = world;
    this.deaf = line.deaf;
  }

  get inCall(): boolean {
    return this.#call !== undefined;
  }

  receive(octets: Uint8Array): void {
    if (this.deaf) return;
    for (let at = 0; at < octets.length; at++) {
      if (this.#mode !== 'data') {
        this.#commandOctet(octets[at] ?? 0);
        continue;
      }
      const rest = octets.subarray(at);
      const recall = this.#parameters.get(RECALL) === 1 ? rest.indexOf(DLE) : -1;
      if (recall !== 0) this.#call?.toMeter(recall < 0 ? rest : rest.subarray(0, recall));
      if (recall < 0) return;
      this.#mode = 'command-in-call';
      at += recall;
    }
  }

  disconnected(): void {
    this.#text = '';
    if (!this.#line.keepsCall) this.#onHook('disconnected');
  }

  dtrLow(): void {
    this.#onHook('dtr');
  }

  stop(): void {
    this.#onHook('stopped');
  }

  #commandOctet(octet: number): void {
    const code = octet & 0x7f;
    if (this.#mode === 'calling' || code === LF) return;
    if (this.#parameters.get(ECHO) === 1) this.#world.send(Uint8Array.of(octet));
    if (code !== CR) {
      if (this.#text.length < MAX_LINE) this.#text += String.fromCharCode(code);
      return;
    }
    const line = this.#text;
    this.#text = '';
    this.#execute(line);
  }

  #execute(line: string): void {
    const command = parsePadLine(line);
    switch (command?.kind) {
      case 'nothing':
        this.#say('*');
        return;
      case 'set':
        for (const [name, value] of command.parameters) this.#parameters.set(name, value);
        this.#say('*');
        return;
      case 'clear':
        if (this.#call === undefined) {
          this.#say('ERR\r\n*');
          return;
        }
        this.#onHook('hung-up');
        this.#say('CLR CONF\r\n*');
        return;
      case 'call':
        if (this.#call === undefined) this.#dial(command.number);
        else this.#say('ERR\r\n*');
        return;
      case undefined:
        this.#say('ERR\r\n*');
    }
  }

  #dial(number: string): void {
    const { options, index, random } = this.#world;
    const entry = options.numbers[number];
    const { result, afterMs, dropAfterOctets } = decideFate(entry, options, random);
    const record = newRecord(index, number);
    this.#record = record;
    this.#world.began(record);
    this.#mode = 'calling';
    if (result === 'silent') return;
    this.#later(afterMs, () => {
      if (result !== 'connect' || entry === undefined) {
        this.#cleared(CAUSES[result === 'connect' ? 'no-answer' : result]);
        return;
      }
      this.#call = new SimCall(record, entry, dropAfterOctets, {
        connected: () => {
          record.connectedAt = Date.now();
          this.#say(`${number} COM\r\n`);
          this.#mode = 'data';
          const { dropAfterMs } = entry;
          if (dropAfterMs !== undefined) this.#later(dropAfterMs, () => this.#call?.drop());
        },
        data: (octets) => this.#world.send(octets),
        ended: () => {
          if (this.#mode === 'calling') this.#cleared(CAUSES['no-answer']);
          else this.#later(options.carrierLossMs, () => this.#cleared('DTE 000', 'far-end'));
        },
      });
    });
  }

  #cleared(cause: string, reason = `CLR ${cause}`): void {
    this.#onHook(reason);
    this.#say(`CLR ${cause}\r\n*`);
  }

  #onHook(reason: string): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers = [];
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

  #later(ms: number, run: () => void): void {
    this.#timers.push(setTimeout(run, ms));
  }

  #say(text: string): void {
    if (!this.deaf) this.#world.send(Buffer.from(`\r\n${text}`, 'latin1'));
  }
}
