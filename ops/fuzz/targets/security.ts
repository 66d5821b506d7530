/** Opening of ciphered APDUs, login answers, key wrap. The keys are those of the vectors, so mutated ones open now and then. */
import type { CipheredApdu } from '../../../workers/codec/apdu/index.ts';
import { fromHex } from '../../../workers/codec/common/index.ts';
import { type CipherRequest, cipher, decodeGmac, landisGyrVariant, openApdu, unwrapKey, verifyGmac, wrapKey } from '../../../workers/codec/security/index.ts';
import { joined } from '../mutate.ts';
import type { Random } from '../random.ts';
import { corpusOf, fuzzTarget, under } from '../target.ts';

const hex = (text: string): Uint8Array => fromHex(text) ?? new Uint8Array(0);
const KEYS = {
  encryptionKey: hex('000102030405060708090A0B0C0D0E0F'),
  authenticationKey: hex('D0D1D2D3D4D5D6D7D8D9DADBDCDDDEDF'),
  dedicatedKey: hex('F0F1F2F3F4F5F6F7F8F9FAFBFCFDFEFF'),
};
const TITLE = hex('4D4D4D0000BC614E');
const CHALLENGE = hex('91C8E472391C8E47A3D1E874BADD6E37');
const CONTROLS = [0x00, 0x10, 0x20, 0x30];
/** Ciphered services, and the tag that the plaintext of each begins with; general ones carry any. */
const SERVICES: readonly (readonly [name: CipheredApdu['pdu'], plainTag?: number])[] = [
  ['general-glo-ciphering'],
  ['general-ded-ciphering'],
  ['glo-get-request', 0xc0],
  ['glo-get-response', 0xc4],
  ['ded-get-request', 0xc0],
];

/** Rubbish under good keys. */
function dress(payload: Uint8Array, random: Random): Uint8Array | undefined {
  const [name, plainTag] = random.pick(SERVICES) ?? ['general-glo-ciphering'];
  const plaintext = plainTag === undefined ? payload : joined(Uint8Array.of(plainTag), payload);
  const request: CipherRequest = {
    name,
    plaintext,
    securityControl: random.pick(CONTROLS) ?? 0x30,
    systemTitle: TITLE,
    invocationCounter: random.next(),
    keys: KEYS,
    omitTitle: random.once(3),
  };
  const made = cipher(request);
  return made.kind === 'good' ? made.octets : undefined;
}

export const target = () =>
  fuzzTarget({
    name: 'security',
    corpus: corpusOf('dlms-security', 'landis-gyr'),
    decoders: [
      under({ name: 'openApdu', decode: (octets: Uint8Array) => openApdu(octets, { keys: KEYS, senderTitle: TITLE }) }),
      under({ name: 'decodeGmac', decode: (octets: Uint8Array) => decodeGmac(octets) }),
      under({ name: 'verifyGmac', decode: (octets: Uint8Array) => verifyGmac(octets, { challenge: CHALLENGE, systemTitle: TITLE, keys: KEYS }) }),
      under({
        name: 'unwrapKey',
        decode: (octets: Uint8Array) => unwrapKey(KEYS.encryptionKey, octets),
        encode: (key: Uint8Array) => wrapKey(KEYS.encryptionKey, key),
      }),
    ],
    dress,
    more: (input) => {
      landisGyrVariant(input);
      return undefined;
    },
  });
