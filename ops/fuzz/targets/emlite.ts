/** EMOP frames, data, object values, and their stream. */
import {
  decodeEmliteClock,
  decodeEmliteData,
  decodeEmliteFrame,
  decodeEmliteNumber,
  decodeEmliteSignal,
  decodeEmliteText,
  EMLITE_NUMBERS,
  type EmliteFrame,
  EmliteStream,
  encodeEmliteData,
  encodeEmliteFrame,
  encodeEmliteSignal,
  MAX_EMLITE_DATA,
} from '../../../workers/codec/emlite/index.ts';
import type { Random } from '../random.ts';
import { corpusOf, fuzzTarget, under } from '../target.ts';

const MOST_BUFFERED = 256;

function dress(payload: Uint8Array, random: Random): Uint8Array | undefined {
  const header = { destination: random.next(), source: random.next(), sequence: random.below(8), resultCode: random.below(32) };
  const made = encodeEmliteFrame(header, payload.subarray(0, MAX_EMLITE_DATA));
  return made.kind === 'good' ? made.octets : undefined;
}

export const target = () =>
  fuzzTarget({
    name: 'emlite',
    corpus: corpusOf('emlite'),
    decoders: [
      under({ name: 'decodeEmliteFrame', decode: decodeEmliteFrame, encode: (frame: EmliteFrame) => encodeEmliteFrame(frame, frame.data) }),
      under({ name: 'decodeEmliteData', decode: decodeEmliteData, encode: encodeEmliteData }),
      under({ name: 'decodeEmliteClock', decode: decodeEmliteClock }),
      under({ name: 'decodeEmliteSignal', decode: decodeEmliteSignal, encode: encodeEmliteSignal }),
      under({ name: 'decodeEmliteText', decode: decodeEmliteText }),
      ...Object.entries(EMLITE_NUMBERS).map(([name, form]) =>
        under({ name: `decodeEmliteNumber ${name}`, decode: (octets: Uint8Array) => decodeEmliteNumber(octets, form) }),
      ),
    ],
    streams: [{ name: 'EmliteStream', create: () => new EmliteStream(), mostBuffered: MOST_BUFFERED }],
    dress,
  });
