/** APDUs, alone and one after another. */
import { type Apdu, decodeApdu, decodeApdus, encodeApdu } from '../../../workers/codec/apdu/index.ts';
import { type Encoded, encoded, fromHex } from '../../../workers/codec/common/index.ts';
import type { Random } from '../random.ts';
import { corpusOf, fuzzTarget, under, vectorsOf } from '../target.ts';

const LIMITS = { maxDepth: 6, maxElements: 300, maxOctets: 500 };

function encodeAll(apdus: readonly Apdu[]): Encoded {
  const parts: Uint8Array[] = [];
  for (const apdu of apdus) {
    const made = encodeApdu(apdu);
    if (made.kind === 'bad') return made;
    parts.push(made.octets);
  }
  return encoded(Buffer.concat(parts));
}

/** APDUs inside the frames of the vectors, which show more services than `dlms-apdu` alone. */
function framed(): readonly Uint8Array[] {
  const hdlc = vectorsOf('dlms-hdlc').flatMap(({ decoded }) =>
    decoded.apdu !== undefined && typeof decoded.information === 'string' ? (fromHex(decoded.information.slice(6)) ?? []) : [],
  );
  return [...hdlc, ...corpusOf('dlms-wrapper').map((frame) => frame.subarray(8))];
}

/** Tags of APDUs that no vector has, before octets of one that a vector has. */
const TAGS = [0x05, 0x06, 0x0c, 0x0d, 0x0e, 0x0f, 0x16, 0x18, 0x60, 0x61, 0x62, 0x63, 0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc7, 0xd8, 0xdb, 0xdc, 0xdd, 0xe0];
const CHOICES = 6;

function dress(payload: Uint8Array, random: Random): Uint8Array | undefined {
  if (payload.length < 2 || random.once(2)) return undefined;
  const octets = payload.slice();
  octets[0] = random.pick(TAGS) ?? 0;
  if (random.once(2)) octets[1] = random.below(CHOICES);
  return octets;
}

export const target = () =>
  fuzzTarget({
    name: 'apdu',
    corpus: [...corpusOf('dlms-apdu', 'dlms-security'), ...framed()],
    decoders: [
      under({ name: 'decodeApdu', decode: (octets: Uint8Array) => decodeApdu(octets), encode: encodeApdu }),
      under({ name: 'decodeApdu strictly', decode: (octets: Uint8Array) => decodeApdu(octets, { strict: 'all', limits: LIMITS }), encode: encodeApdu }),
      under({ name: 'decodeApdus', decode: (octets: Uint8Array) => decodeApdus(octets), encode: encodeAll }),
    ],
    dress,
  });
