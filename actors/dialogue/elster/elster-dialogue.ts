/**
 * ELSTERA1700, ELSTERA1140, ELSTERAS230 (meter-protocols 6.1).
 *
 * - E1 The password goes out immediately before each write, and with nothing between.
 * - E2 A write is sent again only after ERR5: the meter said that it did not do it. The value is asked for anew.
 * - E3 The break goes out at log-off, also after failures.
 */
import type { EpochMs } from '../../../machines/common/effects.ts';
import { frameMs } from '../../../machines/meter-session/index.ts';
import {
  CLOCK_OCTETS,
  decodeElsterClock,
  decodeItemAnswer,
  decodeSerialNumber,
  ELSTER_ITEMS,
  elsterErrorName,
  encodeElsterClock,
  type ItemRead,
  itemRead,
  itemWrite,
  joinItem,
  type Made,
  planItemReads,
  splitElsterIdentification,
} from '../../../workers/codec/elster/index.ts';
import type { CommandTelegram, IecReply } from '../../../workers/codec/iec62056-21/index.ts';
import type { MeterProfile } from '../../profile/profile.ts';
import { made, read, sectionOf, serialOf } from '../common/answers.ts';
import { civilOf, instantOf, untilWholeSecond } from '../common/instants.ts';
import { type ClockSample, type Dialogue, DialogueError, type DialogueSetup, type StepLimits } from '../dialogue.ts';
import { codeOf, type IecExchange, IecLine, octetsOf } from '../iec/iec-line.ts';
import { ElsterAccess } from './access.ts';

const LOCKED = 'locked-or-password-timed-out';
const MASTER_UNIT = '09';

export class ElsterDialogue implements Dialogue {
  readonly writeOctets: number;
  readonly #setup: DialogueSetup;
  readonly #profile: MeterProfile;
  readonly #serialLength: number;
  readonly #line: IecLine;
  readonly #access: ElsterAccess;
  #operand: string | null = null;

  constructor(setup: DialogueSetup) {
    const section = sectionOf(setup.profile, 'elster');
    this.#setup = setup;
    this.#profile = setup.profile;
    this.#serialLength = section.serialLength;
    this.#line = new IecLine(setup, {
      address: addressOf(setup.outstationAddress ?? '', section.padAddressTo),
      modeCharacter: section.modeCharacter,
      wakePauseMs: section.wakeWithBreak ? section.wakePauseMs : null,
      operandPauseMs: section.operandPauseMs,
      breakPauseMs: section.breakPauseMs,
    });
    this.#access = new ElsterAccess(setup, section, this.#line);
    this.writeOctets = octetsOf(this.#writeCommand(setup.clock.now())).length;
  }

  get transitMs(): number {
    return this.#line.transitMs;
  }

  async signOn(limits: StepLimits): Promise<void> {
    this.#operand = await this.#line.signOn(limits);
  }

  /** From the identification: `GEC, range 010, device 010, issue 04`. */
  async identify(): Promise<string> {
    const telegram = this.#line.identification;
    if (telegram === undefined) throw new DialogueError('engine', 'identify: the meter has not signed on');
    const parts = splitElsterIdentification(telegram.identification);
    if (parts === undefined) return `${telegram.manufacturer}, ${telegram.identification}`;
    if (/^0[1-8]$/.test(parts.unit))
      throw new DialogueError('config', `identification: unit ${parts.unit} is an older meter, this dialogue is for unit ${MASTER_UNIT}`);
    return `${telegram.manufacturer}, range ${parts.productRange}, device ${parts.deviceNumber}, issue ${parts.issue}`;
  }

  logIn(limits: StepLimits): Promise<void> {
    return this.#access.logIn(this.#operand, limits);
  }

  async readSerial(limits: StepLimits): Promise<string> {
    const what = 'serial number';
    const reads = madeOf(planItemReads(ELSTER_ITEMS.serialNumber, this.#serialLength));
    const answers: Uint8Array[] = [];
    for (const item of reads) answers.push((await this.#readItem(what, item, limits)).octets);
    return serialOf(read(what, decodeSerialNumber(read(what, joinItem(reads, answers)))));
  }

  async readClock(limits: StepLimits): Promise<ClockSample> {
    const { octets, exchange } = await this.#readItem('clock', { dataId: ELSTER_ITEMS.clock, packet: 1, length: CLOCK_OCTETS }, limits);
    const time = read('clock', decodeElsterClock(octets));
    const { sentAt, firstAt, repeated } = exchange;
    return { meterAt: instantOf(time, this.#profile.clock.baseOffsetMinutes), wholeSeconds: true, sentAt, firstAt, repeated, flags: [] };
  }

  async writeClock(target: () => EpochMs, limits: StepLimits): Promise<void> {
    const reply = await this.#write(target, limits);
    if (reply.type === 'error' && elsterErrorName(reply.errorCode) === LOCKED) return taken(await this.#write(target, limits));
    taken(reply);
  }

  keepAlive(limits: StepLimits): Promise<void> {
    return this.#access.refresh(limits);
  }

  logOff(limits: StepLimits): Promise<void> {
    return this.#line.leave(limits);
  }

  async #write(target: () => EpochMs, limits: StepLimits): Promise<IecReply> {
    await this.#access.refresh(limits);
    const holdMs = (): number =>
      untilWholeSecond(target(), this.#setup.clock.now() + this.transitMs + frameMs(this.writeOctets, this.#setup.link.bitsPerSecond));
    return this.#line.write(() => this.#writeCommand(target()), holdMs, limits);
  }

  #writeCommand(at: EpochMs): CommandTelegram {
    const octets = made('clock', encodeElsterClock(civilOf(at, this.#profile.clock.baseOffsetMinutes)));
    return madeOf(itemWrite({ dataId: ELSTER_ITEMS.clock, packet: 1, octets }));
  }

  async #readItem(what: string, item: ItemRead, limits: StepLimits): Promise<{ readonly octets: Uint8Array; readonly exchange: IecExchange }> {
    await this.#access.keep(limits);
    const request = madeOf(itemRead(item));
    let exchange = await this.#line.read(request, limits);
    const { telegram } = exchange.event;
    if (telegram.type === 'error' && elsterErrorName(telegram.errorCode) === LOCKED) {
      await this.#access.refresh(limits);
      exchange = await this.#line.read(request, limits);
    }
    const reply = exchange.event.telegram;
    if (reply.type !== 'answer') throw refusal(`${what}: the meter gave none`, reply);
    return { octets: read(what, decodeItemAnswer(reply.data)), exchange };
  }
}

/** @throws DialogueError `meter` when the meter refused, `write` for an answer that says neither */
function taken(reply: IecReply): void {
  if (reply.type === 'ack') return;
  if (reply.type === 'answer') throw new DialogueError('write', 'outcome of the write unknown: it was answered by data');
  throw refusal('clock: the meter refused the write', reply);
}

function refusal(text: string, reply: IecReply): DialogueError {
  const code = codeOf(reply);
  const name = elsterErrorName(code);
  return new DialogueError('meter', `${text} (${name === undefined ? code : `${code}, ${name}`})`, { meterCode: code });
}

/** Zeros before an address of digits alone; any other text goes out as it was given. */
function addressOf(address: string, padTo: number): string {
  return /^\d+$/.test(address) ? address.padStart(padTo, '0') : address;
}

function madeOf<T>(outcome: Made<T>): T {
  if (outcome.kind === 'good') return outcome.value;
  throw new DialogueError('config', outcome.error.rule);
}
