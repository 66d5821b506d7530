/** Elster data items, clock, adjustment, serial number, identification and seed. */

import { type Encoded, encoded } from '../../../workers/codec/common/index.ts';
import {
  decodeAdjust,
  decodeElsterClock,
  decodeItemAnswer,
  decodeItemRead,
  decodeItemWrite,
  decodeSerialNumber,
  elsterErrorName,
  encodeAdjust,
  encodeElsterClock,
  type ItemRead,
  type ItemWrite,
  itemAnswer,
  itemRead,
  itemWrite,
  joinElsterIdentification,
  passwordAnswer,
  schemeText,
  seedOf,
  splitElsterIdentification,
} from '../../../workers/codec/elster/index.ts';
import type { CommandTelegram } from '../../../workers/codec/iec62056-21/index.ts';
import { octetsOf } from '../../../workers/codec/iec62056-21/index.ts';
import { corpusOf, fuzzTarget, under } from '../target.ts';
import { latin1 } from '../text.ts';
import { dataTexts } from './iec-texts.ts';

type MadeCommand = { readonly kind: 'good'; readonly value: CommandTelegram } | Extract<Encoded, { readonly kind: 'bad' }>;

const dataOf = (made: MadeCommand): Encoded => (made.kind === 'bad' ? made : encoded(octetsOf(made.value.data ?? '')));

function more(input: Uint8Array): string | undefined {
  const text = latin1(input);
  const parts = splitElsterIdentification(text);
  if (parts !== undefined) {
    const made = joinElsterIdentification(parts);
    if (made.kind !== 'good' || made.value !== text) return 'splitElsterIdentification: P6: joined again it is another text';
  }
  const seed = seedOf(text);
  if (seed !== undefined) passwordAnswer(seed, text.slice(0, 8));
  elsterErrorName(text);
  schemeText(input);
  return undefined;
}

export const target = () =>
  fuzzTarget({
    name: 'elster',
    corpus: [...dataTexts('elster-flag'), ...corpusOf('elster-flag')],
    decoders: [
      under({ name: 'decodeItemRead', decode: (octets: Uint8Array) => decodeItemRead(latin1(octets)), encode: (read: ItemRead) => dataOf(itemRead(read)) }),
      under({
        name: 'decodeItemWrite',
        decode: (octets: Uint8Array) => decodeItemWrite(latin1(octets)),
        encode: (write: ItemWrite) => dataOf(itemWrite(write)),
      }),
      under({
        name: 'decodeItemAnswer',
        decode: (octets: Uint8Array) => decodeItemAnswer(latin1(octets)),
        encode: (value: Uint8Array) => encoded(octetsOf(itemAnswer(value))),
      }),
      under({ name: 'decodeElsterClock', decode: decodeElsterClock, encode: (at: Parameters<typeof encodeElsterClock>[0]) => encodeElsterClock(at) }),
      under({ name: 'decodeAdjust', decode: decodeAdjust, encode: encodeAdjust }),
      under({ name: 'decodeSerialNumber', decode: decodeSerialNumber }),
    ],
    more,
  });
