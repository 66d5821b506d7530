/** Wrapper frames and their stream. */
import { decodeWrapperFrame, encodeWrapperFrame, WRAPPER_HEADER, WRAPPER_MOST, WrapperStream } from '../../../workers/codec/wrapper/index.ts';
import { joined } from '../mutate.ts';
import type { Random } from '../random.ts';
import { corpusOf, fuzzTarget, under } from '../target.ts';

function dress(payload: Uint8Array, random: Random): Uint8Array | undefined {
  const made = encodeWrapperFrame({ sourceWPort: random.below(0x1_0000), destinationWPort: random.below(0x1_0000), payload });
  if (made.kind === 'bad') return undefined;
  return random.once(2) ? made.octets : joined(joined(made.octets, random.octets(random.below(4))), made.octets);
}

const SMALL = { limits: { maxOctets: 64 } };

export const target = () =>
  fuzzTarget({
    name: 'wrapper',
    corpus: corpusOf('dlms-wrapper'),
    decoders: [
      under({ name: 'decodeWrapperFrame', decode: (octets: Uint8Array) => decodeWrapperFrame(octets), encode: encodeWrapperFrame }),
      under({ name: 'decodeWrapperFrame within limits', decode: (octets: Uint8Array) => decodeWrapperFrame(octets, SMALL) }),
    ],
    streams: [
      { name: 'WrapperStream', create: () => new WrapperStream(), mostBuffered: WRAPPER_MOST + WRAPPER_HEADER },
      { name: 'WrapperStream within limits', create: () => new WrapperStream(SMALL), mostBuffered: 64 + WRAPPER_HEADER },
      { name: 'WrapperStream of a connection', create: () => new WrapperStream({ wPorts: [1, 16] }), mostBuffered: WRAPPER_MOST + WRAPPER_HEADER },
    ],
    dress,
  });
