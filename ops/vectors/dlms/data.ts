/** COSEM values as the typed values of the vectors, and back. */
import { toHex } from '../../../workers/codec/common/index.ts';
import type { DataValue, TypeDescription } from '../../../workers/codec/data/index.ts';
import type { Json, JsonObject } from '../mapping.ts';
import { Members } from '../members.ts';
import { presentDateTime } from './date-time.ts';

/** Octet-strings of this length may be a date-time, and are shown as one besides. */
const DATE_TIME_OCTETS = 12;

export function presentData(value: DataValue): JsonObject {
  const { type } = value;
  switch (type) {
    case 'null-data':
    case 'dont-care':
      return { type };
    case 'long64':
    case 'long64-unsigned':
      return { type, value: presentLong(value.value) };
    case 'float32':
    case 'float64':
      return { type, value: Number.isFinite(value.value) ? value.value : String(value.value) };
    case 'octet-string':
      return {
        type,
        hex: toHex(value.octets),
        ...(value.octets.length === DATE_TIME_OCTETS ? { asDateTime: presentDateTime(value.octets, 'date-time') } : {}),
      };
    case 'visible-string':
    case 'utf8-string':
      return { type, hex: toHex(value.octets), text: textOf(value.octets, type) };
    case 'date-time':
    case 'date':
    case 'time':
      return { type, hex: toHex(value.octets), dateTime: presentDateTime(value.octets, type) };
    case 'bit-string':
      return { type, bits: value.bits, hex: toHex(value.octets) };
    case 'array':
    case 'structure':
      return { type, items: value.items.map(presentData) };
    case 'compact-array':
      return { type, element: presentDescription(value.element), hex: toHex(value.contents), items: value.items.map(presentData) };
    default:
      return { type, value: value.value };
  }
}

/** Exact: beyond 2^53 as decimal text. */
function presentLong(value: bigint): Json {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}

function textOf(octets: Uint8Array, type: 'visible-string' | 'utf8-string'): string {
  return type === 'utf8-string' ? new TextDecoder().decode(octets) : Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('latin1');
}

function presentDescription(description: TypeDescription): JsonObject {
  switch (description.type) {
    case 'array':
      return { type: 'array', count: description.count, element: presentDescription(description.element) };
    case 'structure':
      return { type: 'structure', members: description.members.map(presentDescription) };
    default:
      return { type: description.type };
  }
}

/** @throws MalformedVector */
export function parseData(value: Json | undefined, path: string): DataValue {
  const members = Members.of(value, path);
  const type = members.text('type') as DataValue['type'];
  switch (type) {
    case 'null-data':
    case 'dont-care':
      return { type };
    case 'boolean':
      return { type, value: members.bool('value') };
    case 'long64':
    case 'long64-unsigned':
      return { type, value: parseLong(members) };
    case 'float32':
    case 'float64':
      return { type, value: parseFloating(members) };
    case 'octet-string':
    case 'visible-string':
    case 'utf8-string':
    case 'date-time':
    case 'date':
    case 'time':
      return { type, octets: members.hex('hex') };
    case 'bit-string':
      return { type, bits: members.int('bits'), octets: members.hex('hex') };
    case 'array':
    case 'structure':
      return { type, items: members.list('items', parseData) };
    case 'compact-array':
      return {
        type,
        element: parseDescription(members.raw('element'), members.pathOf('element')),
        contents: members.has('hex') ? members.hex('hex') : new Uint8Array(0),
        items: members.list('items', parseData),
      };
    case 'double-long':
    case 'double-long-unsigned':
    case 'integer':
    case 'long':
    case 'unsigned':
    case 'long-unsigned':
    case 'enum':
    case 'bcd':
      return { type, value: members.int('value') };
    default:
      return unknownType(members, type);
  }
}

function unknownType(members: Members, type: never): never {
  throw members.wrong('type', `must be the type of a COSEM value, not ${String(type)}`);
}

function parseLong(members: Members): bigint {
  const value = members.raw('value');
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value);
  if (typeof value === 'string' && /^-?\d+$/.test(value)) return BigInt(value);
  throw members.wrong('value', 'must be a whole number');
}

const NOT_FINITE: Readonly<Record<string, number>> = { NaN: Number.NaN, Infinity: Number.POSITIVE_INFINITY, '-Infinity': Number.NEGATIVE_INFINITY };

function parseFloating(members: Members): number {
  const value = members.raw('value');
  if (typeof value === 'number') return value;
  const special = typeof value === 'string' ? NOT_FINITE[value] : undefined;
  if (special === undefined) throw members.wrong('value', 'must be a number');
  return special;
}

function parseDescription(value: Json | undefined, path: string): TypeDescription {
  const members = Members.of(value, path);
  const type = members.text('type') as TypeDescription['type'];
  if (type === 'array') return { type, count: members.int('count'), element: parseDescription(members.raw('element'), members.pathOf('element')) };
  if (type === 'structure') return { type, members: members.list('members', parseDescription) };
  return { type };
}
