/** EDMI frames, commands, values, and their stream with and without wake-up signals. */
import {
  decodeEdmiClock,
  decodeEdmiCommand,
  decodeEdmiDate,
  decodeEdmiFrame,
  decodeEdmiText,
  decodeEdmiTime,
  decodeEdmiWake,
  decodeMultiReadAnswers,
  type EdmiFrame,
  EdmiStream,
  encodeEdmiClock,
  encodeEdmiCommand,
  encodeEdmiFrame,
  MAX_EDMI_BODY,
} from '../../../workers/codec/edmi/index.ts';
import type { Random } from '../random.ts';
import { corpusOf, fuzzTarget, under } from '../target.ts';

/** Every octet may be stuffed; 02, CRC and 03 besides. */
const MOST_BUFFERED = 2 * (MAX_EDMI_BODY + 2) + 2;

function dress(payload: Uint8Array, random: Random): Uint8Array | undefined {
  const made = encodeEdmiFrame(payload, random.once(2) ? null : { destination: random.next(), source: random.next(), sequence: random.below(0x1_0000) });
  return made.kind === 'good' ? made.octets : undefined;
}

const encodeFrame = ({ command, extended }: EdmiFrame) => encodeEdmiFrame(command, extended);

export const target = () =>
  fuzzTarget({
    name: 'edmi',
    corpus: corpusOf('edmi'),
    decoders: [
      under({ name: 'decodeEdmiFrame', decode: (octets: Uint8Array) => decodeEdmiFrame(octets), encode: encodeFrame }),
      under({ name: 'decodeEdmiCommand', decode: (octets: Uint8Array) => decodeEdmiCommand(octets, { direction: 'request' }), encode: encodeEdmiCommand }),
      under({
        name: 'decodeEdmiCommand of a reply',
        decode: (octets: Uint8Array) => decodeEdmiCommand(octets, { direction: 'reply' }),
        encode: encodeEdmiCommand,
      }),
      under({ name: 'decodeEdmiClock', decode: decodeEdmiClock, encode: encodeEdmiClock }),
      under({ name: 'decodeEdmiDate', decode: decodeEdmiDate }),
      under({ name: 'decodeEdmiTime', decode: decodeEdmiTime }),
      under({ name: 'decodeEdmiText', decode: decodeEdmiText }),
      under({ name: 'decodeMultiReadAnswers', decode: (octets: Uint8Array) => decodeMultiReadAnswers(octets, [4, 6]) }),
    ],
    streams: [
      { name: 'EdmiStream', create: () => new EdmiStream(), mostBuffered: MOST_BUFFERED },
      { name: 'EdmiStream with wakes', create: () => new EdmiStream({ wakes: true }), mostBuffered: MOST_BUFFERED },
    ],
    dress,
    more: (input) => void decodeEdmiWake(input),
  });
