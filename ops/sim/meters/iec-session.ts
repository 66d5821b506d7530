/** The frame of an IEC 62056-21 meter: sign-on, blocks and addressing; what the commands mean is the application's. */
import {
  type CommandTelegram,
  type IdentificationTelegram,
  IecServer,
  type IecServerCommand,
  type IecServerEvent,
} from '../../../workers/codec/iec62056-21/index.ts';
import type { MeterLine, MeterSession } from './session.ts';

export interface IecApplication {
  readonly identification: IdentificationTelegram;
  readonly deviceAddress: string;
  /** The client chose a mode. */
  selected(optionChar: string): IecServerCommand;
  /** null: no answer at all. */
  command(telegram: CommandTelegram, nowMs: number): IecServerCommand | null;
  /** The session is over. */
  forget(): void;
}

export const ACK: IecServerCommand = { type: 'reply', telegram: { type: 'ack' } };
export const NAK: IecServerCommand = { type: 'reply', telegram: { type: 'nak' } };
export const BREAK: IecServerCommand = { type: 'hang-up' };
export const answer = (data: string): IecServerCommand => ({ type: 'reply', telegram: { type: 'answer', data, terminator: 'ETX' } });
export const error = (errorCode: string): IecServerCommand => ({ type: 'reply', telegram: { type: 'error', errorCode, terminator: 'ETX' } });

/** Characters of a block where answers come in blocks. */
const BLOCK = 8;

export class IecSession implements MeterSession {
  readonly #line: MeterLine;
  readonly #application: IecApplication;
  #server: IecServer;
  #deadlineMs: number | null = null;

  constructor(line: MeterLine, application: IecApplication) {
    this.#line = line;
    this.#application = application;
    this.#server = this.#start();
  }

  get deadlineMs(): number | null {
    return this.#deadlineMs;
  }

  take(octets: Uint8Array, nowMs: number): void {
    this.#step({ type: 'octets', octets }, nowMs);
  }

  time(nowMs: number): void {
    this.#step({ type: 'time' }, nowMs);
  }

  reset(): void {
    this.#application.forget();
    this.#server = this.#start();
    this.#deadlineMs = null;
  }

  #start(): IecServer {
    const { identification, deviceAddress } = this.#application;
    return new IecServer({ identification, deviceAddress, switchBaud: this.#line.setLine !== undefined });
  }

  #step(input: Parameters<IecServer['step']>[0], nowMs: number): void {
    const { send, events, deadlineMs } = this.#server.step(input, nowMs);
    this.#deadlineMs = deadlineMs;
    const signedOn = events.find((event) => event.type === 'signed-on');
    if (signedOn !== undefined && signedOn.deviceAddress === '' && this.#line.shared && !this.#line.first) {
      this.reset();
      return;
    }
    if (signedOn !== undefined) this.#line.signOn();
    this.#changeLine(events, 'before-send');
    for (const frame of send) this.#line.send(frame);
    this.#changeLine(events, 'after-send');
    for (const event of events) this.#event(event, nowMs);
  }

  #changeLine(events: readonly IecServerEvent[], when: 'before-send' | 'after-send'): void {
    for (const event of events)
      if (event.type === 'line-change' && event.when === when) this.#line.setLine?.({ baud: event.baud, dataBits: 7, parity: 'even' });
  }

  #event(event: IecServerEvent, nowMs: number): void {
    switch (event.type) {
      case 'signed-on':
      case 'break':
      case 'timed-out':
        this.#application.forget();
        return;
      case 'selected':
        this.#say(this.#application.selected(event.optionChar), nowMs);
        return;
      case 'command':
        this.#command(event.telegram, nowMs);
        return;
      case 'delivered':
      case 'damaged':
      case 'failed':
      case 'line-change':
        return;
    }
  }

  #command(telegram: CommandTelegram, nowMs: number): void {
    const fate = this.#line.request();
    if (fate === 'gone') return;
    if (fate === 'disconnect') {
      this.#application.forget();
      this.#say(BREAK, nowMs);
      return;
    }
    const reply = this.#application.command(telegram, nowMs);
    if (reply !== null) this.#say(reply, nowMs);
  }

  #say(command: IecServerCommand, nowMs: number): void {
    this.#step({ type: 'command', command: this.#cut(command) }, nowMs);
  }

  #cut(command: IecServerCommand): IecServerCommand {
    if (this.#line.meter.faults.current.blocks !== true || command.type !== 'reply' || command.telegram.type !== 'answer') return command;
    return { type: 'reply-blocks', blocks: command.telegram.data.match(new RegExp(`.{1,${BLOCK}}`, 'gs')) ?? [''] };
  }
}
