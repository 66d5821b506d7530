/** EMLITECOP10 (meter-protocols 6.3): single requests, over TCP each on a connection of its own, without a log-in. */
import type { EpochMs } from '../../../machines/common/effects.ts';
import { weekdayOf } from '../../../workers/codec/common/index.ts';
import {
  decodeEmliteClock,
  decodeEmliteData,
  decodeEmliteText,
  EMLITE_OBJECTS,
  EmliteClient,
  type EmliteEvent,
  encodeEmliteClock,
  encodeEmliteData,
  encodeEmliteFrame,
  resultName,
} from '../../../workers/codec/emlite/index.ts';
import type { MeterProfile } from '../../profile/profile.ts';
import { made, read, sectionOf, serialOf } from '../common/answers.ts';
import { Exchanges } from '../common/exchanges.ts';
import { civilOf, instantOf } from '../common/instants.ts';
import { type ClockSample, type Dialogue, DialogueError, type DialogueSetup, type StepLimits } from '../dialogue.ts';
import type { Exchange } from '../driver-types.ts';
import { destinationOf, sourceOf } from './address.ts';

const CHECKSUM_ERROR = 1;

export class EmliteDialogue implements Dialogue {
  readonly writeOctets: number;
  readonly #profile: MeterProfile;
  readonly #sundayIs: number;
  readonly #client: EmliteClient;
  readonly #exchanges: Exchanges<EmliteEvent>;

  constructor(setup: DialogueSetup) {
    const { profile, link } = setup;
    const { connectionPerRequest, pauseBetweenConnectionsMs, sundayIs } = sectionOf(profile, 'emlite');
    this.#profile = profile;
    this.#sundayIs = sundayIs;
    this.#client = new EmliteClient({
      source: sourceOf(setup.services.random(3)),
      destination: destinationOf(setup.outstationAddress ?? ''),
      replyTimeoutMs: profile.timing.replyTimeoutMs,
      retries: profile.timing.retries,
      retryPauseMs: profile.timing.pauseBetweenRetriesMs,
      gapMs: Math.max(pauseBetweenConnectionsMs, profile.timing.pauseBeforeRequestMs),
      silenceMs: profile.timing.interOctetMs,
      // A telephone call is kept: dialling again for each request would take minutes.
      newConnectionPerRequest: connectionPerRequest && link.kind === 'tcp',
    });
    this.#exchanges = new Exchanges(setup, this.#client);
    const header = { destination: 0, source: 0, sequence: 0, resultCode: 0 };
    this.writeOctets = made('clock', encodeEmliteFrame(header, this.#writeData(setup.clock.now()))).length;
  }

  get transitMs(): number {
    return this.#exchanges.transitMs;
  }

  /** Nothing goes out: a request is all that there is. */
  async signOn(limits: StepLimits): Promise<void> {
    await this.#exchanges.open(limits);
  }

  async identify(): Promise<string> {
    const { destination } = this.#client;
    return destination === 0 ? 'Emlite meter' : `Emlite meter at ${destination.toString(16).toUpperCase().padStart(8, '0')}`;
  }

  /** There is none. */
  async logIn(): Promise<void> {
    return undefined;
  }

  async readSerial(limits: StepLimits): Promise<string> {
    const { payload } = await this.#object('serial number', EMLITE_OBJECTS.serialNumber, limits);
    return serialOf(read('serial number', decodeEmliteText(payload)));
  }

  async readClock(limits: StepLimits): Promise<ClockSample> {
    const { payload, exchange } = await this.#object('clock', EMLITE_OBJECTS.clock, limits);
    const { time } = read('clock', decodeEmliteClock(payload));
    const { sentAt, firstAt, repeated } = exchange;
    return { meterAt: instantOf(time, this.#profile.clock.baseOffsetMinutes), wholeSeconds: true, sentAt, firstAt, repeated, flags: [] };
  }

  async writeClock(target: () => EpochMs, limits: StepLimits): Promise<void> {
    const { event } = await this.#exchanges.write(() => this.#writeData(target()), limits);
    if (event.resultCode !== 0) throw refusal('clock: the meter refused the write', event.resultCode, 'meter');
  }

  /** Nothing is open that could grow old; by telephone the call is kept busy. */
  async keepAlive(limits: StepLimits): Promise<void> {
    if (this.#exchanges.link.kind !== 'tcp') await this.#object('clock', EMLITE_OBJECTS.clock, limits);
  }

  /** Nothing goes out. */
  logOff(limits: StepLimits): Promise<void> {
    return this.#exchanges.close(limits);
  }

  #writeData(at: EpochMs): Uint8Array {
    const time = civilOf(at, this.#profile.clock.baseOffsetMinutes);
    const payload = made('clock', encodeEmliteClock(time, { dayOctet: dayOctetOf(weekdayOf(time), this.#sundayIs) }));
    return made('clock', encodeEmliteData({ kind: 'object', objectId: EMLITE_OBJECTS.clock, flag: 'write', payload }));
  }

  async #object(what: string, objectId: number, limits: StepLimits): Promise<{ readonly payload: Uint8Array; readonly exchange: Exchange<EmliteEvent> }> {
    const request = made(what, encodeEmliteData({ kind: 'object', objectId, flag: 'read', payload: new Uint8Array(0) }));
    const exchange = await this.#exchanges.ask(request, limits);
    const { resultCode } = exchange.event;
    if (resultCode !== 0) throw refusal(`${what}: the meter gave none`, resultCode, resultCode === CHECKSUM_ERROR ? 'link' : 'meter');
    const data = read(what, decodeEmliteData(exchange.payload));
    if (data.kind !== 'object') throw new DialogueError('meter', `${what}: the answer holds no object`);
    return { payload: data.payload, exchange };
  }
}

/** @param weekday 0 Sunday @param sundayIs 0, 6 (Monday is 0) or 7 (Monday is 1) */
const dayOctetOf = (weekday: number, sundayIs: number): number => (weekday === 0 ? sundayIs : sundayIs === 6 ? weekday - 1 : weekday);

function refusal(text: string, resultCode: number, failure: 'meter' | 'link'): DialogueError {
  return new DialogueError(failure, `${text} (result ${resultCode}, ${resultName(resultCode)})`, { meterCode: `result ${resultCode}` });
}
