/**
 * The DLMS dialogue (meter-protocols 5, 6.4 to 6.6): sign-on, association, serial number, clock.
 *
 * ```
 *   DlmsDialogue ──► MeterObjects (by logical or short name) ──► Conversation ──► DlmsLine (HDLC, wrapper) ──► LinkDriver ──► Link
 *                        associate ──────────────────────────────────┘   └─ Protection (in clear, ciphered)
 * ```
 *
 * - A1 A link that is lost in a reading (DM, FRMR, silence) is begun again with SNRM and a new log-in, a bounded number of times, as is
 *   one that a write left in doubt: the reading that must follow needs it. A write is never repeated.
 * - A2 A refused password ends the dialogue: nothing here sends it again.
 * - A3 A counter in doubt is settled by the meter's own, read through its public client, once; see `counters.ts`.
 */
import type { EpochMs } from '../../../machines/common/effects.ts';
import { apdu, must } from '../../../workers/codec/index.ts';
import type { Link } from '../../link/link.ts';
import { type ClockSample, type Dialogue, DialogueError, type DialogueSetup, type StepLimits } from '../dialogue.ts';
import { type Association, associate } from './associate.ts';
import { MOST_SHIFT_SECONDS, shiftValue, timeOf, timeValue } from './clock.ts';
import { Conversation } from './conversation.ts';
import { readPublicCounter, SessionCounters } from './counters.ts';
import { mechanismOf } from './credentials.ts';
import { CounterInDoubt } from './faults.ts';
import { type Framing, framingOf } from './framing.ts';
import { LargeAnswers } from './large-answers.ts';
import { DlmsLine, type LineSetup, NoAnswer } from './line.ts';
import { logicalObjects } from './logical-names.ts';
import type { MeterObjects, ReadValue } from './objects.ts';
import { type DlmsKeys, serviceFault } from './protection.ts';
import { serialOf } from './serial.ts';
import { shortNameObjects } from './short-names.ts';
import { type DlmsOptions, type Station, stationOf } from './station.ts';

/** Times that a lost link is begun again in one dialogue. */
const MOST_REVIVALS = 2;
/** Octets of the write of a clock in clear: SET of attribute 2, write of a short name. */
const SET_OCTETS = 27;
const WRITE_OCTETS = 20;

export type DlmsDialogueSetup = DialogueSetup;

/** @throws DialogueError `config`: the profile has no `dlms` part, or the outstation address is none */
export function createDlmsDialogue(setup: DlmsDialogueSetup): Dialogue {
  const { dlms } = setup.profile;
  if (dlms === undefined) throw new DialogueError('config', `profile ${setup.profile.meterType}: has no dlms part`);
  return new DlmsDialogue(setup, dlms, stationOf(dlms, setup.outstationAddress, setup.serialNumber));
}

interface Attached {
  readonly setup: LineSetup;
  readonly line: DlmsLine;
  readonly conversation: Conversation;
}

class DlmsDialogue implements Dialogue {
  readonly #setup: DlmsDialogueSetup;
  readonly #dlms: DlmsOptions;
  readonly #station: Station;
  readonly #mayChange: boolean;
  readonly #counters: SessionCounters;
  readonly #large: LargeAnswers;
  #attached: Attached;
  #association: Association | undefined;
  #objects: MeterObjects | undefined;
  #keys: DlmsKeys | undefined;
  #revivals = 0;
  /** Meter minus server, milliseconds, of the last sample. */
  #offsetMs: number | undefined;

  constructor(setup: DlmsDialogueSetup, dlms: DlmsOptions, station: Station) {
    this.#setup = setup;
    this.#dlms = dlms;
    this.#station = station;
    this.#counters = new SessionCounters(setup.services);
    this.#large = new LargeAnswers(setup.services.codec);
    const { framing, mayChange } = framingOf(dlms, setup.link.kind, setup.canonicalAddress ?? '');
    this.#mayChange = mayChange;
    this.#attached = this.#attach(framing, setup.link);
  }

  get transitMs(): number {
    return this.#attached.line.transitMs;
  }

  get writeOctets(): number {
    const { line, conversation } = this.#attached;
    const plain = this.#association?.referencing === 'SN' ? WRITE_OCTETS : SET_OCTETS;
    return line.frameOctets(plain + conversation.protection.overhead);
  }

  async signOn(limits: StepLimits): Promise<void> {
    if (!this.#mayChange) {
      await this.#attached.line.open(limits);
      return;
    }
    const halfMs = (limits.deadlineMs - this.#now()) / 2;
    try {
      await this.#attached.line.open({ ...limits, deadlineMs: this.#now() + halfMs });
    } catch (error) {
      if (!(error instanceof DialogueError) || error.class !== 'link') throw error;
      await this.#setup.link.close();
      this.#attached = this.#attach('wrapper', await this.#setup.reopen());
      await this.#attached.line.open(limits);
    }
  }

  async identify(): Promise<string> {
    const { line } = this.#attached;
    const { client, upper, lower } = this.#station;
    const address = `${line.framing === 'hdlc' ? 'HDLC' : 'wrapper'}, client ${client}, server ${lower === null ? upper : `${upper}/${lower}`}`;
    return line.identification === undefined ? address : `${line.identification}, ${address}`;
  }

  async logIn(limits: StepLimits): Promise<void> {
    const { services, serialNumber, canonicalAddress = '' } = this.#setup;
    this.#keys = await services.meterKeys({ ...(serialNumber === undefined ? {} : { serialNumber }), canonicalAddress }).catch(serviceFault);
    try {
      await this.#associate(limits);
    } catch (error) {
      this.#releaseKeys();
      throw error;
    }
  }

  async readSerial(limits: StepLimits): Promise<string> {
    return serialOf((await this.#read((objects) => objects.readSerial(limits), limits)).value);
  }

  async readClock(limits: StepLimits): Promise<ClockSample> {
    const { value, sentAt, firstAt, repeated } = await this.#read((objects) => objects.readTime(limits), limits);
    const time = timeOf(value, this.#setup.profile.clock);
    if (!repeated) this.#offsetMs = time.meterAt + (time.wholeSeconds ? 500 : 0) - (sentAt.wallMs + firstAt.wallMs) / 2;
    return { ...time, sentAt, firstAt, repeated };
  }

  async writeClock(target: () => EpochMs, limits: StepLimits): Promise<void> {
    const objects = await this.#ready(limits);
    const { clock } = this.#setup.profile;
    const shift = (): number | undefined => this.#shiftSeconds(target());
    const isSmall = clock.method === 'shift-when-small' && Math.abs(shift() ?? Number.POSITIVE_INFINITY) <= MOST_SHIFT_SECONDS;
    if (isSmall) await objects.shiftTime(() => shiftValue(shift() ?? 0), limits);
    else await objects.writeTime(() => timeValue(target(), clock), limits);
  }

  async keepAlive(limits: StepLimits): Promise<void> {
    await this.#read((objects) => objects.readTime(limits), limits);
  }

  async logOff(limits: StepLimits): Promise<void> {
    const { line, conversation } = this.#attached;
    const halfMs = (limits.deadlineMs - this.#now()) / 2;
    try {
      if (this.#association !== undefined && line.isOpen) {
        const question = { what: 'log-off', expects: 'RLRE', logIn: true, takesFaults: true } as const;
        const seal = (plain: apdu.PlainApdu): Uint8Array => must(apdu.encodeApdu(plain));
        // Meters that do not know the release say nothing, or something else: they are disconnected all the same.
        await conversation.ask({ ...question, build: apdu.releaseRequest, seal }, { ...limits, deadlineMs: this.#now() + halfMs }).catch(() => undefined);
      }
      if (line.framing === 'hdlc') await line.close(limits).catch(() => undefined);
    } finally {
      this.#association = undefined;
      this.#objects = undefined;
      this.#releaseKeys();
    }
  }

  async #associate(limits: StepLimits): Promise<void> {
    try {
      await this.#associateOnce(limits);
    } catch (error) {
      if (!(error instanceof CounterInDoubt) || !this.#counters.mayAsk) throw error;
      await this.#askForCounter(error, limits);
      await this.#associateOnce(limits);
    }
  }

  /** @throws CounterInDoubt the meter refused our counter, and does not tell its own either */
  async #askForCounter(doubt: CounterInDoubt, limits: StepLimits): Promise<void> {
    const { setup, line } = this.#attached;
    // A meter without a public client is silent to it, and the log-in that follows needs its time.
    const half = { ...limits, deadlineMs: this.#now() + (limits.deadlineMs - this.#now()) / 2 };
    if (line.isOpen && line.framing === 'hdlc') await line.close(half).catch(() => undefined);
    const read = await readPublicCounter(setup, this.#setup.services, half).catch(() => undefined);
    if (read === undefined && doubt.meterCode !== undefined) throw doubt;
    this.#counters.told(read);
  }

  async #associateOnce(limits: StepLimits): Promise<void> {
    const { line, conversation } = this.#attached;
    const { services: house, password = '' } = this.#setup;
    const mechanism = mechanismOf(this.#dlms, this.#keys, password);
    const services = {
      random: (count: number) => house.random(count),
      reserveCounters: (title: Uint8Array, mark: string, floor?: number) => this.#counters.reserveCounters(title, mark, floor),
    };
    const logIn = {
      line,
      conversation,
      dlms: this.#dlms,
      mechanism,
      password,
      keys: this.#keys,
      services,
      now: () => this.#now(),
      isTaken: this.#association !== undefined,
    };
    const association = await associate(logIn, limits);
    this.#association = association;
    this.#objects =
      association.referencing === 'LN' ? logicalObjects(conversation, this.#dlms) : shortNameObjects(conversation, this.#dlms, association.vaaName);
  }

  /** A reading, once more on a new link when the old one is lost in it. */
  async #read(read: (objects: MeterObjects) => Promise<ReadValue>, limits: StepLimits): Promise<ReadValue> {
    const objects = await this.#ready(limits);
    try {
      return await read(objects);
    } catch (error) {
      const isLost = error instanceof NoAnswer && this.#attached.line.framing === 'hdlc';
      if (!isLost || this.#revivals >= MOST_REVIVALS || this.#now() >= limits.deadlineMs) throw error;
      return read(await this.#ready(limits));
    }
  }

  /** The objects of an association that stands. */
  async #ready(limits: StepLimits): Promise<MeterObjects> {
    const objects = this.#objects;
    if (objects === undefined) throw new DialogueError('engine', 'the dialogue is not logged in');
    const { line } = this.#attached;
    if (line.isOpen || line.framing === 'wrapper') return objects;
    if (this.#revivals >= MOST_REVIVALS) throw new DialogueError('link', 'the meter loses the link again and again');
    this.#revivals++;
    await line.open(limits);
    await this.#associate(limits);
    return this.#objects ?? objects;
  }

  /** Seconds that the meter has to jump to show `target` when the write arrives; undefined without a sample. */
  #shiftSeconds(target: EpochMs): number | undefined {
    const offsetMs = this.#offsetMs;
    return offsetMs === undefined ? undefined : Math.round((target - this.transitMs - this.#setup.clock.now() - offsetMs) / 1_000);
  }

  #attach(framing: Framing, link: Link): Attached {
    const { profile, clock } = this.#setup;
    const setup = { framing, dlms: this.#dlms, timing: profile.timing, station: this.#station, link, clock };
    const line = new DlmsLine(setup);
    return { setup, line, conversation: new Conversation(line, profile.timing.retries, () => this.#now(), this.#large) };
  }

  #releaseKeys(): void {
    this.#large.release();
    this.#keys?.release();
    this.#keys = undefined;
  }

  #now(): number {
    return this.#setup.clock.monotonic();
  }
}
