/** Cewe ProMeter messages: clock, date, time, slide, serial number. */
import {
  ceweErrorName,
  ceweRead,
  decodeCeweClock,
  decodeCeweDate,
  decodeCeweSerialNumber,
  decodeCeweSlide,
  decodeCeweTime,
  encodeCeweClock,
  encodeCeweDate,
  encodeCeweSerialNumber,
  encodeCeweSlide,
  encodeCeweTime,
  isMessageId,
} from '../../../workers/codec/cewe/index.ts';
import type { Decoded, Encoded } from '../../../workers/codec/common/index.ts';
import { corpusOf, fuzzTarget, under } from '../target.ts';
import { latin1 } from '../text.ts';
import { dataTexts } from './iec-texts.ts';

const ofText = <T>(name: string, decode: (text: string) => Decoded<T>, encode: (value: T) => Encoded) =>
  under({ name, decode: (octets: Uint8Array) => decode(latin1(octets)), encode });

function more(input: Uint8Array): undefined {
  const text = latin1(input);
  ceweErrorName(text);
  if (isMessageId(text)) ceweRead(text);
}

export const target = () =>
  fuzzTarget({
    name: 'cewe',
    corpus: [...dataTexts('cewe-iec'), ...corpusOf('cewe-iec')],
    decoders: [
      ofText('decodeCeweClock', decodeCeweClock, encodeCeweClock),
      ofText('decodeCeweDate', decodeCeweDate, encodeCeweDate),
      ofText('decodeCeweTime', decodeCeweTime, encodeCeweTime),
      ofText('decodeCeweSlide', decodeCeweSlide, encodeCeweSlide),
      ofText('decodeCeweSerialNumber', decodeCeweSerialNumber, encodeCeweSerialNumber),
    ],
    more,
  });
