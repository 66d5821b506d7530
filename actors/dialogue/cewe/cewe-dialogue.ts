/** CEWEPRO: the older ProMeter, which is read and never written (meter-protocols 6.7). */
import { CEWE_REGISTERS, ceweErrorName, ceweRead, decodeCeweDate, decodeCeweSerialNumber, decodeCeweTime } from '../../../workers/codec/cewe/index.ts';
import { command, readDataSets } from '../../../workers/codec/iec62056-21/index.ts';
import type { MeterProfile } from '../../profile/profile.ts';
import { read, sectionOf, serialOf } from '../common/answers.ts';
import { instantOf } from '../common/instants.ts';
import { type ClockSample, type Dialogue, DialogueError, type DialogueSetup, type StepLimits } from '../dialogue.ts';
import { codeOf, type IecExchange, IecLine, maskOperand } from '../iec/iec-line.ts';

/** The date stands still but at midnight; a meter whose date changes at each look cannot be read. */
const MOST_READINGS = 3;
const NO_SUCH = new Set(['(', ')', '*', '/', '!']);

export class CeweDialogue implements Dialogue {
  readonly writeOctets = 0;
  readonly #profile: MeterProfile;
  readonly #password: string | undefined;
  readonly #line: IecLine;

  constructor(setup: DialogueSetup) {
    const section = sectionOf(setup.profile, 'cewe');
    this.#profile = setup.profile;
    this.#password = section.passwordLevel === 'P1' && setup.password !== '' ? setup.password : undefined;
    const { modeCharacter, operandPauseMs, breakPauseMs } = section;
    this.#line = new IecLine(setup, { address: setup.outstationAddress ?? '', modeCharacter, wakePauseMs: null, operandPauseMs, breakPauseMs });
  }

  get transitMs(): number {
    return this.#line.transitMs;
  }

  async signOn(limits: StepLimits): Promise<void> {
    await this.#line.signOn(limits);
  }

  async identify(): Promise<string> {
    const telegram = this.#line.identification;
    if (telegram === undefined) throw new DialogueError('engine', 'identify: the meter has not signed on');
    return `${telegram.manufacturer}, ${telegram.identification}`;
  }

  /** Where no password was given the meter is read without. */
  async logIn(limits: StepLimits): Promise<void> {
    const password = this.#password;
    if (password === undefined) return;
    if ([...password].some((letter) => NO_SUCH.has(letter))) throw new DialogueError('config', 'password: must not hold ( ) * / !');
    const answer = await this.#line.logIn(command('P1', `(${password})`), maskOperand, limits);
    if (answer.kind === 'no-answer') throw answer.error;
    if (answer.kind === 'refused') throw new DialogueError('login', `password refused (${named(answer.code)})`, { meterCode: answer.code });
  }

  async readSerial(limits: StepLimits): Promise<string> {
    const { value } = await this.#register('serial number', CEWE_REGISTERS.serialNumber, limits);
    return serialOf(read('serial number', decodeCeweSerialNumber(value.trim())));
  }

  /** Date, time, and the date once more: were midnight between the two, they would not belong together. */
  async readClock(limits: StepLimits): Promise<ClockSample> {
    let date = await this.#register('date', CEWE_REGISTERS.date, limits);
    for (let reading = 1; reading <= MOST_READINGS; reading += 1) {
      const time = await this.#register('time', CEWE_REGISTERS.time, limits);
      const again = await this.#register('date', CEWE_REGISTERS.date, limits);
      if (again.value === date.value) return this.#sample(date.value, time);
      date = again;
    }
    throw new DialogueError('meter', `clock: the date changed at each of ${MOST_READINGS} readings`);
  }

  async writeClock(): Promise<void> {
    throw new DialogueError('config', `Time update is not supported for meter type ${this.#profile.meterType}`);
  }

  async keepAlive(limits: StepLimits): Promise<void> {
    await this.#register('time', CEWE_REGISTERS.time, limits);
  }

  logOff(limits: StepLimits): Promise<void> {
    return this.#line.leave(limits);
  }

  #sample(date: string, time: Register): ClockSample {
    const civil = { ...read('date', decodeCeweDate(date)), ...read('time', decodeCeweTime(time.value)) };
    const { sentAt, firstAt, repeated } = time.exchange;
    return { meterAt: instantOf(civil, this.#profile.clock.baseOffsetMinutes), wholeSeconds: true, sentAt, firstAt, repeated, flags: [] };
  }

  async #register(what: string, register: string, limits: StepLimits): Promise<Register> {
    const request = ceweRead(register);
    if (request.kind === 'bad') throw new DialogueError('config', request.error.rule);
    const exchange = await this.#line.read(request.value, limits);
    const reply = exchange.event.telegram;
    if (reply.type !== 'answer') {
      const code = codeOf(reply);
      throw new DialogueError('meter', `${what}: the meter gave none (${named(code)})`, { meterCode: code });
    }
    const [set] = readDataSets(reply.data);
    const isOther = set?.address != null && set.address !== register;
    if (set === undefined || isOther) throw new DialogueError('meter', `${what}: the answer holds no value of register ${register}`);
    return { value: set.value, exchange };
  }
}

interface Register {
  readonly value: string;
  readonly exchange: IecExchange;
}

function named(code: string): string {
  const name = ceweErrorName(code);
  return name === undefined ? code : `${code}, ${name}`;
}
