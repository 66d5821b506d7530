/**
 * Compact arrays: one description, then the contents of all elements without tags (Green Book, Data; TypeDescription).
 *
 * ```
 *   13 | description               | length | contents
 *   13 | 02 02 06 11               | 0A     | 00000001 07 00000002 08      structures of a double-long-unsigned and an unsigned
 *
 *   description:  tag                               a simple type
 *                 01 count(2) description           array of `count`, known in advance
 *                 02 n description*n                structure
 * ```
 */
import { type CodecError, type Encoded, Reader, Writer } from '../common/index.ts';
import { type DataBudget, DEEPEST } from './budget.ts';
import { readContent } from './read-content.ts';
import { DATA_TAGS, type DataType, type DataValue, type TypeDescription } from './types.ts';
import { writeContent } from './write-content.ts';

type CompactArray = Extract<DataValue, { readonly type: 'compact-array' }>;
type SimpleType = Exclude<DataType, 'array' | 'structure' | 'compact-array'>;

const CONTAINERS: ReadonlySet<string> = new Set(['array', 'structure', 'compact-array']);
const SIMPLE_BY_TAG = new Map<number, SimpleType>();
for (const [type, tag] of Object.entries(DATA_TAGS)) if (!CONTAINERS.has(type)) SIMPLE_BY_TAG.set(tag, type as SimpleType);

const NULL_DESCRIPTION: TypeDescription = { type: 'null-data' };

/** After the tag 13. */
export function readCompactArray(reader: Reader, budget: DataBudget, depth: number): DataValue {
  const element = readDescription(reader, budget, depth + 1);
  const offset = reader.at;
  const length = reader.length('compact-array: length of the contents');
  if (depth > budget.maxDepth) reader.fail('too_deep', `data: at most ${budget.maxDepth} containers inside each other`, depth, offset);
  if (length > budget.maxOctets) reader.fail('too_large', `compact-array: at most ${budget.maxOctets} octets`, length, offset);
  const from = reader.at;
  const contents = reader.view(length);
  const items: DataValue[] = [];
  if (reader.failed) return { type: 'compact-array', element, contents, items };
  const inner = new Reader(reader.octets, from, reader.at);
  while (inner.at < inner.end && !inner.failed) {
    const start = inner.at;
    items.push(readElement(inner, element, budget));
    if (inner.at === start) inner.fail('bad_length', 'compact-array: no contents where an element takes no octets', length, offset);
  }
  if (inner.needs !== 0) reader.fail('bad_length', 'compact-array: contents of whole elements', `${length} octets`, offset);
  const { error } = inner;
  if (error !== undefined) reader.fail(error.code, error.rule, error.got, error.offset);
  return { type: 'compact-array', element, contents, items };
}

export function readDescription(reader: Reader, budget: DataBudget, depth: number): TypeDescription {
  const offset = reader.at;
  const tag = reader.u8();
  if ((tag === 0x01 || tag === 0x02) && depth > budget.maxDepth) {
    reader.fail('too_deep', `data: at most ${budget.maxDepth} containers inside each other`, depth, offset);
  }
  if (--budget.elementsLeft < 0) reader.fail('too_many', 'data: at most `maxElements` values', '', offset);
  if (reader.failed) return NULL_DESCRIPTION;
  if (tag === 0x01) {
    const count = reader.u16();
    return { type: 'array', count, element: readDescription(reader, budget, depth + 1) };
  }
  if (tag === 0x02) {
    const count = reader.length('type description: count of members');
    const members: TypeDescription[] = [];
    if (!reader.has(count)) return NULL_DESCRIPTION;
    for (let index = 0; index < count && !reader.failed; index++) members.push(readDescription(reader, budget, depth + 1));
    return { type: 'structure', members };
  }
  const type = SIMPLE_BY_TAG.get(tag);
  if (type !== undefined) return { type };
  reader.fail('unknown_tag', 'type description: a tag of the COSEM data types, no compact array', tag, offset);
  return NULL_DESCRIPTION;
}

/** The description bounds the depth; the budget bounds the values, since those without octets cost only that. */
function readElement(reader: Reader, description: TypeDescription, budget: DataBudget): DataValue {
  if (--budget.elementsLeft < 0) reader.fail('too_many', 'data: at most `maxElements` values');
  switch (description.type) {
    case 'array': {
      const items: DataValue[] = [];
      for (let index = 0; index < description.count && !reader.failed; index++) items.push(readElement(reader, description.element, budget));
      return { type: 'array', items };
    }
    case 'structure': {
      const items: DataValue[] = [];
      for (const member of description.members) {
        if (reader.failed) break;
        items.push(readElement(reader, member, budget));
      }
      return { type: 'structure', items };
    }
    default:
      return readContent(reader, DATA_TAGS[description.type], budget);
  }
}

/** A compact array of items that fit the description; its contents are made from them. */
export function compactArray(
  element: TypeDescription,
  items: readonly DataValue[],
): { readonly kind: 'good'; readonly value: CompactArray } | { readonly kind: 'bad'; readonly error: CodecError } {
  const contents = contentsOf(element, items);
  return contents.kind === 'bad' ? contents : { kind: 'good', value: { type: 'compact-array', element, contents: contents.octets, items } };
}

/** Description and contents, after the tag. `contents` is not looked at: the items say what is written. */
export function writeCompactArray(writer: Writer, { element, items }: CompactArray): void {
  writeDescription(writer, element, 1);
  const contents = contentsOf(element, items);
  if (contents.kind === 'bad') writer.failWith(contents.error);
  else writer.size(contents.octets.length).put(contents.octets);
}

function contentsOf(element: TypeDescription, items: readonly DataValue[]): Encoded {
  const writer = new Writer();
  for (const item of items) {
    if (writer.failed) break;
    const before = writer.length;
    writeElement(writer, element, item, 1);
    if (writer.length === before) writer.fail('compact-array: elements of at least one octet', element.type);
  }
  return writer.finish();
}

function writeDescription(writer: Writer, description: TypeDescription, depth: number): void {
  if (depth > DEEPEST) writer.fail(`type description: at most ${DEEPEST} containers inside each other`, depth);
  if (writer.failed) return;
  switch (description.type) {
    case 'array':
      writer.u8(0x01).u16(writer.bounded('type description: count of an array', description.count, 0, 0xffff));
      writeDescription(writer, description.element, depth + 1);
      return;
    case 'structure':
      writer.u8(0x02).size(description.members.length);
      for (const member of description.members) writeDescription(writer, member, depth + 1);
      return;
    default:
      writer.u8(DATA_TAGS[description.type]);
  }
}

function writeElement(writer: Writer, description: TypeDescription, value: DataValue, depth: number): void {
  if (depth > DEEPEST) writer.fail(`compact-array: at most ${DEEPEST} containers inside each other`, depth);
  if (writer.failed) return;
  if (value.type !== description.type) {
    writer.fail(`compact-array: an element as its description says, ${description.type}`, value.type);
    return;
  }
  if (description.type === 'array' && value.type === 'array') {
    if (value.items.length !== description.count) writer.fail(`compact-array: ${description.count} elements in the array`, value.items.length);
    else for (const item of value.items) writeElement(writer, description.element, item, depth + 1);
    return;
  }
  if (description.type === 'structure' && value.type === 'structure') {
    if (value.items.length !== description.members.length) {
      writer.fail(`compact-array: ${description.members.length} members in the structure`, value.items.length);
      return;
    }
    for (const [index, member] of description.members.entries()) {
      const item = value.items[index];
      if (item !== undefined) writeElement(writer, member, item, depth + 1);
    }
    return;
  }
  writeContent(writer, value);
}
