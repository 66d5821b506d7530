/**
 * COSEM data: the values that A-XDR carries (meter-protocols 5.6; Blue Book, data types; Green Book, xDLMS Data).
 *
 * ```
 *   tag(1) content
 *   09 0C <12 octets>          octet-string of 12
 *   02 02 06 00000001 11 07    structure of a double-long-unsigned and an unsigned
 * ```
 *
 * Octets of strings are views of the input.
 */

/** Whole numbers that fit a JavaScript number. */
export type SmallNumberType = 'double-long' | 'double-long-unsigned' | 'integer' | 'long' | 'unsigned' | 'long-unsigned' | 'enum' | 'bcd';
export type LongNumberType = 'long64' | 'long64-unsigned';
export type FloatType = 'float32' | 'float64';
export type StringType = 'octet-string' | 'visible-string' | 'utf8-string';
/** Untagged-length date and time types: 12, 5 and 4 octets. */
export type TemporalType = 'date-time' | 'date' | 'time';

export type DataValue =
  | { readonly type: 'null-data' }
  | { readonly type: 'dont-care' }
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: SmallNumberType; readonly value: number }
  | { readonly type: LongNumberType; readonly value: bigint }
  | { readonly type: FloatType; readonly value: number }
  | { readonly type: StringType; readonly octets: Uint8Array }
  | { readonly type: TemporalType; readonly octets: Uint8Array }
  /** `bits` counts; the first bit is the most significant of the first octet, the rest of the last octet is padding. */
  | { readonly type: 'bit-string'; readonly bits: number; readonly octets: Uint8Array }
  | { readonly type: 'array' | 'structure'; readonly items: readonly DataValue[] }
  /** All elements share one description; `contents` is the view that they were read from. */
  | { readonly type: 'compact-array'; readonly element: TypeDescription; readonly contents: Uint8Array; readonly items: readonly DataValue[] };

export type DataType = DataValue['type'];

/** What an element of a compact array is. */
export type TypeDescription =
  | { readonly type: Exclude<DataType, 'array' | 'structure' | 'compact-array'> }
  | { readonly type: 'array'; readonly count: number; readonly element: TypeDescription }
  | { readonly type: 'structure'; readonly members: readonly TypeDescription[] };

/** Tags on the wire (Green Book, Data CHOICE). */
export const DATA_TAGS = {
  'null-data': 0x00,
  array: 0x01,
  structure: 0x02,
  boolean: 0x03,
  'bit-string': 0x04,
  'double-long': 0x05,
  'double-long-unsigned': 0x06,
  'octet-string': 0x09,
  'visible-string': 0x0a,
  'utf8-string': 0x0c,
  bcd: 0x0d,
  integer: 0x0f,
  long: 0x10,
  unsigned: 0x11,
  'long-unsigned': 0x12,
  'compact-array': 0x13,
  long64: 0x14,
  'long64-unsigned': 0x15,
  enum: 0x16,
  float32: 0x17,
  float64: 0x18,
  'date-time': 0x19,
  date: 0x1a,
  time: 0x1b,
  'dont-care': 0xff,
} as const satisfies Record<DataType, number>;
