/** Ciphering of one association as the meter sees it: what comes is opened and checked, answers go out in the form of the request. */
import {
  type Apdu,
  type CipheredApdu,
  decodeApdu,
  type ExceptionResponse,
  encodeApdu,
  isCiphered,
  type PlainApdu,
} from '../../../../workers/codec/apdu/index.ts';
import { type LeniencyName, must } from '../../../../workers/codec/common/index.ts';
import { type CipherForm, cipher, cipheredNameFor, LastSeen, openCiphered, type SecurityKeys, sealApdu } from '../../../../workers/codec/security/index.ts';
import type { DlmsUnit } from './unit.ts';

export type Form = CipherForm | 'plain';

export type Arrived =
  | { readonly kind: 'apdu'; readonly apdu: PlainApdu; readonly form: Form; readonly securityControl: number; readonly leniencies: readonly LeniencyName[] }
  | { readonly kind: 'refused'; readonly answer: ExceptionResponse };

const DECIPHERING = 5;
const COUNTER = 6;
/** What ciphering adds to an APDU at most: tag, lengths, title, control, counter and authentication tag. */
export const CIPHERING_OCTETS = 34;

export const exception = (stateError: number, serviceError: number, invocationCounterExpected?: number): ExceptionResponse => ({
  pdu: 'exception-response',
  stateError,
  serviceError,
  ...(invocationCounterExpected === undefined ? {} : { invocationCounterExpected }),
});

export class Protection {
  readonly #unit: DlmsUnit;
  #dedicated = new LastSeen();
  #dedicatedKey: Uint8Array | undefined;
  /** Of the client, by its AARQ. */
  #clientTitle: Uint8Array | undefined;
  /** As the client protects its requests. */
  #control = 0;
  /** Of the client under the global key, before the APDU that was opened last, and with it. */
  #counters: readonly [before: number, last: number];

  constructor(unit: DlmsUnit) {
    this.#unit = unit;
    this.#counters = [unit.meter.clientCounter, unit.meter.clientCounter];
  }

  /** A new association begins. */
  begin(clientTitle: Uint8Array | undefined): void {
    this.#clientTitle = clientTitle;
    this.#dedicatedKey = undefined;
    this.#dedicated = new LastSeen();
  }

  /** The client handed this key over. */
  dedicate(key: Uint8Array | undefined): void {
    this.#dedicatedKey = key?.slice();
  }

  get keys(): SecurityKeys {
    return { ...this.#unit.keys, dedicatedKey: this.#dedicatedKey };
  }

  /** Opens what arrived; undefined for octets that are no APDU. */
  open(octets: Uint8Array): Arrived | undefined {
    const decoded = decodeApdu(octets);
    if (decoded.kind !== 'good') return undefined;
    const { value, leniencies } = decoded;
    if (isCiphered(value)) return this.#opened(value);
    return { kind: 'apdu', apdu: value, form: 'plain', securityControl: 0, leniencies };
  }

  /** Opens the user information of an AARQ. */
  openInner(inner: Apdu): Arrived {
    if (isCiphered(inner)) return this.#opened(inner);
    return { kind: 'apdu', apdu: inner, form: 'plain', securityControl: 0, leniencies: [] };
  }

  #opened(apdu: CipheredApdu): Arrived {
    const form = formOf(apdu.pdu);
    const dedicated = form === 'ded' || form === 'general-ded';
    const { meter, settings } = this.#unit;
    const last = dedicated ? this.#dedicated.last : meter.clientCounter;
    const title = this.#clientTitle;
    const outcome = openCiphered(apdu, {
      keys: this.keys,
      senderTitle: title,
      pinTitle: title !== undefined,
      requiredControl: settings.securityControl,
      ...(last === undefined ? {} : { lastCounter: last }),
    });
    if (outcome.kind !== 'good') {
      const stale = outcome.kind === 'bad' && outcome.error.code === 'stale_counter';
      return { kind: 'refused', answer: stale ? exception(1, COUNTER, (last ?? 0) + 1) : exception(1, DECIPHERING) };
    }
    const { plain, opened } = outcome.value;
    if (dedicated) this.#dedicated.saw(opened.invocationCounter);
    else this.#saw(opened.invocationCounter);
    this.#control = opened.securityControl;
    return { kind: 'apdu', apdu: plain, form, securityControl: opened.securityControl, leniencies: outcome.leniencies };
  }

  #saw(counter: number): void {
    const { meter } = this.#unit;
    this.#counters = [meter.clientCounter, counter];
    meter.clientCounter = counter;
  }

  /**
   * Takes the counter of a GMAC, which is one of the key's too: the client drew it before or after that of the APDU around it, but
   * not earlier than anything that came before.
   */
  takeProofCounter(counter: number, form: Form): boolean {
    const { meter } = this.#unit;
    const [before, last] = form === 'plain' ? [meter.clientCounter, undefined] : this.#counters;
    if (counter <= before || counter === last) return false;
    meter.clientCounter = Math.max(meter.clientCounter, counter);
    return true;
  }

  /** Encodes an answer in the form of its request. @param tail octets that a faulty meter adds to the plain APDU */
  seal(apdu: PlainApdu, form: Form, tail: Uint8Array): Uint8Array {
    const plain = must(encodeApdu(apdu));
    const plaintext = tail.length === 0 ? plain : Uint8Array.from([...plain, ...tail]);
    const name = form === 'plain' ? undefined : cipheredNameFor(apdu.pdu, form);
    // What has no ciphered form, such as an exception, goes out in clear.
    if (form === 'plain' || name === undefined) return plaintext;
    return must(
      cipher({
        name,
        plaintext,
        securityControl: this.#control,
        systemTitle: this.#unit.systemTitle,
        invocationCounter: this.#unit.meter.nextCounter(),
        keys: this.keys,
      }),
    );
  }

  /** Encodes an AARE or RLRE; its user information is ciphered where that of the request was. */
  sealAcse(apdu: PlainApdu, form: Form): Uint8Array {
    if (form === 'plain') return must(encodeApdu(apdu));
    const { meter, systemTitle } = this.#unit;
    return must(sealApdu(apdu, { form, securityControl: this.#control, systemTitle, invocationCounter: meter.nextCounter(), keys: this.keys }));
  }
}

function formOf(name: CipheredApdu['pdu']): CipherForm {
  if (name === 'general-glo-ciphering') return 'general-glo';
  if (name === 'general-ded-ciphering') return 'general-ded';
  return name.startsWith('ded-') ? 'ded' : 'glo';
}
