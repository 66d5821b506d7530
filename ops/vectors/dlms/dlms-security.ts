/** `dlms-security`: ciphered APDUs, key wrap, and the answer to a login challenge. */
import { codecError, type Encoded, hexOctet, toHex } from '../../../workers/codec/common/index.ts';
import { decodeGmac, encodeGmac, unwrapKey, verifyGmac, wrapKey } from '../../../workers/codec/security/index.ts';
import type { FormMapping, JsonObject, Presented, Protocol, VectorContext } from '../mapping.ts';
import { Members } from '../members.ts';
import { apduForm } from './dlms-apdu.ts';
import { securityKeysOf, senderTitleOf } from './keys.ts';

const givenOf = (context: VectorContext): Members => new Members(context.given ?? {}, 'given');

const wrapForm: FormMapping = {
  decode(octets, context) {
    const unwrapped = unwrapKey(givenOf(context).hex('kek'), octets);
    if (unwrapped.kind !== 'good') return unwrapped;
    return { kind: 'good', value: { key: toHex(unwrapped.value) }, leniencies: [] };
  },
  encode: (decoded, context): Encoded => wrapKey(givenOf(context).hex('kek'), new Members(decoded).hex('key')),
};

const challengeForm: FormMapping = {
  decode(octets, context) {
    const given = givenOf(context);
    const keys = securityKeysOf(context);
    const answer =
      keys === undefined ? decodeGmac(octets) : verifyGmac(octets, { challenge: given.hex('challenge'), systemTitle: given.hex('systemTitle'), keys });
    if (answer.kind !== 'good') return answer;
    const { securityControl, invocationCounter, tag } = answer.value;
    return { kind: 'good', value: { securityControl: hexOctet(securityControl), invocationCounter, tag: toHex(tag) }, leniencies: [] };
  },
  encode(decoded, context) {
    const given = givenOf(context);
    const members = new Members(decoded);
    const suite = (members.hex('securityControl')[0] ?? 0) & 0x0f;
    if (suite > 2) throw members.wrong('securityControl', 'must be of suite 0, 1 or 2');
    return encodeGmac({
      challenge: given.hex('challenge'),
      systemTitle: given.hex('systemTitle'),
      keys: securityKeysOf(context) ?? {},
      invocationCounter: members.int('invocationCounter'),
      suite: suite === 2 ? 2 : suite === 1 ? 1 : 0,
    });
  },
};

/** An APDU as in `dlms-apdu`; where the login's challenge is known, the octet-string inside must be f of it. */
const securedForm: FormMapping = {
  ...apduForm,
  decode(octets, context) {
    const result = apduForm.decode(octets, context);
    return result.kind === 'good' ? (loginFault(result.value, context) ?? result) : result;
  },
};

function loginFault(apdu: JsonObject, context: VectorContext): Presented | undefined {
  const challenge = context.hls?.challengeStoC ?? context.hls?.challengeCtoS;
  const keys = securityKeysOf(context);
  if (challenge === undefined || keys === undefined) return undefined;
  const members = new Members(apdu);
  const plain = members.has('plain') ? members.object('plain') : members;
  const name = ['parameters', 'returnData', 'data'].find((member) => plain.has(member));
  if (name === undefined) return undefined;
  const systemTitle = senderTitleOf(context, plain.text('pdu')) ?? new Uint8Array(0);
  const answer = verifyGmac(plain.object(name).hex('hex'), { challenge: new Members({ challenge }).hex('challenge'), systemTitle, keys });
  if (answer.kind === 'good') return undefined;
  const error = answer.kind === 'bad' ? answer.error : codecError('truncated', 0, 'login: f of the challenge, 17 octets');
  return { kind: 'bad', error: { ...error, offset: 0 } };
}

export const dlmsSecurity: Protocol = {
  name: 'dlms-security',
  forms: { apdu: securedForm, wrap: wrapForm, challenge: challengeForm },
  formOf: () => 'apdu',
  // Ciphered APDUs are APDUs: `dlms-apdu` opens them too.
  recognise: () => 0,
};
