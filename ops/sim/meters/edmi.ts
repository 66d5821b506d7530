/** EDMIATLAS: the command language (meter-protocols 6.2). */
import { must } from '../../../workers/codec/common/index.ts';
import {
  decodeEdmiClock,
  decodeEdmiCommand,
  EDMI_REGISTERS,
  type EdmiCommand,
  EdmiServer,
  type EdmiServerEvent,
  encodeEdmiClock,
  encodeEdmiCommand,
  encodeEdmiDate,
  encodeEdmiText,
  encodeEdmiTime,
  encodeMultiReadAnswers,
  type MultiReadAnswer,
} from '../../../workers/codec/edmi/index.ts';
import type { MeterLine, MeterSession } from './session.ts';

const CANNOT_WRITE = 1;
const NOT_IMPLEMENTED = 2;
const NOT_FOUND = 3;
const ACCESS_DENIED = 4;
const WRONG_LENGTH = 5;
const OUT_OF_RANGE = 8;
const NOT_LOGGED_IN = 9;

const CLOCK_OCTETS = 6;
const DEFAULT_USER = 'EDMI';
/** The account that every meter leaves the factory with: it reads. */
const READER = 'READER,READER';

const can = (errorCode: number | null): EdmiCommand => ({ kind: 'can', errorCode });
const ACK: EdmiCommand = { kind: 'ack' };

export class EdmiMeter implements MeterSession {
  readonly deadlineMs = null;
  readonly #line: MeterLine;
  readonly #server: EdmiServer;
  readonly #login: string;
  #user: 'none' | 'reader' | 'owner' = 'none';

  constructor(line: MeterLine) {
    const { password = '', outstationAddress, serialNumber } = line.meter.spec;
    this.#line = line;
    this.#login = password.includes(',') ? password : `${DEFAULT_USER},${password}`;
    const serial = Number(outstationAddress ?? serialNumber.replace(/\D/g, ''));
    this.#server = new EdmiServer(Number.isInteger(serial) && serial <= 0xffff_ffff ? { serial } : {});
  }

  take(octets: Uint8Array, nowMs: number): void {
    const { send, events } = this.#server.step({ type: 'octets', octets }, nowMs);
    // Wakes and simple frames are addressed to nobody: on a shared line one meter answers them.
    if (!this.#line.shared || this.#line.first) {
      if (events.some(({ type }) => type === 'wake') && this.#user === 'none') this.#line.signOn();
      for (const frame of send) this.#line.send(frame);
    }
    for (const event of events) this.#event(event, nowMs);
  }

  time(): void {
    // It waits for nothing.
  }

  reset(): void {
    this.#user = 'none';
    this.#server.step({ type: 'command', command: { type: 'reset' } }, 0);
  }

  #event(event: EdmiServerEvent, nowMs: number): void {
    if (event.type !== 'request' || (event.extended === null && this.#line.shared && !this.#line.first)) return;
    const command = decodeEdmiCommand(event.payload, { direction: 'request' });
    const reply = command.kind === 'good' ? this.#command(command.value) : can(NOT_IMPLEMENTED);
    if (reply === null) return;
    const payload = must(encodeEdmiCommand(reply));
    for (const frame of this.#server.step({ type: 'command', command: { type: 'reply', payload } }, nowMs).send) this.#line.send(frame);
  }

  #command(command: EdmiCommand): EdmiCommand | null {
    const fate = this.#line.request();
    if (fate === 'gone') return null;
    if (fate === 'disconnect') this.#user = 'none';
    switch (command.kind) {
      case 'login':
        return this.#logIn(`${command.user ?? DEFAULT_USER},${command.password}`);
      case 'logout':
        this.#user = 'none';
        return ACK;
      case 'read':
      case 'read-extended':
        return this.#readOne(command.kind === 'read' ? 'read-reply' : 'read-extended-reply', command.register);
      case 'multi-read':
        return this.#readSeveral(command.registers);
      case 'write':
      case 'write-extended':
        return this.#write(command.register, command.data);
      default:
        return this.#user === 'none' ? can(NOT_LOGGED_IN) : can(NOT_IMPLEMENTED);
    }
  }

  #logIn(login: string): EdmiCommand | null {
    const { meter } = this.#line;
    this.#user = 'none';
    if (meter.judge(login === this.#login || login === READER)) {
      this.#user = login === this.#login ? 'owner' : 'reader';
      this.#line.authenticated();
      return ACK;
    }
    switch (meter.faults.current.wrongPassword ?? 'standard') {
      case 'standard':
        return can(null);
      case 'error':
        return can(ACCESS_DENIED);
      case 'break':
        this.#line.hangUp();
        return null;
      case 'silent':
        return null;
    }
  }

  #readOne(kind: 'read-reply' | 'read-extended-reply', register: number): EdmiCommand {
    const value = this.#value(register);
    return typeof value === 'number' ? can(value) : { kind, register, data: value };
  }

  #readSeveral(registers: readonly number[]): EdmiCommand {
    if (this.#user === 'none') return can(NOT_LOGGED_IN);
    const answers = registers.map((register): MultiReadAnswer => {
      const value = this.#value(register);
      return typeof value === 'number' ? { kind: 'error', errorCode: value } : { kind: 'data', data: value };
    });
    return { kind: 'multi-read-reply', data: must(encodeMultiReadAnswers(answers)) };
  }

  /** The octets of a register, or the code of the refusal. */
  #value(register: number): Uint8Array | number {
    if (this.#user === 'none') return NOT_LOGGED_IN;
    const { clock, serialNumber } = this.#line.meter;
    const named = (what: string, value: Uint8Array): Uint8Array => {
      this.#line.read(what);
      return value;
    };
    switch (register) {
      case EDMI_REGISTERS.model:
        return named('model', must(encodeEdmiText('Mk10E')));
      case EDMI_REGISTERS.equipmentType:
        return named('equipment', must(encodeEdmiText('2000-0400')));
      case EDMI_REGISTERS.serialNumber:
        return named('serial', must(encodeEdmiText(serialNumber)));
      case EDMI_REGISTERS.softwareVersion:
        return named('software', must(encodeEdmiText('01.42')));
      case EDMI_REGISTERS.date:
        return named('date', must(encodeEdmiDate(clock.shown())));
      case EDMI_REGISTERS.time:
        return named('time', must(encodeEdmiTime(clock.shown())));
      case EDMI_REGISTERS.localClock:
        return named('local-clock', must(encodeEdmiClock(clock.shown())));
      case EDMI_REGISTERS.clock:
        return named('clock', must(encodeEdmiClock(clock.shown())));
      default:
        return NOT_FOUND;
    }
  }

  #write(register: number, data: Uint8Array): EdmiCommand | null {
    const value = Buffer.from(data.subarray(0, 32)).toString('hex');
    const refused = (errorCode: number, reason: string): EdmiCommand => {
      this.#line.refuseWrite(register.toString(16).toUpperCase(), value, reason);
      return can(errorCode);
    };
    if (this.#user === 'none') return refused(NOT_LOGGED_IN, 'not logged in');
    if (this.#user === 'reader') return refused(ACCESS_DENIED, 'access denied');
    if (register !== EDMI_REGISTERS.clock) {
      return Object.values<number>(EDMI_REGISTERS).includes(register) ? refused(CANNOT_WRITE, 'read only') : refused(NOT_FOUND, 'no such register');
    }
    if (data.length !== CLOCK_OCTETS) return refused(WRONG_LENGTH, 'wrong length');
    const time = decodeEdmiClock(data);
    if (time.kind !== 'good') return refused(OUT_OF_RANGE, 'no such time');
    const { clock } = this.#line.meter;
    const verdict = this.#line.writeClock({ what: 'clock', value, apply: () => clock.set(clock.instantOf(time.value)) });
    if (verdict === 'lost') return null;
    return verdict === 'done' ? ACK : can(ACCESS_DENIED);
  }
}
