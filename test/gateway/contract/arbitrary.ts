/** Inputs made from the schemas of operations: such as they describe, and such with something wrong about them. */

import type { Operation, Parameter } from '../../../gateway/contract/operation.ts';
import fc, { type Arbitrary } from '../../support/fc.ts';
import type { Call } from './asking.ts';

/** The part of JSON Schema that our schemas use. */
interface Schema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
}

const MOST_CHARS = 60;
const MOST_ITEMS = 4;

/** Values that a schema describes. */
export function valid(schema: Schema): Arbitrary<unknown> {
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map(valid));
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if ('const' in schema) return fc.constant(schema.const);
  switch (schema.type) {
    case 'object':
      return objectOf(schema);
    case 'array':
      return fc.array(valid(schema.items ?? {}), { minLength: schema.minItems ?? 0, maxLength: Math.min(schema.maxItems ?? MOST_ITEMS, MOST_ITEMS) });
    case 'string':
      return textOf(schema);
    case 'integer':
      return fc.integer({ min: Math.ceil(schema.minimum ?? -1_000), max: Math.floor(schema.maximum ?? 1_000_000) });
    case 'number':
      return fc.double({ min: schema.minimum ?? (schema.exclusiveMinimum ?? -1_000) + 0.5, max: schema.maximum ?? 1_000_000, noNaN: true });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
}

function objectOf({ properties = {}, required = [] }: Schema): Arbitrary<unknown> {
  const members = Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, valid(schema)]));
  return fc.record(members, { requiredKeys: [...required] }).map((value) => ({ ...value }));
}

function textOf({ pattern, format, minLength = 0, maxLength = MOST_CHARS }: Schema): Arbitrary<string> {
  if (format === 'uuid') return fc.uuid();
  const fits = (text: string): boolean => text.length >= minLength && text.length <= maxLength;
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern), { size: 'small' }).filter(fits);
  return fc.string({ minLength, maxLength: Math.min(maxLength, MOST_CHARS) });
}

/** Values of a schema with one thing changed, and any JSON at all. */
function mutated(schema: Schema): Arbitrary<unknown> {
  const anything = fc.jsonValue({ maxDepth: 2 });
  const names = Object.keys(schema.properties ?? schema.anyOf?.flatMap((one) => Object.keys(one.properties ?? {})) ?? {});
  const changed = fc.tuple(valid(schema), fc.constantFrom('add', ...names), anything, fc.boolean()).map(([value, name, other, away]) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return other;
    const { [name]: _was, ...rest } = value as Record<string, unknown>;
    return away ? rest : { ...rest, [name]: other };
  });
  return fc.oneof({ weight: 4, arbitrary: changed }, { weight: 1, arbitrary: anything });
}

const PRINTABLE = /^[\x20-\x7e]*$/;

/** As it is written in a path, a query or a header. */
function written({ in: place, schema }: Parameter, wrong: boolean, known: string | undefined): Arbitrary<string> {
  const good = valid(schema as Schema).map(String);
  const fits = (text: string): boolean => PRINTABLE.test(text) && text === text.trim() && (place !== 'path' || (text !== '' && text !== '.' && text !== '..'));
  const of = (from: Arbitrary<string>): Arbitrary<string> => from.filter(fits);
  if (wrong) return of(fc.string({ unit: 'binary-ascii', minLength: place === 'path' ? 1 : 0, maxLength: 30 }));
  return known === undefined ? of(good) : fc.oneof({ weight: 3, arbitrary: fc.constant(known) }, { weight: 1, arbitrary: of(good) });
}

/** @param known values of examples: with them a call gets further than with such as are only well-formed */
export function callOf(operation: Operation, known: Readonly<Record<string, string>>, wrong: boolean): Arbitrary<Call> {
  const { parameters = [], body } = operation;
  const values = parameters.map((parameter): [string, Arbitrary<string | undefined>] => {
    const { name, in: place, required } = parameter;
    const one = written(parameter, wrong, known[name]);
    const always = place === 'path' || (required && !wrong);
    return [name, always ? one : fc.oneof(one, fc.constant(undefined))];
  });
  const json = body && (wrong ? fc.oneof(mutated(body.schema as Schema), valid(body.schema as Schema)) : valid(body.schema as Schema));
  const bytes = body?.mediaType === undefined ? json?.map((value) => JSON.stringify(value)) : fc.array(fc.string()).map((lines) => lines.join('\n'));
  return fc.record({
    parameters: fc.record(Object.fromEntries(values)),
    body: bytes === undefined ? fc.constant(undefined) : wrong ? fc.oneof({ weight: 5, arbitrary: bytes }, { weight: 1, arbitrary: fc.string() }) : bytes,
    headers: wrong
      ? fc.constantFrom<Readonly<Record<string, string>>>({}, {}, {}, { 'x-api-key': 'x', authorization: 'Bearer x' }, { 'content-type': 'text/plain' })
      : fc.constant({}),
  });
}
