/**
 * EDMIATLAS (meter-protocols 6.2).
 *
 * - M1 A log-in that was refused, or in answer to which the meter hung up, is not tried again.
 * - M2 CAN 9 (not logged in) brings one more log-in, and what was asked once more: the meter said that it did not do it.
 */
import type { EpochMs } from '../../../machines/common/effects.ts';
import type { LinkEvent } from '../../../workers/codec/common/index.ts';
import {
  canName,
  decodeEdmiClock,
  decodeEdmiCommand,
  decodeEdmiText,
  EDMI_REGISTERS,
  EdmiClient,
  type EdmiCommand,
  encodeEdmiClock,
  encodeEdmiCommand,
  encodeEdmiFrame,
} from '../../../workers/codec/edmi/index.ts';
import type { MeterProfile } from '../../profile/profile.ts';
import { made, passwordOf, read, sectionOf, serialOf } from '../common/answers.ts';
import { Exchanges } from '../common/exchanges.ts';
import { civilOf, instantOf } from '../common/instants.ts';
import { type ClockSample, type Dialogue, DialogueError, type DialogueSetup, type StepLimits } from '../dialogue.ts';
import type { Exchange } from '../driver-types.ts';

type EdmiSection = NonNullable<MeterProfile['edmi']>;

/** No register of this dialogue comes near. */
const MAX_BODY = 1_024;
const ACCESS_DENIED = 4;
const NOT_LOGGED_IN = 9;
/** Whether a meter answers a log-off is not known: not waited for longer than this. */
const LOG_OFF_MS = 3_000;
const LOG_OFF: EdmiCommand = { kind: 'logout' };

export class EdmiDialogue implements Dialogue {
  readonly writeOctets: number;
  readonly #setup: DialogueSetup;
  readonly #profile: MeterProfile;
  readonly #section: EdmiSection;
  readonly #destination: number | undefined;
  readonly #exchanges: Exchanges<LinkEvent>;
  #signedOn = false;
  /** The meter has taken the password once: what ends the link later does not speak against it. */
  #isTaken = false;

  constructor(setup: DialogueSetup) {
    const { profile } = setup;
    this.#setup = setup;
    this.#profile = profile;
    this.#section = sectionOf(profile, 'edmi');
    this.#destination = destinationOf(setup.outstationAddress ?? '');
    const client = new EdmiClient({
      ...(this.#destination === undefined ? {} : { destination: this.#destination }),
      source: this.#section.sourceAddress,
      wake: this.#section.wake,
      replyTimeoutMs: profile.timing.replyTimeoutMs,
      retries: profile.timing.retries,
      settleMs: profile.timing.pauseBetweenRetriesMs,
      maxBody: MAX_BODY,
    });
    this.#exchanges = new Exchanges(setup, client, { pauseMs: profile.timing.pauseBeforeRequestMs });
    this.writeOctets = this.#frame(this.#writeCommand(setup.clock.now())).length;
  }

  get transitMs(): number {
    return this.#exchanges.transitMs;
  }

  async signOn(limits: StepLimits): Promise<void> {
    await this.#exchanges.open(limits);
    this.#signedOn = true;
  }

  /** The meter tells nothing before the log-in. */
  async identify(): Promise<string> {
    return this.#destination === undefined ? 'EDMI meter' : `EDMI meter ${this.#destination}`;
  }

  async logIn(limits: StepLimits): Promise<void> {
    const { user, password } = this.#credentials();
    const payload = octetsOf({ kind: 'login', user, password });
    const once = await this.#exchanges.askOnce(payload, limits, { mask: 'all', isPassword: !this.#isTaken });
    if (once.kind === 'no-answer') throw once.error;
    const reply = replyOf('log-in', once.exchange);
    if (reply.kind === 'ack') {
      this.#isTaken = true;
      return;
    }
    if (reply.kind !== 'can') throw new DialogueError('link', 'log-in: the answer is neither ACK nor CAN');
    const refused = reply.errorCode === null || reply.errorCode === ACCESS_DENIED;
    throw new DialogueError(refused ? 'login' : 'meter', `${refused ? 'password refused' : 'log-in: the meter refused'} (${words(reply)})`, {
      meterCode: codeOf(reply),
    });
  }

  async readSerial(limits: StepLimits): Promise<string> {
    const { data } = await this.#register('serial number', EDMI_REGISTERS.serialNumber, limits);
    return serialOf(read('serial number', decodeEdmiText(data)));
  }

  async readClock(limits: StepLimits): Promise<ClockSample> {
    const { data, exchange } = await this.#register('clock', EDMI_REGISTERS.clock, limits);
    const time = read('clock', decodeEdmiClock(data));
    const { sentAt, firstAt, repeated } = exchange;
    return { meterAt: instantOf(time, this.#profile.clock.baseOffsetMinutes), wholeSeconds: true, sentAt, firstAt, repeated, flags: [] };
  }

  async writeClock(target: () => EpochMs, limits: StepLimits): Promise<void> {
    let reply = await this.#write(target, limits);
    if (isNotLoggedIn(reply)) {
      await this.logIn(limits);
      reply = await this.#write(target, limits);
    }
    if (reply.kind === 'ack') return;
    if (reply.kind === 'can') throw new DialogueError('meter', `clock: the meter refused the write (${words(reply)})`, { meterCode: codeOf(reply) });
    throw new DialogueError('write', 'outcome of the write unknown: the answer is neither ACK nor CAN');
  }

  async keepAlive(limits: StepLimits): Promise<void> {
    await this.#register('clock', EDMI_REGISTERS.clock, limits);
  }

  /** The log-off leaves also where the link machine has given up. */
  async logOff(limits: StepLimits): Promise<void> {
    if (!this.#signedOn) return;
    this.#signedOn = false;
    const deadlineMs = Math.min(limits.deadlineMs, this.#setup.clock.monotonic() + LOG_OFF_MS);
    if (this.#exchanges.isOpen) await this.#exchanges.askOnce(octetsOf(LOG_OFF), { ...limits, deadlineMs }).catch(unlessSilent);
    else await this.#exchanges.link.write(this.#frame(LOG_OFF));
    await this.#exchanges.close(limits);
  }

  async #write(target: () => EpochMs, limits: StepLimits): Promise<EdmiCommand> {
    const exchange = await this.#exchanges.write(() => octetsOf(this.#writeCommand(target())), limits);
    return replyOf('clock', exchange);
  }

  #writeCommand(at: EpochMs): EdmiCommand {
    const data = made('clock', encodeEdmiClock(civilOf(at, this.#profile.clock.baseOffsetMinutes)));
    return { kind: 'write', register: EDMI_REGISTERS.clock, data };
  }

  async #register(what: string, register: number, limits: StepLimits): Promise<{ readonly data: Uint8Array; readonly exchange: Exchange<LinkEvent> }> {
    const request = octetsOf({ kind: 'read', register });
    let exchange = await this.#exchanges.ask(request, limits);
    if (isNotLoggedIn(replyOf(what, exchange))) {
      await this.logIn(limits);
      exchange = await this.#exchanges.ask(request, limits);
    }
    const reply = replyOf(what, exchange);
    if (reply.kind === 'can') throw new DialogueError('meter', `${what}: the meter gave none (${words(reply)})`, { meterCode: codeOf(reply) });
    if (reply.kind !== 'read-reply') throw new DialogueError('meter', `${what}: the answer is no value of a register`);
    return { data: reply.data, exchange };
  }

  /** `user,password`, or a password alone for the user of the profile. */
  #credentials(): { readonly user: string; readonly password: string } {
    const text = passwordOf(this.#setup);
    const comma = text.indexOf(',');
    return comma < 0 ? { user: this.#section.defaultUser, password: text } : { user: text.slice(0, comma), password: text.slice(comma + 1) };
  }

  #frame(command: EdmiCommand): Uint8Array {
    const extended = this.#destination === undefined ? null : { destination: this.#destination, source: this.#section.sourceAddress, sequence: LAST_SEQUENCE };
    return made('command', encodeEdmiFrame(octetsOf(command), extended, { maxBody: MAX_BODY }));
  }
}

const LAST_SEQUENCE = 0x7fff;
const MAX_32_BITS = 0xffff_ffff;

/** The meter's serial number as a number; undefined: the simple form of frames. @throws DialogueError `config` */
function destinationOf(address: string): number | undefined {
  if (address === '') return undefined;
  const destination = /^\d{1,10}$/.test(address) ? Number(address) : Number.NaN;
  if (destination <= MAX_32_BITS) return destination;
  throw new DialogueError('config', `outstationAddress: must be a decimal number of 32 bits, not ${address.slice(0, 40)}`);
}

const octetsOf = (command: EdmiCommand): Uint8Array => made(command.kind === 'login' ? 'password' : 'command', encodeEdmiCommand(command));

const replyOf = (what: string, exchange: Exchange<LinkEvent>): EdmiCommand => read(what, decodeEdmiCommand(exchange.payload, { direction: 'reply' }));

const isNotLoggedIn = (reply: EdmiCommand): boolean => reply.kind === 'can' && reply.errorCode === NOT_LOGGED_IN;

type Can = Extract<EdmiCommand, { readonly kind: 'can' }>;
const codeOf = ({ errorCode }: Can): string => (errorCode === null ? 'CAN' : `CAN ${errorCode}`);
const words = (can: Can): string => `${codeOf(can)}, ${canName(can.errorCode)}`;

/** A log-off that nobody answers is done all the same. */
function unlessSilent(error: unknown): void {
  if (!(error instanceof DialogueError) || error.class !== 'link') throw error;
}
