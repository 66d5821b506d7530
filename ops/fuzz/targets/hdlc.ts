/** HDLC frames, their stream, link parameters and frame rejects. */
import {
  clientAddress,
  decodeFrameReject,
  decodeHdlcFrame,
  decodeLinkParameters,
  encodeFrameReject,
  encodeHdlcFrame,
  HdlcStream,
  MAX_FRAME_LENGTH,
  serverAddress,
  stripLlc,
} from '../../../workers/codec/hdlc/index.ts';
import { viewsWithin } from '../equal.ts';
import { joined } from '../mutate.ts';
import type { Random } from '../random.ts';
import { corpusOf, fuzzTarget, under } from '../target.ts';

const MOST_INFORMATION = 2000;

/** A good frame around rubbish, at times a second one behind it, at times noise between them. */
function dress(payload: Uint8Array, random: Random): Uint8Array | undefined {
  const first = frameOf(payload, random);
  if (first === undefined || random.once(2)) return first;
  const second = frameOf(payload.subarray(0, random.below(payload.length + 1)), random);
  if (second === undefined) return first;
  return joined(joined(first, random.octets(random.below(4))), random.once(3) ? second.subarray(1) : second);
}

function frameOf(information: Uint8Array, random: Random): Uint8Array | undefined {
  const made = encodeHdlcFrame({
    type: random.pick(['SNRM', 'UA', 'FRMR', 'UI'] as const) ?? 'UI',
    destination: random.once(2) ? serverAddress(random.below(128), random.below(128)) : serverAddress(random.below(0x4000), random.below(0x4000), 4),
    source: clientAddress(random.below(128)),
    pf: random.once(2),
    segmented: random.once(4),
    information: information.subarray(0, MOST_INFORMATION),
  });
  return made.kind === 'good' ? made.octets : undefined;
}

export const target = () =>
  fuzzTarget({
    name: 'hdlc',
    corpus: corpusOf('dlms-hdlc'),
    decoders: [
      under({ name: 'decodeHdlcFrame', decode: decodeHdlcFrame, encode: encodeHdlcFrame }),
      under({ name: 'decodeLinkParameters', decode: decodeLinkParameters }),
      under({ name: 'decodeFrameReject', decode: decodeFrameReject, encode: encodeFrameReject }),
    ],
    streams: [{ name: 'HdlcStream', create: () => new HdlcStream(), mostBuffered: MAX_FRAME_LENGTH + 2 }],
    dress,
    more: (input) => (viewsWithin(stripLlc(input), input) ? undefined : 'stripLlc: P4: a view leaves the input'),
  });
