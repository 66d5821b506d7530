/** IEC 62056-21 telegrams, readouts, data sets, and their stream. */
import {
  bccOf,
  dataSetText,
  decodeReadout,
  decodeSeasonedTime,
  decodeTelegram,
  encodeTelegram,
  IecStream,
  putEvenParity,
  readDataSets,
  splitPairs,
} from '../../../workers/codec/iec62056-21/index.ts';
import { joined } from '../mutate.ts';
import type { Random } from '../random.ts';
import { corpusOf, fuzzTarget, under } from '../target.ts';
import { latin1 } from '../text.ts';

const MOST_BUFFERED = 8 * 1024;

/** Rubbish between STX and a good BCC, or with even parity. */
function dress(payload: Uint8Array, random: Random): Uint8Array {
  if (random.once(3)) return putEvenParity(payload);
  const seven = payload.map((octet) => ((octet & 0x7f) % 0x60 < 2 ? 0x28 : octet & 0x7f));
  const body = joined(joined(Uint8Array.of(random.once(2) ? 0x02 : 0x01), seven), Uint8Array.of(random.once(4) ? 0x04 : 0x03));
  return joined(body, Uint8Array.of(bccOf(body, 1)));
}

function dataSetsFault(input: Uint8Array): string | undefined {
  const sets = [...readDataSets(latin1(input))];
  const made = dataSetText(sets);
  if (made.kind === 'bad') return undefined;
  const again = [...readDataSets(made.text)];
  return JSON.stringify(again) === JSON.stringify(sets) ? undefined : 'readDataSets: P6: written again, other data sets are read';
}

export const target = () =>
  fuzzTarget({
    name: 'iec62056-21',
    corpus: corpusOf('iec62056-21', 'elster-flag', 'cewe-iec'),
    decoders: [
      under({ name: 'decodeTelegram', decode: (octets: Uint8Array) => decodeTelegram(octets), encode: (telegram) => encodeTelegram(telegram as never) }),
      under({ name: 'decodeTelegram with parity', decode: (octets: Uint8Array) => decodeTelegram(octets, { parity: 'even', strict: 'all' }) }),
      under({ name: 'decodeReadout', decode: (octets: Uint8Array) => decodeReadout(octets) }),
      under({ name: 'decodeSeasonedTime', decode: (octets: Uint8Array) => decodeSeasonedTime(latin1(octets)) }),
    ],
    streams: [
      { name: 'IecStream', create: () => new IecStream(), mostBuffered: MOST_BUFFERED },
      { name: 'IecStream of a meter', create: () => new IecStream({ acks: 'alone', lines: true }), mostBuffered: MOST_BUFFERED },
    ],
    dress,
    more: (input) => {
      splitPairs(latin1(input));
      return dataSetsFault(input);
    },
  });
