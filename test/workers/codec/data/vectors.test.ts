import { readFileSync } from 'node:fs';
import test from 'ava';
import { must, mustDecode, toHex } from '../../../../workers/codec/common/index.ts';
import {
  type DataValue,
  type DateTimeFields,
  decodeData,
  decodeDate,
  decodeDateTime,
  decodeTime,
  encodeData,
  encodeDate,
  encodeDateTime,
  encodeTime,
} from '../../../../workers/codec/data/index.ts';
import { octetsOf } from './values.ts';

interface Typed {
  readonly type: string;
  readonly value?: unknown;
  readonly hex?: string;
  readonly items?: readonly Typed[];
  readonly dateTime?: DateTimeFields;
  readonly leniency?: string;
}

interface Vector {
  readonly id: string;
  readonly hex: string;
  readonly form: string;
  readonly encode: boolean;
  readonly decoded: Typed;
}

const vectors = JSON.parse(readFileSync(new URL('../../../vectors/cosem-data.json', import.meta.url), 'utf8')) as Vector[];

/** The members of `test/vectors/README.md` that this level can compare. */
function typed(value: DataValue): Typed {
  if ('items' in value) return { type: value.type, items: value.items.map(typed) };
  if ('octets' in value) return { type: value.type, hex: toHex(value.octets) };
  if ('value' in value) return { type: value.type, value: typeof value.value === 'bigint' ? Number(value.value) : value.value };
  return { type: value.type };
}

function bare({ type, value, hex, items }: Typed): Typed {
  return { type, ...(value === undefined ? {} : { value }), ...(hex === undefined ? {} : { hex }), ...(items === undefined ? {} : { items: items.map(bare) }) };
}

const CODECS = {
  'date-time': { decode: decodeDateTime, encode: encodeDateTime },
  date: { decode: decodeDate, encode: encodeDate },
  time: { decode: decodeTime, encode: encodeTime },
} as const;

for (const { id, hex, form, encode, decoded } of vectors) {
  if (form === 'value') {
    test(`${id} is read and written as published`, (t) => {
      const outcome = decodeData(octetsOf(hex));
      const value = mustDecode(outcome);
      t.deepEqual(typed(value), bare(decoded));
      if (encode) t.is(toHex(must(encodeData(value))), hex);
    });
    continue;
  }
  test(`${id} is read and written as published`, (t) => {
    const codec = CODECS[decoded.type as keyof typeof CODECS];
    const outcome = codec.decode(octetsOf(hex));
    t.like(mustDecode<object>(outcome), decoded.dateTime as object);
    t.true(outcome.kind === 'good');
    if (decoded.leniency !== undefined) t.true(outcome.kind === 'good' && (outcome.leniencies as readonly string[]).includes(decoded.leniency));
    if (encode) t.is(toHex(must(codec.encode(decoded.dateTime as DateTimeFields))), hex);
  });
}
