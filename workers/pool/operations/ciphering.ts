/**
 * `cipher`, `decipher`, `gmac` and `verify-gmac`: what needs keys. Requests carry a handle, never a key. Their counter is fixed by the
 * session before they cross, so any worker may run them, also twice.
 */
import { CIPHERED_TAGS, decodeApdu, isCiphered } from '../../codec/apdu/index.ts';
import { codecError, type Decoded } from '../../codec/common/index.ts';
import {
  type CipherRequest as CipherContent,
  type CipheredName,
  cipher,
  type Deciphered,
  type DecipherOptions,
  decipher,
  encodeGmac,
  type GmacAnswer,
  type GmacRequest as GmacContent,
  verifyGmac,
} from '../../codec/security/index.ts';
import type { Answer } from '../answer.ts';
import type { KeyHandle } from '../key-table.ts';
import type { Operation } from '../operation.ts';
import { type Packer, packedOctets, type Unpacker } from '../packing.ts';
import { goodAnswer, packed, packedWhole, refused, STALE_KEY, wholeAnswer } from './outcome.ts';

interface Keyed {
  readonly key: KeyHandle;
}

/** See `cipher` of the codec. */
export interface CipherRequest extends Omit<CipherContent, 'keys' | 'into'>, Keyed {
  readonly op: 'cipher';
}

/** See `decipher` of the codec. */
export interface DecipherRequest extends Omit<DecipherOptions, 'keys'>, Keyed {
  readonly op: 'decipher';
  /** A whole ciphered APDU, tag and length included. */
  readonly octets: Uint8Array;
}

/** See `encodeGmac` of the codec. */
export interface GmacRequest extends Omit<GmacContent, 'keys'>, Keyed {
  readonly op: 'gmac';
}

/** See `verifyGmac` of the codec. */
export interface VerifyGmacRequest extends Keyed {
  readonly op: 'verify-gmac';
  /** f(challenge), 17 octets. */
  readonly octets: Uint8Array;
  readonly challenge: Uint8Array;
  readonly systemTitle: Uint8Array;
}

/** Numbers cross as doubles: one that does not fit its field must meet the codec's error, not be cut to fit. */
const NUMBERS_BYTES = 64;
const ABSENT = Number.NaN;
/** Tag, title, lengths, control, counter and authentication tag. */
const ENVELOPE_BYTES = 64;

const NAMES = Object.keys(CIPHERED_TAGS) as CipheredName[];
const EMPTY = new Uint8Array(0);

const writeKey = (out: Packer, { slot, generation }: KeyHandle): Packer => out.double(slot).double(generation);
const readKey = (input: Unpacker): KeyHandle => ({ slot: input.double(), generation: input.double() });
const optional = (value: number): number | undefined => (Number.isNaN(value) ? undefined : value);

export const cipherOperation: Operation<CipherRequest, Uint8Array> = {
  octets: ({ plaintext }) => plaintext.length,
  inputBytes: ({ plaintext, systemTitle }) => NUMBERS_BYTES + packedOctets(systemTitle.length) + packedOctets(plaintext.length),
  answerBytes: ({ plaintext }) => ENVELOPE_BYTES + plaintext.length,
  write({ key, name, securityControl, invocationCounter, omitTitle, systemTitle, plaintext }, out) {
    writeKey(out, key).double(securityControl).double(invocationCounter);
    out.word(NAMES.indexOf(name)).word(omitTitle === true ? 1 : 0);
    out.octets(systemTitle).octets(plaintext);
  },
  run(input, out, { keys }) {
    const key = readKey(input);
    const securityControl = input.double();
    const invocationCounter = input.double();
    const name = NAMES[input.word()] ?? ('' as CipheredName);
    const omitTitle = input.word() === 1;
    const systemTitle = input.octets();
    const plaintext = input.octets();
    const into = out.room(ENVELOPE_BYTES + plaintext.length);
    const outcome = keys.lend(key, (lent) => cipher({ name, securityControl, invocationCounter, omitTitle, systemTitle, plaintext, keys: lent, into }));
    if (outcome === undefined) return STALE_KEY;
    if (outcome.kind === 'bad') return outcome;
    if (into === undefined) out.octets(outcome.octets);
    else out.fill(outcome.octets.length);
    return packedWhole(plaintext.length);
  },
  read: (answer) => answer.octets(),
  direct(request, { keys }) {
    const outcome = keys.lend(request.key, (lent) => cipher({ ...withoutOp(request), keys: lent }));
    if (outcome === undefined) return STALE_KEY;
    return outcome.kind === 'bad' ? outcome : wholeAnswer(outcome.octets, request.plaintext.length);
  },
};

export const decipherOperation: Operation<DecipherRequest, Deciphered> = {
  octets: ({ octets }) => octets.length,
  inputBytes: ({ octets, senderTitle }) => NUMBERS_BYTES + packedOctets(senderTitle?.length ?? 0) + packedOctets(octets.length),
  answerBytes: ({ octets }) => ENVELOPE_BYTES + octets.length,
  write({ key, octets, senderTitle, pinTitle, lastCounter, requiredControl }, out) {
    writeKey(out, key)
      .double(lastCounter ?? ABSENT)
      .double(requiredControl ?? ABSENT);
    out.word(pinTitle === true ? 1 : 0).word(senderTitle === undefined ? 0 : 1);
    out.octets(senderTitle ?? EMPTY).octets(octets);
  },
  run(input, out, { keys }) {
    const key = readKey(input);
    const lastCounter = optional(input.double());
    const requiredControl = optional(input.double());
    const pinTitle = input.word() === 1;
    const titled = input.word() === 1;
    const title = input.octets();
    const octets = input.octets();
    const senderTitle = titled ? title : undefined;
    const outcome = keys.lend(key, (lent) => open(octets, { keys: lent, senderTitle, pinTitle, lastCounter, requiredControl }));
    if (outcome === undefined) return STALE_KEY;
    if (outcome.kind !== 'good') return refused(outcome, octets.length);
    const { plaintext, securityControl, invocationCounter, systemTitle } = outcome.value;
    out.double(securityControl).double(invocationCounter).octets(systemTitle).octets(plaintext);
    return packed(outcome);
  },
  read: (answer) => ({
    securityControl: answer.double(),
    invocationCounter: answer.double(),
    systemTitle: answer.octets(),
    plaintext: answer.octets(),
  }),
  direct({ key, octets, senderTitle, pinTitle, lastCounter, requiredControl }, { keys }) {
    const outcome = keys.lend(key, (lent) => open(octets, { keys: lent, senderTitle, pinTitle, lastCounter, requiredControl }));
    return outcome === undefined ? STALE_KEY : answerOf(outcome, octets.length);
  },
};

export const gmacOperation: Operation<GmacRequest, Uint8Array> = {
  octets: ({ challenge }) => challenge.length,
  inputBytes: ({ challenge, systemTitle }) => NUMBERS_BYTES + packedOctets(challenge.length) + packedOctets(systemTitle.length),
  answerBytes: () => ENVELOPE_BYTES,
  write({ key, invocationCounter, suite, systemTitle, challenge }, out) {
    writeKey(out, key)
      .double(invocationCounter)
      .double(suite ?? 0);
    out.octets(systemTitle).octets(challenge);
  },
  run(input, out, { keys }) {
    const key = readKey(input);
    const invocationCounter = input.double();
    const suite = input.double() as GmacContent['suite'];
    const systemTitle = input.octets();
    const challenge = input.octets();
    const outcome = keys.lend(key, (lent) => encodeGmac({ invocationCounter, suite, systemTitle, challenge, keys: lent }));
    if (outcome === undefined) return STALE_KEY;
    if (outcome.kind === 'bad') return outcome;
    out.octets(outcome.octets);
    return packedWhole(challenge.length);
  },
  read: (answer) => answer.octets(),
  direct({ key, invocationCounter, suite, systemTitle, challenge }, { keys }) {
    const outcome = keys.lend(key, (lent) => encodeGmac({ invocationCounter, suite, systemTitle, challenge, keys: lent }));
    if (outcome === undefined) return STALE_KEY;
    return outcome.kind === 'bad' ? outcome : wholeAnswer(outcome.octets, challenge.length);
  },
};

export const verifyGmacOperation: Operation<VerifyGmacRequest, GmacAnswer> = {
  octets: ({ octets, challenge }) => octets.length + challenge.length,
  inputBytes: ({ octets, challenge, systemTitle }) =>
    NUMBERS_BYTES + packedOctets(octets.length) + packedOctets(challenge.length) + packedOctets(systemTitle.length),
  answerBytes: () => ENVELOPE_BYTES,
  write({ key, octets, challenge, systemTitle }, out) {
    writeKey(out, key).octets(systemTitle).octets(challenge).octets(octets);
  },
  run(input, out, { keys }) {
    const key = readKey(input);
    const systemTitle = input.octets();
    const challenge = input.octets();
    const octets = input.octets();
    const outcome = keys.lend(key, (lent) => verifyGmac(octets, { systemTitle, challenge, keys: lent }));
    if (outcome === undefined) return STALE_KEY;
    if (outcome.kind !== 'good') return refused(outcome, octets.length);
    const { securityControl, invocationCounter, tag } = outcome.value;
    out.double(securityControl).double(invocationCounter).octets(tag);
    return packed(outcome);
  },
  read: (answer) => ({ securityControl: answer.double(), invocationCounter: answer.double(), tag: answer.octets() }),
  direct({ key, octets, challenge, systemTitle }, { keys }) {
    const outcome = keys.lend(key, (lent) => verifyGmac(octets, { systemTitle, challenge, keys: lent }));
    return outcome === undefined ? STALE_KEY : answerOf(outcome, octets.length);
  },
};

function withoutOp({ name, plaintext, securityControl, systemTitle, invocationCounter, omitTitle }: CipherRequest): Omit<CipherContent, 'keys'> {
  return { name, plaintext, securityControl, systemTitle, invocationCounter, omitTitle };
}

function answerOf<T>(outcome: Decoded<T>, length: number): Answer<T> {
  return outcome.kind === 'good' ? goodAnswer(outcome.value, outcome) : refused(outcome, length);
}

/** The plaintext may be a view of the octets, or memory of its own. */
function open(octets: Uint8Array, options: DecipherOptions): Decoded<Deciphered> {
  const outer = decodeApdu(octets);
  if (outer.kind !== 'good') return outer;
  if (!isCiphered(outer.value))
    return { kind: 'bad', error: codecError('unknown_tag', 0, 'octets: a ciphered APDU', outer.value.pdu), consumed: octets.length };
  const inner = decipher(outer.value, options);
  return inner.kind === 'good' ? { ...inner, consumed: outer.consumed, leniencies: outer.leniencies } : inner;
}
