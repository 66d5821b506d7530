/**
 * How APDUs travel: in clear, or ciphered (meter-protocols 5.9).
 *
 * - P1 A counter is used for one message. A message that goes out again keeps its octets; whatever is made anew takes a new counter.
 * - P2 In a ciphered association nothing is believed that is less protected than what we send, or whose counter is not above the last.
 */
import { apdu as apdus, type CodecError, type Decoded, must, security } from '../../../workers/codec/index.ts';
import { MeterwrightError } from '../../errors/error.ts';
import { keyMark } from '../../meter-keys/key-mark.ts';
import { DialogueError } from '../dialogue.ts';
import type { DialogueServices, MeterKeys } from '../services.ts';
import { unusable } from './faults.ts';
import type { Opening } from './large-answers.ts';

/** Keys with what an installation may say about their use. */
export interface DlmsKeys extends MeterKeys {
  /** How services are ciphered after the log-in. Default: as the meter negotiates, `general-glo` where it has general protection. */
  readonly form?: 'glo' | 'general-glo';
  /** A key for this association alone protects its services. Default false. */
  readonly dedicated?: boolean;
}

export type Opened = Decoded<security.OpenedApdu>;

export interface Protection {
  readonly ciphered: boolean;
  /** What it adds to an APDU, octets. */
  readonly overhead: number;
  /** Has counters for the messages of one step. @throws DialogueError `config` */
  prepare(): Promise<void>;
  seal(plain: apdus.PlainApdu): Uint8Array;
  sealAarq(aarq: apdus.Aarq, form: apdus.AarqForm): Uint8Array;
  /** Looks without remembering. */
  open(octets: Uint8Array): Opened;
  /** How `open` does it, for whoever does it elsewhere. */
  readonly opening: Opening;
  /** What was opened is used: its counter is spent. */
  accept(opened: security.OpenedApdu): void;
  /** Goes on above the least counter that the meter takes. */
  raise(floor: number): Promise<void>;
}

export const IN_CLEAR: Protection = {
  ciphered: false,
  overhead: 0,
  prepare: async () => {},
  seal: (plain) => must(apdus.encodeApdu(plain)),
  sealAarq: (aarq, form) => must(apdus.encodeAarq(aarq, form)),
  open: (octets) => security.openApdu(octets, { keys: {} }),
  opening: { keys: {} },
  accept: () => {},
  raise: async () => {
    throw new DialogueError('meter', 'invocation counter: the meter asks for one in an association without ciphering');
  },
};

/** Messages that one step may take: a GET of many blocks asks for more as it goes. */
const COUNTERS_AT_HAND = 16;
/** Tag, length, control, counter, GCM tag; the general forms have a title besides. */
const SERVICE_OVERHEAD = 1 + 1 + 1 + 4 + 12;
const TITLE_OVERHEAD = 1 + 8;

/** Protection by the keys of one meter. */
export class Ciphering implements Protection {
  readonly ciphered = true;
  readonly #keys: DlmsKeys;
  readonly #services: Pick<DialogueServices, 'reserveCounters'>;
  readonly #control: number;
  readonly #mark: string;
  readonly #dedicatedKey: Uint8Array | undefined;
  #form: security.CipherForm = 'glo';
  #peerTitle: Uint8Array | undefined;
  #isPeerSure = false;
  #range = new security.CounterRange(0, 0);
  #seen = new security.LastSeen();

  /** @param dedicatedKey random octets for this association, see {@link DlmsKeys.dedicated} */
  constructor(keys: DlmsKeys, services: Pick<DialogueServices, 'reserveCounters'>, dedicatedKey?: Uint8Array) {
    this.#keys = keys;
    this.#services = services;
    this.#control = security.securityControl({ suite: keys.suite, authenticated: true, encrypted: true });
    this.#mark = keyMark(keys.encryptionKey, keys.clientSystemTitle);
    this.#dedicatedKey = dedicatedKey;
    this.#peerTitle = keys.serverSystemTitle;
    this.#isPeerSure = keys.serverSystemTitle !== undefined;
  }

  get overhead(): number {
    return this.#form === 'glo' || this.#form === 'ded' ? SERVICE_OVERHEAD : SERVICE_OVERHEAD + TITLE_OVERHEAD;
  }

  get dedicatedKey(): Uint8Array | undefined {
    return this.#dedicatedKey;
  }

  /** The meter's title: known beforehand, else that of its AARE. */
  get peerTitle(): Uint8Array | undefined {
    return this.#peerTitle;
  }

  /** What the AARE told. @throws DialogueError `meter`: it is not the meter whose keys these are */
  meet(title: Uint8Array | undefined): void {
    if (title === undefined || title.length === 0) return;
    if (this.#isPeerSure && !same(title, this.#peerTitle)) throw new DialogueError('meter', 'log-in: the system title of the meter is not the known one');
    this.#peerTitle = title.slice();
    this.#isPeerSure = true;
  }

  /** The log-in is over: how services are ciphered from here. */
  settle(conformance: Uint8Array): void {
    const names = apdus.conformanceNames(conformance);
    const isGeneral = this.#keys.form === undefined ? names.includes('general-protection') : this.#keys.form === 'general-glo';
    if (this.#dedicatedKey === undefined) {
      this.#form = isGeneral ? 'general-glo' : 'glo';
      return;
    }
    this.#form = isGeneral ? 'general-ded' : 'ded';
    this.#seen = new security.LastSeen();
  }

  async prepare(): Promise<void> {
    if (this.#range.left < COUNTERS_AT_HAND) await this.#reserve();
  }

  async raise(floor: number): Promise<void> {
    await this.#reserve(floor);
  }

  async #reserve(floor?: number): Promise<void> {
    const { from, count } = await this.#services.reserveCounters(this.#keys.clientSystemTitle, this.#mark, floor).catch(serviceFault);
    this.#range = new security.CounterRange(from, count);
  }

  /** The next counter, for the proof of HLS 5. @throws DialogueError `config` when the key has none left */
  nextCounter(): number {
    const next = this.#range.next();
    if (next.kind === 'good') return next.counter;
    throw unusable('invocation counter', next.error);
  }

  seal(plain: apdus.PlainApdu): Uint8Array {
    return octetsOf(security.sealApdu(plain, { form: this.#form, ...this.#sealing() }));
  }

  sealAarq(aarq: apdus.Aarq, form: apdus.AarqForm): Uint8Array {
    const initiate = aarq.userInformation;
    if (initiate?.pdu !== 'initiate-request') return octetsOf(apdus.encodeAarq(aarq, form));
    const plaintext = octetsOf(apdus.encodeApdu({ ...initiate, oldConformanceTag: form !== 'usual' }));
    const ciphered = security.cipherApdu({ name: 'glo-initiate-request', plaintext, ...this.#sealing() });
    plaintext.fill(0);
    if (ciphered.kind === 'bad') throw unusable('keys', ciphered.error);
    return octetsOf(apdus.encodeAarq({ ...aarq, userInformation: ciphered.octets }, form));
  }

  open(octets: Uint8Array): Opened {
    return security.openApdu(octets, this.opening);
  }

  get opening(): Opening {
    return {
      keys: this.#securityKeys(),
      senderTitle: this.#peerTitle,
      pinTitle: this.#isPeerSure,
      lastCounter: this.#seen.last,
      requiredControl: this.#control & (security.AUTHENTICATED | security.ENCRYPTED),
    };
  }

  accept({ opened }: security.OpenedApdu): void {
    if (opened !== undefined) this.#seen.saw(opened.invocationCounter);
  }

  #sealing() {
    return {
      securityControl: this.#control,
      systemTitle: this.#keys.clientSystemTitle,
      invocationCounter: this.nextCounter(),
      keys: this.#securityKeys(),
    };
  }

  #securityKeys(): Opening['keys'] {
    const { encryptionKey, authenticationKey } = this.#keys;
    return { encryptionKey, authenticationKey, dedicatedKey: this.#dedicatedKey };
  }
}

/** What keys and counters are refused for, in the dialogue's words. */
export function serviceFault(error: unknown): never {
  if (error instanceof DialogueError) throw error;
  if (!(error instanceof MeterwrightError)) throw new DialogueError('engine', 'meter keys: not to be had', { cause: error });
  throw new DialogueError(error.retry === 'never' ? 'config' : 'engine', `meter keys: ${error.message}`, { cause: error });
}

function octetsOf(outcome: { readonly kind: 'good'; readonly octets: Uint8Array } | { readonly kind: 'bad'; readonly error: CodecError }): Uint8Array {
  if (outcome.kind === 'good') return outcome.octets;
  throw unusable('keys', outcome.error);
}

const same = (a: Uint8Array, b: Uint8Array | undefined): boolean => a.length === b?.length && a.every((octet, index) => octet === b[index]);
