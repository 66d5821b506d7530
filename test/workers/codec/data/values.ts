/** Values to test with: every type, nested, and hex at hand. */

import { fromHex } from '../../../../workers/codec/common/index.ts';
import { compactArray, type DataValue, type TypeDescription } from '../../../../workers/codec/data/index.ts';
import fc from '../../../support/fc.ts';

export function octetsOf(hex: string): Uint8Array {
  const octets = fromHex(hex);
  if (octets === undefined) throw new Error(`not hex: ${hex}`);
  return octets;
}

const exactly = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const whole = (least: number, most: number) => fc.integer({ min: least, max: most });
const numbers = <T extends string>(type: T, least: number, most: number) => whole(least, most).map((value) => ({ type, value }));
const strings = <T extends string>(type: T) => fc.uint8Array({ maxLength: 300 }).map((octets) => ({ type, octets }));

type Simple = Exclude<DataValue, { readonly type: 'array' | 'structure' | 'compact-array' }>;

const BY_TYPE = {
  'null-data': fc.constant({ type: 'null-data' as const }),
  'dont-care': fc.constant({ type: 'dont-care' as const }),
  boolean: fc.boolean().map((value) => ({ type: 'boolean' as const, value })),
  'double-long': numbers('double-long' as const, -0x8000_0000, 0x7fff_ffff),
  'double-long-unsigned': numbers('double-long-unsigned' as const, 0, 0xffff_ffff),
  integer: numbers('integer' as const, -128, 127),
  long: numbers('long' as const, -0x8000, 0x7fff),
  unsigned: numbers('unsigned' as const, 0, 255),
  'long-unsigned': numbers('long-unsigned' as const, 0, 0xffff),
  enum: numbers('enum' as const, 0, 255),
  bcd: numbers('bcd' as const, 0, 255),
  long64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((value) => ({ type: 'long64' as const, value })),
  'long64-unsigned': fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((value) => ({ type: 'long64-unsigned' as const, value })),
  float32: fc.float().map((value) => ({ type: 'float32' as const, value })),
  float64: fc.double().map((value) => ({ type: 'float64' as const, value })),
  'octet-string': strings('octet-string' as const),
  'visible-string': strings('visible-string' as const),
  'utf8-string': strings('utf8-string' as const),
  'bit-string': whole(0, 300).chain((bits) => exactly(Math.ceil(bits / 8)).map((octets) => ({ type: 'bit-string' as const, bits, octets }))),
  'date-time': exactly(12).map((octets) => ({ type: 'date-time' as const, octets })),
  date: exactly(5).map((octets) => ({ type: 'date' as const, octets })),
  time: exactly(4).map((octets) => ({ type: 'time' as const, octets })),
} satisfies { readonly [T in Simple['type']]: fc.Arbitrary<Extract<Simple, { readonly type: T }> | { readonly type: T }> };

export const SIMPLE_TYPES = Object.keys(BY_TYPE) as Simple['type'][];

export const simpleOf = (type: Simple['type']): fc.Arbitrary<DataValue> => BY_TYPE[type] as fc.Arbitrary<DataValue>;

const simple = fc.constantFrom(...SIMPLE_TYPES).chain(simpleOf);

/** Descriptions whose elements take at least one octet. */
const { description } = fc.letrec<{ description: TypeDescription }>((tie) => ({
  description: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(...SIMPLE_TYPES.filter((type) => type !== 'null-data' && type !== 'dont-care')).map((type) => ({ type })),
    fc.record({ type: fc.constant('array' as const), count: whole(1, 3), element: tie('description') }),
    fc
      .array(tie('description'), { minLength: 1, maxLength: 3 })
      .map((members) => ({ type: 'structure' as const, members: [...members, { type: 'null-data' as const }] })),
  ),
}));

function elementOf(element: TypeDescription): fc.Arbitrary<DataValue> {
  if (element.type === 'array') {
    return fc.array(elementOf(element.element), { minLength: element.count, maxLength: element.count }).map((items) => ({ type: 'array', items }));
  }
  if (element.type === 'structure') return fc.tuple(...element.members.map(elementOf)).map((items) => ({ type: 'structure', items }));
  return simpleOf(element.type);
}

export const compactArrays: fc.Arbitrary<DataValue> = description.chain((element) =>
  fc.array(elementOf(element), { maxLength: 4 }).map((items) => {
    const outcome = compactArray(element, items);
    if (outcome.kind === 'bad') throw new Error(outcome.error.rule);
    return outcome.value;
  }),
);

/** Any value, to a few levels. */
export const { anyValue } = fc.letrec<{ anyValue: DataValue }>((tie) => ({
  anyValue: fc.oneof(
    { depthSize: 'small' },
    simple,
    compactArrays,
    fc.record({ type: fc.constantFrom('array' as const, 'structure' as const), items: fc.array(tie('anyValue'), { maxLength: 6 }) }),
  ),
}));

export const ROW_TYPES = SIMPLE_TYPES;
