/**
 * Answers that are large (object lists, above all) are deciphered and decoded by the codec pool, which decides where (meter-protocols 5.5, 5.9).
 * What we send never is.
 *
 * Below the pool's threshold nothing is handed to it: an answer of 30 octets costs 3.6 µs to open here and 0.8 µs more by way of the pool,
 * in clear 0.1 and 0.4 µs more, a request 4.4 and 1.8 µs more; and whether octets answer the question at hand has to be known inside the step of a link machine, which cannot wait.
 *
 * - W1 The outcome is the same with and without a pool: what it does not take (busy, closed) is done here. What it gave up as poison is not.
 * - W2 Keys are lent to it with the first large answer of an association, and taken back with the next association, at the end, or when
 *   another pool has taken its place.
 */
import { apdu, type Bad, type Decoded, data, errorOf, security } from '../../../workers/codec/index.ts';
import { type Answer, INLINE_BELOW_BYTES, type KeyHandle, type SessionKeys } from '../../../workers/pool/index.ts';
import { DialogueError } from '../dialogue.ts';
import type { DialogueCodec } from '../services.ts';
import type { Opened } from './protection.ts';

/** How answers of an association are opened. */
export type Opening = Omit<security.OpenOptions, 'keys'> & { readonly keys: SessionKeys };

const RUN = { priority: 'live' } as const;
const READ_RESPONSE = 0x0c;
/** One answer, data. */
const ONE_DATA = [1, 0] as const;
/** Whoever asks for more does not get it here either: octets that ended or hung two workers would do the same to this thread. */
const POISON: ReadonlySet<string> = new Set(['pool_poisoned', 'pool_failed']);

export class LargeAnswers {
  readonly #codec: (() => DialogueCodec) | undefined;
  #lent: { readonly codec: DialogueCodec; readonly keys: SessionKeys; readonly handle: KeyHandle } | undefined;

  /** @param codec undefined: all is done here */
  constructor(codec: (() => DialogueCodec) | undefined) {
    this.#codec = codec;
  }

  /** Must these octets go another way than `security.openApdu`? */
  isLarge(octets: Uint8Array): boolean {
    return this.#codec !== undefined && octets.length >= INLINE_BELOW_BYTES;
  }

  /** The same as `security.openApdu` of octets. @throws DialogueError the pool found them to be poison */
  async open(octets: Uint8Array, opening: Opening): Promise<Opened> {
    const here = (): Opened => security.openApdu(octets, opening);
    if (octets[0] === READ_RESPONSE && (opening.requiredControl ?? 0) === 0) return this.#openPlain(octets, here);
    const outer = apdu.decodeApdu(octets);
    if (outer.kind !== 'good' || !apdu.isCiphered(outer.value)) return here();
    const { senderTitle, pinTitle, lastCounter, requiredControl } = opening;
    const codec = this.#pool();
    const key = codec === undefined ? undefined : this.#lend(codec, opening.keys);
    if (codec === undefined || key === undefined) return here();
    const [answer] = await codec.run([{ op: 'decipher', key, octets, senderTitle, pinTitle, lastCounter, requiredControl }] as const, RUN);
    if (isMissed(answer)) return here();
    if (answer.kind === 'bad') return bad(answer.error, octets);
    const { plaintext } = answer.value;
    const inner = await this.#openPlain(plaintext, () => security.openApdu(plaintext, { keys: {} }));
    if (inner.kind !== 'good') return withoutOctets(inner, plaintext, octets);
    const { plain } = inner.value;
    if (!isAllowedIn(outer.value.pdu, plain)) return here();
    return { ...inner, consumed: outer.consumed, value: { apdu: outer.value, plain, opened: answer.value } };
  }

  /** The same as `data.decodeData`, all octets of it. @throws DialogueError as {@link open} */
  async data(octets: Uint8Array): Promise<Decoded<data.DataValue>> {
    const codec = this.isLarge(octets) ? this.#pool() : undefined;
    if (codec === undefined) return data.decodeData(octets);
    const [answer] = await codec.run([{ op: 'decode-data', octets }] as const, RUN);
    if (isMissed(answer)) return data.decodeData(octets);
    return answer.kind === 'bad' ? bad(answer.error, octets) : { ...answer, value: answer.value.toValue() };
  }

  /** Takes the keys back. */
  release(): void {
    this.#lent?.codec.keys.release(this.#lent.handle);
    this.#lent = undefined;
  }

  /** What is large in a plain answer is the one value of a read by short name; all else is decoded as it is everywhere. */
  async #openPlain(octets: Uint8Array, here: () => Opened): Promise<Opened> {
    const isOneValue = octets[0] === READ_RESPONSE && octets[1] === ONE_DATA[0] && octets[2] === ONE_DATA[1];
    if (!isOneValue) return here();
    const value = await this.data(octets.subarray(3));
    // Whatever is not right to its last octet is judged, and told, by the decoder of whole answers.
    if (value.kind !== 'good' || value.consumed !== octets.length - 3) return here();
    const plain: apdu.PlainApdu = { pdu: 'read-response', results: [{ data: value.value }] };
    return { kind: 'good', value: { apdu: plain, plain }, consumed: octets.length, leniencies: value.leniencies };
  }

  #pool(): DialogueCodec | undefined {
    try {
      return this.#codec?.();
    } catch {
      // It is closed: the process stops.
      return undefined;
    }
  }

  #lend(codec: DialogueCodec, keys: SessionKeys): KeyHandle | undefined {
    if (this.#lent !== undefined && this.#lent.codec === codec && isSame(this.#lent.keys, keys)) return this.#lent.handle;
    this.release();
    try {
      this.#lent = { codec, keys, handle: codec.keys.put(keys) };
    } catch {
      // All its places are taken.
      return undefined;
    }
    return this.#lent.handle;
  }
}

/** @throws DialogueError */
function isMissed(answer: Answer<unknown>): boolean {
  if (answer.kind === 'good' || !answer.error.code.startsWith('pool_')) return false;
  if (POISON.has(answer.error.code)) throw new DialogueError('link', `the answer cannot be read: ${answer.error.code}`);
  return true;
}

const bad = (error: Extract<Answer<unknown>, { kind: 'bad' }>['error'], octets: Uint8Array): Bad => ({
  kind: 'bad',
  error: error as Bad['error'],
  consumed: octets.length,
});

/** What stood in a plaintext was secret. */
function withoutOctets(inner: Exclude<Opened, { kind: 'good' }>, plaintext: Uint8Array, octets: Uint8Array): Bad {
  const { code, offset, rule } = errorOf(inner, plaintext.length);
  return { kind: 'bad', error: { code, offset, rule: `plaintext: ${rule}`, got: '' }, consumed: octets.length };
}

/** A plaintext begins with the tag of its service; nothing ciphered and no ACSE APDU is inside. What breaks this is judged by `openApdu`. */
function isAllowedIn(outer: apdu.CipheredApdu['pdu'], plain: apdu.PlainApdu): boolean {
  if (plain.pdu === 'AARQ' || plain.pdu === 'AARE' || plain.pdu === 'RLRQ' || plain.pdu === 'RLRE') return false;
  if (outer === 'general-glo-ciphering' || outer === 'general-ded-ciphering') return true;
  return outer === `glo-${plain.pdu}` || outer === `ded-${plain.pdu}`;
}

const isSame = (a: SessionKeys, b: SessionKeys): boolean =>
  a.encryptionKey === b.encryptionKey && a.authenticationKey === b.authenticationKey && a.dedicatedKey === b.dedicatedKey;
