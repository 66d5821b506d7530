/** EMLITECOP10: EMOP frames, no log-in, every request on a connection of its own as often as not (meter-protocols 6.3). */
import { must } from '../../../workers/codec/common/index.ts';
import {
  decodeEmliteClock,
  decodeEmliteData,
  EMLITE_OBJECTS,
  type EmliteData,
  EmliteServer,
  type EmliteServerEvent,
  encodeEmliteClock,
  encodeEmliteData,
  encodeEmliteSignal,
  encodeEmliteText,
} from '../../../workers/codec/emlite/index.ts';
import type { MeterLine, MeterSession } from './session.ts';

const OK = 0;
const FORMAT = 2;
const LENGTH = 3;
const UNKNOWN_OBJECT = 5;
const NOT_GRANTED = 6;

const CLOCK_OCTETS = 7;
const NO_OCTETS = new Uint8Array(0);

type Reply = { readonly resultCode: number; readonly data: EmliteData };
type ObjectData = Extract<EmliteData, { kind: 'object' }>;

export class EmliteMeter implements MeterSession {
  readonly #line: MeterLine;
  readonly #address: number;
  #server: EmliteServer;
  #deadlineMs: number | null = null;

  constructor(line: MeterLine) {
    this.#line = line;
    this.#address = emliteAddress(line.meter.spec.outstationAddress ?? line.meter.spec.serialNumber);
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
    this.#server = this.#start();
    this.#deadlineMs = null;
  }

  #start(): EmliteServer {
    return new EmliteServer({ address: this.#address, answersDamage: !this.#line.shared || this.#line.first });
  }

  #step(input: Parameters<EmliteServer['step']>[0], nowMs: number): void {
    const { send, events, deadlineMs } = this.#server.step(input, nowMs);
    this.#deadlineMs = deadlineMs;
    for (const frame of send) this.#line.send(frame);
    for (const event of events) this.#event(event, nowMs);
  }

  #event(event: EmliteServerEvent, nowMs: number): void {
    if (event.type !== 'request') return;
    const { destination } = event.header;
    if (this.#line.shared && destination !== this.#address && !(destination === 0 && this.#line.first)) return;
    const fate = this.#line.request();
    if (fate === 'disconnect') this.#line.hangUp();
    if (fate !== 'serve') return;
    const reply = this.#answer(event.payload);
    if (reply === null) return;
    const payload = must(encodeEmliteData(reply.data));
    this.#step({ type: 'command', command: { type: 'reply', payload, resultCode: reply.resultCode } }, nowMs);
  }

  #answer(payload: Uint8Array): Reply | null {
    const decoded = decodeEmliteData(payload);
    if (decoded.kind !== 'good' || decoded.value.kind !== 'object') return { resultCode: FORMAT, data: { kind: 'none' } };
    const data = decoded.value;
    return data.flag === 'read' ? this.#read(data) : this.#write(data);
  }

  #read(data: ObjectData): Reply {
    const payload = this.#value(data.objectId);
    return payload === undefined ? refusal(UNKNOWN_OBJECT, data) : { resultCode: OK, data: { ...data, payload } };
  }

  #value(objectId: number): Uint8Array | undefined {
    const { clock, serialNumber } = this.#line.meter;
    const named = (what: string, value: Uint8Array): Uint8Array => {
      this.#line.read(what);
      return value;
    };
    switch (objectId) {
      case EMLITE_OBJECTS.serialNumber:
        return named('serial', must(encodeEmliteText(serialNumber)));
      case EMLITE_OBJECTS.hardware:
        return named('hardware', must(encodeEmliteText('ECA2')));
      case EMLITE_OBJECTS.firmware:
        return named('firmware', Uint8Array.of(0x33, 0x30, 0x32, 0x30));
      case EMLITE_OBJECTS.signal:
        return named('signal', must(encodeEmliteSignal({ csq: 17, operator: 1 })));
      case EMLITE_OBJECTS.clock:
        return named('clock', must(encodeEmliteClock(clock.shown())));
      default:
        return undefined;
    }
  }

  #write(data: ObjectData): Reply | null {
    const value = Buffer.from(data.payload.subarray(0, 32)).toString('hex');
    const refused = (resultCode: number, reason: string): Reply => {
      this.#line.refuseWrite(data.objectId.toString(16).padStart(6, '0').toUpperCase(), value, reason);
      return refusal(resultCode, data);
    };
    if (data.objectId !== EMLITE_OBJECTS.clock) {
      return Object.values<number>(EMLITE_OBJECTS).includes(data.objectId) ? refused(NOT_GRANTED, 'read only') : refused(UNKNOWN_OBJECT, 'no such object');
    }
    if (data.payload.length !== CLOCK_OCTETS) return refused(LENGTH, 'wrong length');
    const time = decodeEmliteClock(data.payload);
    if (time.kind !== 'good') return refused(FORMAT, 'no such time');
    const { clock } = this.#line.meter;
    const verdict = this.#line.writeClock({ what: 'clock', value, apply: () => clock.set(clock.instantOf(time.value.time)) });
    if (verdict === 'lost') return null;
    return verdict === 'done' ? { resultCode: OK, data: { ...data, payload: NO_OCTETS } } : refusal(NOT_GRANTED, data);
  }
}

const refusal = (resultCode: number, data: ObjectData): Reply => ({ resultCode, data: { ...data, payload: NO_OCTETS } });

/** The 32-bit address of decimal digits, or of eight hex digits. */
export function emliteAddress(text: string): number {
  const decimal = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (decimal <= 0xffff_ffff) return decimal;
  const hex = text.replace(/[^0-9A-Fa-f]/g, '').slice(-8);
  return hex === '' ? 1 : Number.parseInt(hex, 16);
}
