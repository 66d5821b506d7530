/** ELSTERA1700, ELSTERA1140 and ELSTERAS230 (meter-protocols 6.1). */
import { type Encoded, fromHex, must } from '../../../workers/codec/common/index.ts';
import {
  decodeAdjust,
  decodeElsterClock,
  decodeItemRead,
  decodeItemWrite,
  ELSTER_ITEMS,
  encodeElsterClock,
  encodeSerialNumber,
  itemAnswer,
  passwordAnswer,
  seedCommand,
} from '../../../workers/codec/elster/index.ts';
import type { CommandTelegram, IdentificationTelegram, IecServerCommand } from '../../../workers/codec/iec62056-21/index.ts';
import { ACK, answer, BREAK, error, type IecApplication, NAK } from './iec-session.ts';
import type { MeterLine } from './session.ts';
import { type ElsterSettings, elsterSettings } from './types.ts';

const SERIAL_OCTETS = 22;
const NULL_ANSWER = '0000000000000000';
/** The most that one adjustment may move the clock, seconds. */
const ADJUST_MOST = 5;

/** How far the client got: P2 opens everything for a while, P1 reads only. */
type Access = { readonly level: 'read' } | { readonly level: 'all'; readonly sinceMs: number };

export class ElsterMeter implements IecApplication {
  readonly identification: IdentificationTelegram;
  readonly deviceAddress: string;
  readonly #line: MeterLine;
  readonly #settings: ElsterSettings;
  #seed: Uint8Array = new Uint8Array(8);
  #access: Access | null = null;
  #nullStepDone = false;

  constructor(line: MeterLine) {
    const { spec } = line.meter;
    this.#line = line;
    this.#settings = elsterSettings(spec);
    this.deviceAddress = spec.outstationAddress ?? '';
    const identification = `09${this.#settings.product}0100400@000`;
    this.identification = { type: 'identification', manufacturer: 'GEC', baudChar: '5', enhanced: [], identification };
  }

  selected(optionChar: string): IecServerCommand {
    // An option that it does not know is answered by the identification once more (IEC 62056-21, mode C).
    if (optionChar !== this.#settings.modeCharacter) return { type: 'reply', telegram: this.identification };
    const fixed = this.#settings.loginSeed === undefined ? undefined : fromHex(this.#settings.loginSeed);
    this.#seed = fixed ?? this.#line.meter.random.octets(8);
    const operand = seedCommand(this.#seed);
    return operand.kind === 'good' ? { type: 'reply', telegram: operand.value } : BREAK;
  }

  command({ command, data }: CommandTelegram, nowMs: number): IecServerCommand | null {
    switch (command) {
      case 'P1':
        return this.#logIn(data === `(${this.#line.meter.spec.password ?? ''})`, { level: 'read' });
      case 'P2':
        return this.#algorithm(data ?? '', nowMs);
      case 'R1':
        return this.#isOpen(nowMs) ? this.#read(data ?? '') : error('ERR5');
      case 'W1':
        return this.#access?.level === 'all' && this.#isOpen(nowMs) ? this.#write(data ?? '') : this.#closedWrite(data ?? '');
      default:
        return error('ERR1');
    }
  }

  forget(): void {
    this.#access = null;
    this.#nullStepDone = false;
  }

  #isOpen(nowMs: number): boolean {
    const access = this.#access;
    return access !== null && (access.level === 'read' || nowMs - access.sinceMs <= this.#settings.passwordLastsMs);
  }

  #algorithm(data: string, nowMs: number): IecServerCommand | null {
    const { nullPasswordFirst } = this.#settings;
    if (nullPasswordFirst && this.#access === null && !this.#nullStepDone) {
      this.#nullStepDone = data === `(${NULL_ANSWER})`;
      return this.#nullStepDone ? ACK : this.#logIn(false, { level: 'read' });
    }
    const right = passwordAnswer(this.#seed, this.#line.meter.spec.password ?? '');
    return this.#logIn(right.kind === 'good' && data.toUpperCase() === `(${right.value})`, { level: 'all', sinceMs: nowMs });
  }

  #logIn(right: boolean, access: Access): IecServerCommand | null {
    const { meter } = this.#line;
    if (meter.judge(right)) {
      this.#access = access;
      this.#line.authenticated();
      return ACK;
    }
    this.#access = null;
    if (meter.locked) return error('ERR5');
    switch (meter.faults.current.wrongPassword ?? 'standard') {
      case 'standard':
        return NAK;
      case 'error':
        return error('ERR1');
      case 'break':
        return BREAK;
      case 'silent':
        return null;
    }
  }

  #read(data: string): IecServerCommand {
    const read = decodeItemRead(data);
    if (read.kind !== 'good') return error('ERR3');
    const { dataId, packet, length } = read.value;
    const item = this.#item(dataId);
    if (item === undefined) return error('ERR2');
    if (packet !== 1 || length > item.length) return error('ERR3');
    if (dataId === ELSTER_ITEMS.serialNumber) this.#line.read('serial');
    else this.#line.read(dataId === ELSTER_ITEMS.clock ? 'clock' : dataId);
    return answer(itemAnswer(item.subarray(0, length)));
  }

  #item(dataId: string): Uint8Array | undefined {
    const { meter } = this.#line;
    switch (dataId) {
      case ELSTER_ITEMS.serialNumber:
        return octetsOf(encodeSerialNumber(meter.serialNumber, SERIAL_OCTETS));
      case ELSTER_ITEMS.clock:
        return octetsOf(encodeElsterClock(meter.clock.shown(), new Date(meter.clock.now()).getUTCDay()));
      case ELSTER_ITEMS.scheme:
        return new Uint8Array(8);
      default:
        return undefined;
    }
  }

  #closedWrite(data: string): IecServerCommand {
    this.#line.refuseWrite(data.slice(0, 6), data, 'no password, or too long ago');
    return error('ERR5');
  }

  #write(data: string): IecServerCommand | null {
    const write = decodeItemWrite(data);
    if (write.kind !== 'good') return error('ERR3');
    const { dataId, packet, octets } = write.value;
    if (dataId !== ELSTER_ITEMS.clock && dataId !== ELSTER_ITEMS.adjust) {
      this.#line.refuseWrite(dataId, data, 'unknown id');
      return error('ERR2');
    }
    if (packet !== 1) return error('ERR3');
    return dataId === ELSTER_ITEMS.clock ? this.#setClock(octets, data) : this.#adjust(octets, data);
  }

  #setClock(octets: Uint8Array, value: string): IecServerCommand | null {
    const { clock } = this.#line.meter;
    const time = decodeElsterClock(octets);
    if (time.kind !== 'good') return this.#done('clock', value, () => undefined, 'no such time');
    return this.#done('clock', value, () => clock.set(clock.instantOf(time.value)));
  }

  #adjust(octets: Uint8Array, value: string): IecServerCommand | null {
    const { clock } = this.#line.meter;
    const seconds = decodeAdjust(octets);
    if (seconds.kind !== 'good' || Math.abs(seconds.value) > ADJUST_MOST) return this.#done('adjust', value, () => undefined, 'too much at once');
    return this.#done('adjust', value, () => clock.set(clock.now() + seconds.value * 1000));
  }

  #done(what: string, value: string, apply: () => void, refusal?: string): IecServerCommand | null {
    const verdict = this.#line.writeClock({ what, value, apply, ...(refusal === undefined ? {} : { refusal }) });
    if (verdict === 'lost') return null;
    if (verdict === 'done') return ACK;
    return error(refusal === undefined ? 'ERR5' : 'ERR3');
  }
}

const octetsOf = (encoded: Encoded): Uint8Array => must(encoded);
