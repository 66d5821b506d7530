/** Class 8, `0.0.1.0.0.255` (meter-protocols 5.7, 5.8). */
import { must } from '../../../../workers/codec/common/index.ts';
import { type DataValue, type DateTime, decodeDateTime, encodeDateTime, fromInstant, toInstant } from '../../../../workers/codec/data/index.ts';
import type { SimClock } from '../clock.ts';
import type { DlmsSettings } from '../types.ts';
import {
  type Asker,
  type CosemObject,
  DENIED,
  type Done,
  enumerated,
  type Got,
  integer,
  OTHER_REASON,
  OUT_OF_SCOPE,
  octetString,
  resultOf,
  UNDEFINED,
  unsigned,
  WRONG_TYPE,
} from './objects.ts';

const MINUTE_MS = 60_000;
const QUARTER_MS = 15 * MINUTE_MS;
/** Of the meter's load profile. */
const PERIOD_MS = 30 * MINUTE_MS;
const MOST_SHIFT = 900;
const CRYSTAL = 1;

/** When summer time begins and ends: the last Sunday of March and October, 01:00. */
const SUMMER_BEGINS = Uint8Array.of(0xff, 0xff, 0x03, 0xfe, 0x07, 0x01, 0, 0, 0, 0x80, 0, 0);
const SUMMER_ENDS = Uint8Array.of(0xff, 0xff, 0x0a, 0xfe, 0x07, 0x02, 0, 0, 0, 0x80, 0, 0);

interface Preset {
  readonly at: number;
  readonly from: number;
  readonly to: number;
}

export class ClockObject implements CosemObject {
  readonly classId = 8;
  readonly version = 0;
  readonly obis = [0, 0, 1, 0, 0, 255] as const;
  readonly base: number;
  readonly attributes = 9;
  readonly methods = 6;
  readonly methodOffset = 0x60;
  readonly isPublic = true;
  readonly writable = [2, 3, 5, 6, 7, 8];
  readonly #clock: SimClock;
  readonly #settings: DlmsSettings;
  #preset: Preset | undefined;

  constructor(clock: SimClock, settings: DlmsSettings) {
    this.#clock = clock;
    this.#settings = settings;
    this.base = settings.clockBase;
  }

  get(attribute: number, asker: Asker): Got {
    const now = this.#clock.now();
    switch (attribute) {
      case 2:
        asker.line.read('clock');
        return octetString(this.#time(now));
      case 3:
        return { type: 'long', value: 0 - this.#zone(0) };
      case 4:
        return unsigned(this.#clock.isSummer(now) ? 0x80 : 0);
      case 5:
        return octetString(SUMMER_BEGINS);
      case 6:
        return octetString(SUMMER_ENDS);
      case 7:
        return integer(60);
      case 8:
        return { type: 'boolean', value: this.#clock.zoneMinutes(Date.UTC(2024, 6, 1)) !== this.#clock.zoneMinutes(Date.UTC(2024, 0, 1)) };
      case 9:
        return enumerated(CRYSTAL);
      default:
        return UNDEFINED;
    }
  }

  set(attribute: number, value: DataValue, asker: Asker): Done {
    if (attribute !== 2) {
      asker.line.refuseWrite(`clock ${attribute}`, value.type, 'locked');
      return DENIED;
    }
    if (value.type !== 'octet-string' && value.type !== 'date-time') return this.#refuse('clock', value.type, 'wrong type', WRONG_TYPE, asker);
    const text = Buffer.from(value.octets.subarray(0, 16)).toString('hex');
    const at = value.octets.length === 12 ? this.#instant(value.octets) : undefined;
    if (at === undefined) return this.#refuse('clock', text, 'no such time', value.octets.length === 12 ? OTHER_REASON : WRONG_TYPE, asker);
    return this.#move('clock', text, () => at, asker);
  }

  invoke(method: number, parameter: DataValue | undefined, asker: Asker): Done {
    switch (method) {
      case 1:
        return this.#round('adjust-to-quarter', QUARTER_MS, parameter, asker);
      case 2:
        return this.#round('adjust-to-measuring-period', PERIOD_MS, parameter, asker);
      case 3:
        return this.#round('adjust-to-minute', MINUTE_MS, parameter, asker);
      case 4:
        return this.#toPreset(parameter, asker);
      case 5:
        return this.#setPreset(parameter, asker);
      case 6:
        return this.#shift(parameter, asker);
      default:
        return UNDEFINED;
    }
  }

  #round(what: string, stepMs: number, parameter: DataValue | undefined, asker: Asker): Done {
    if (parameter?.type !== 'integer') return this.#refuse(what, parameter?.type ?? 'none', 'wrong type', WRONG_TYPE, asker);
    return this.#move(what, String(parameter.value), (now) => Math.round(now / stepMs) * stepMs, asker);
  }

  #shift(parameter: DataValue | undefined, asker: Asker): Done {
    if (parameter?.type !== 'long') return this.#refuse('shift', parameter?.type ?? 'none', 'wrong type', WRONG_TYPE, asker);
    const { value } = parameter;
    if (Math.abs(value) > MOST_SHIFT) return this.#refuse('shift', String(value), `more than ${MOST_SHIFT} s`, OUT_OF_SCOPE, asker);
    return this.#move('shift', String(value), (now) => now + value * 1000, asker);
  }

  #setPreset(parameter: DataValue | undefined, asker: Asker): Done {
    const instants = parameter?.type === 'structure' ? parameter.items.map((item) => ('octets' in item ? this.#instant(item.octets) : undefined)) : [];
    const [at, from, to] = instants;
    if (at === undefined || from === undefined || to === undefined || instants.length !== 3) {
      return this.#refuse('preset', parameter?.type ?? 'none', 'wrong type', WRONG_TYPE, asker);
    }
    this.#preset = { at, from, to };
    return 0;
  }

  #toPreset(parameter: DataValue | undefined, asker: Asker): Done {
    const preset = this.#preset;
    if (parameter?.type !== 'integer') return this.#refuse('adjust-to-preset', parameter?.type ?? 'none', 'wrong type', WRONG_TYPE, asker);
    const now = this.#clock.now();
    if (preset === undefined || now < preset.from || now > preset.to)
      return this.#refuse('adjust-to-preset', '', 'nothing preset for now', OUT_OF_SCOPE, asker);
    return this.#move('adjust-to-preset', String(parameter.value), () => preset.at, asker);
  }

  #move(what: string, value: string, target: (now: number) => number, asker: Asker): Done {
    return resultOf(asker.line.writeClock({ what, value, apply: () => this.#clock.set(target(this.#clock.now())) }), DENIED);
  }

  #refuse(what: string, value: string, refusal: string, result: number, asker: Asker): Done {
    return resultOf(asker.line.writeClock({ what, value, refusal, apply: () => undefined }), result);
  }

  #time(now: number): Uint8Array {
    const { deviation, hundredths } = this.#settings;
    const shown = fromInstant(now, {
      baseOffsetMinutes: this.#zone(now),
      deviation: deviation === 'unspecified' ? 'unspecified' : 'given',
      deviationSign: deviation === 'inverted' ? 'inverted' : 'normal',
      daylightSaving: this.#clock.isSummer(now),
      hundredths,
    });
    return shown.kind === 'good' ? must(encodeDateTime(shown.value)) : new Uint8Array(12).fill(0xff);
  }

  /** The instant of a date-time that is written; undefined for one that is none. */
  #instant(octets: Uint8Array): number | undefined {
    const decoded = decodeDateTime(octets, { strict: 'all' });
    if (decoded.kind !== 'good') return undefined;
    const { deviation } = this.#settings;
    const fields: DateTime = decoded.value;
    const deviationSign = deviation === 'inverted' ? 'inverted' : 'normal';
    const guess = toInstant(fields, { deviationSign, baseOffsetMinutes: this.#zone(0) });
    if (guess.kind !== 'instant' || guess.rests === 'deviation') return guess.kind === 'instant' ? guess.epochMs : undefined;
    const { year, month, day, hour, minute, second } = fields;
    const civil = { year: year ?? 0, month: month ?? 0, day: day ?? 0, hour: hour ?? 0, minute: minute ?? 0, second: second ?? 0 };
    return this.#clock.instantOf(civil) + (fields.hundredths ?? 0) * 10;
  }

  #zone(epochMs: number): number {
    return this.#clock.zoneMinutes(epochMs);
  }
}
