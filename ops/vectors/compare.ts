/**
 * The rules of comparison of `test/vectors/README.md`: every compared member of `decoded` must be in the result with the same
 * value, lists agree in length and order, null agrees with null or absent, further members of the result are allowed.
 */
import { toHex } from '../../workers/codec/common/index.ts';
import type { Vector } from './file.ts';
import type { FormMapping, Json, JsonObject, Presented } from './mapping.ts';
import { isObject } from './members.ts';

/** Inside `decoded`, at its top. `leniency` has a rule of its own. */
const NEVER_AT_TOP = new Set(['given', 'defect', 'leniency']);
/** Inside `decoded`, wherever it stands. */
const NEVER = new Set(['conformance']);
/** Marked *not compared* in the table of a file and form. */
const NOT_COMPARED: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  'iec62056-21': { readout: ['data'], partial: ['dataSets'] },
};

/** Only a session sees that the ports of a reply were not exchanged; a frame's codec need not say so. */
const SEEN_BY_SESSIONS_ONLY = 'unswapped-ports';

/** @returns why the decoder does not agree with the vector; undefined when it does */
export function decodeFault(vector: Vector, mapping: FormMapping): string | undefined {
  const result = mapping.decode(vector.octets, vector.context);
  if (vector.kind === 'negative') return isWhole(result, vector.octets.length) ? 'must be refused, and gave a result' : undefined;
  if (vector.form === 'partial') return result.kind === 'incomplete' ? undefined : `must be incomplete, and is ${told(result)}`;
  if (result.kind !== 'good') return `must not be refused, and is ${told(result)}`;
  const { leniency } = vector.decoded;
  if (vector.kind === 'quirk' && typeof leniency === 'string' && leniency !== SEEN_BY_SESSIONS_ONLY && !result.leniencies.includes(leniency))
    return `must report the leniency ${leniency}, and reports ${result.leniencies.join(', ') || 'none'}`;
  return memberFault(vector, result.value);
}

/** @returns why the encoder does not agree with the vector; undefined when it does, or none is asked for */
export function encodeFault(vector: Vector, mapping: FormMapping): string | undefined {
  if (!vector.encode) return undefined;
  if (mapping.encode === undefined) return `encode: the form ${vector.form} of ${vector.protocol} has no encoder`;
  const result = mapping.encode(vector.decoded, vector.context);
  if (result.kind === 'bad') return `encode: refused, ${result.error.code}: ${result.error.rule} (got ${result.error.got})`;
  const made = toHex(result.octets);
  const wanted = toHex(vector.octets);
  if (made === wanted) return undefined;
  const at = [...wanted].findIndex((digit, index) => made[index] !== digit);
  return `encode: octet ${Math.floor((at < 0 ? wanted.length : at) / 2)} differs: expected ${wanted}, got ${made}`;
}

/** A result of a part of the octets is no result of the octets, nor is a good frame around an APDU that was refused. */
function isWhole(result: Presented, length: number): boolean {
  return result.kind === 'good' && (result.consumed ?? length) === length && result.value.apduError === undefined;
}

function told(result: Presented): string {
  if (result.kind !== 'bad') return result.kind === 'good' ? 'a result' : 'incomplete';
  const { code, offset, rule, got } = result.error;
  return `refused: ${code} at octet ${offset}: ${rule} (got ${got})`;
}

function memberFault(vector: Vector, result: JsonObject): string | undefined {
  const skipped = NOT_COMPARED[vector.protocol]?.[vector.form] ?? [];
  const compared = Object.fromEntries(Object.entries(vector.decoded).filter(([name]) => !NEVER_AT_TOP.has(name) && !skipped.includes(name)));
  return difference(compared, result, '');
}

/** The first difference, as text with its path. */
export function difference(expected: Json, actual: Json | undefined, path: string): string | undefined {
  if (expected === null) return actual === null || actual === undefined ? undefined : differs(path, expected, actual);
  if (Array.isArray(expected)) return listDifference(expected, actual, path);
  if (!isObject(expected)) return expected === actual ? undefined : differs(path, expected, actual);
  if (!isObject(actual)) return differs(path, expected, actual);
  for (const [name, value] of Object.entries(expected)) {
    if (NEVER.has(name)) continue;
    const found = difference(value, Object.hasOwn(actual, name) ? actual[name] : undefined, path === '' ? name : `${path}.${name}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

function listDifference(expected: readonly Json[], actual: Json | undefined, path: string): string | undefined {
  if (!Array.isArray(actual)) return differs(path, expected, actual);
  const list = actual as readonly Json[];
  if (list.length !== expected.length) return `${path}: expected ${expected.length} elements, got ${list.length}`;
  for (const [index, value] of expected.entries()) {
    const found = difference(value, list[index], `${path}[${index}]`);
    if (found !== undefined) return found;
  }
  return undefined;
}

function differs(path: string, expected: Json, actual: Json | undefined): string {
  return `${path}: expected ${shown(expected)}, got ${shown(actual)}`;
}

const MOST_SHOWN = 200;

function shown(value: Json | undefined): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length <= MOST_SHOWN ? text : `${text.slice(0, MOST_SHOWN)}…`;
}
