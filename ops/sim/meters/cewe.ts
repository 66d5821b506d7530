/** CEWEPRO: the older ProMeter by IEC 62056-21, mode C, registers that may be read only (meter-protocols 6.7). */
import { CEWE_REGISTERS, encodeCeweDate, encodeCeweTime } from '../../../workers/codec/cewe/index.ts';
import { must } from '../../../workers/codec/common/index.ts';
import type { CommandTelegram, IdentificationTelegram, IecServerCommand } from '../../../workers/codec/iec62056-21/index.ts';
import { ACK, answer, BREAK, error, type IecApplication, NAK } from './iec-session.ts';
import type { MeterLine } from './session.ts';

const text = (octets: Uint8Array): string => String.fromCharCode(...octets);

export class CeweMeter implements IecApplication {
  readonly identification: IdentificationTelegram;
  /** The outstation is the serial number. */
  readonly deviceAddress: string;
  readonly #line: MeterLine;

  constructor(line: MeterLine) {
    this.#line = line;
    const { spec } = line.meter;
    this.deviceAddress = spec.outstationAddress ?? spec.serialNumber;
    this.identification = { type: 'identification', manufacturer: 'CWE', baudChar: '5', enhanced: [], identification: 'PROMETER' };
  }

  selected(optionChar: string): IecServerCommand {
    if (optionChar === '1') return { type: 'reply', telegram: { type: 'command', command: 'P0', data: '()', terminator: 'ETX' } };
    if (optionChar === '0') return answer(`${CEWE_REGISTERS.serialNumber}(${this.#value(CEWE_REGISTERS.serialNumber) ?? ''})\r\n!\r\n`);
    return { type: 'reply', telegram: this.identification };
  }

  command({ command, data }: CommandTelegram): IecServerCommand | null {
    switch (command) {
      case 'P1':
        return this.#password(data === `(${this.#line.meter.spec.password ?? ''})`);
      case 'R1':
        return this.#read(data ?? '');
      case 'W1':
        this.#line.refuseWrite(data?.slice(0, 4) ?? '', data ?? '', 'read only');
        return error('ER:006');
      default:
        return error('ER:009');
    }
  }

  forget(): void {
    // Nothing is kept of a session: reading needs no password.
  }

  #password(right: boolean): IecServerCommand | null {
    if (this.#line.meter.judge(right)) {
      this.#line.authenticated();
      return ACK;
    }
    switch (this.#line.meter.faults.current.wrongPassword ?? 'standard') {
      case 'standard':
        return NAK;
      case 'error':
        return error('ER:010');
      case 'break':
        return BREAK;
      case 'silent':
        return null;
    }
  }

  #read(data: string): IecServerCommand {
    const [, register = '', count] = /^([0-9A-F]{4}|[0-9A-F]{6})\((\d{1,2})\)$/i.exec(data) ?? [];
    if (count === undefined) return error('ER:004');
    if (Number(count) > 16) return error('ER:003');
    const value = this.#value(register);
    if (value === undefined) return error('ER:001');
    if (Number(count) !== 1) return error('ER:002');
    if (register === CEWE_REGISTERS.serialNumber) this.#line.read('serial');
    else this.#line.read(register === CEWE_REGISTERS.time ? 'clock' : register);
    return answer(`${register}(${value})`);
  }

  #value(register: string): string | undefined {
    const { clock, serialNumber } = this.#line.meter;
    switch (register) {
      case CEWE_REGISTERS.serialNumber:
        return serialNumber;
      case CEWE_REGISTERS.software:
        return 'V2.61';
      case CEWE_REGISTERS.date:
        return text(must(encodeCeweDate(clock.shown())));
      case CEWE_REGISTERS.time:
        return text(must(encodeCeweTime(clock.shown())));
      default:
        return undefined;
    }
  }
}
