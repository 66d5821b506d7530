/** Ciphered APDUs: opened with the vector's keys, and sealed again from `plain`. */
import { type CipheredApdu, decodeApdu, encodeApdu } from '../../../workers/codec/apdu/index.ts';
import { codecError, errorOf, hexOctet, must, toHex } from '../../../workers/codec/common/index.ts';
import { cipherApdu, decipher } from '../../../workers/codec/security/index.ts';
import type { JsonObject } from '../mapping.ts';
import type { Members } from '../members.ts';
import { securityKeysOf, senderTitleOf } from './keys.ts';
import type { ApduScope, ParseNested, PresentNested } from './scope.ts';

const isGeneral = (pdu: string): boolean => pdu.startsWith('general-');

/** Without keys it is shown closed; with keys that do not open it, `scope` has the error and no plaintext is shown. */
export function presentCiphered(apdu: CipheredApdu, scope: ApduScope, nested: PresentNested): JsonObject {
  const { pdu, systemTitle, securityControl, invocationCounter, content } = apdu;
  const head = {
    pdu,
    ...(systemTitle === undefined ? {} : { systemTitle: toHex(systemTitle) }),
    securityControl: hexOctet(securityControl),
    invocationCounter,
  };
  const keys = securityKeysOf(scope.context);
  if (keys === undefined) return { ...head, content: toHex(content) };
  const opened = decipher(apdu, { keys, senderTitle: scope.carriedTitle ?? senderTitleOf(scope.context, pdu) });
  if (opened.kind !== 'good') {
    scope.error ??= errorOf(opened, content.length);
    return head;
  }
  const { plaintext } = opened.value;
  const plain = decodeApdu(plaintext, scope.context);
  if (plain.kind !== 'good') {
    const { code, rule, got } = errorOf(plain, plaintext.length);
    scope.error ??= codecError(code, 0, `plaintext: ${rule}`, got);
    return { ...head, plaintext: toHex(plaintext) };
  }
  for (const leniency of plain.leniencies) scope.leniencies.add(leniency);
  return { ...head, plaintext: toHex(plaintext), plain: nested(plain.value) };
}

/** @throws MalformedVector; CodecFault when it cannot be sealed, which {@link withFaults} turns into an outcome */
export function parseCiphered(pdu: CipheredApdu['pdu'], members: Members, scope: ApduScope, nested: ParseNested): CipheredApdu {
  const plain = nested(members.raw('plain'), members.pathOf('plain'));
  const carried = members.has('systemTitle') ? members.hex('systemTitle') : undefined;
  const systemTitle = carried !== undefined && carried.length > 0 ? carried : (scope.carriedTitle ?? senderTitleOf(scope.context, pdu));
  const [securityControl = 0] = members.hex('securityControl');
  const sealed = cipherApdu({
    name: pdu,
    plaintext: must(encodeApdu(plain)),
    securityControl,
    systemTitle: systemTitle ?? new Uint8Array(0),
    invocationCounter: members.int('invocationCounter'),
    keys: securityKeysOf(scope.context) ?? {},
    omitTitle: isGeneral(pdu) && (carried === undefined || carried.length === 0),
  });
  return sealed.kind === 'good' ? sealed.octets : faulty(sealed);
}

function faulty(outcome: Parameters<typeof must>[0] & { readonly kind: 'bad' }): never {
  must(outcome);
  throw new TypeError('a bad outcome has octets');
}
