/** Values to A-XDR octets (meter-protocols 5.6). A value that does not fit its type fails the writer; nothing is cut off. */
import { type Encoded, Writer } from '../common/index.ts';
import { DEEPEST } from './budget.ts';
import { writeCompactArray } from './compact-array.ts';
import { DATA_TAGS, type DataValue } from './types.ts';
import { writeContent } from './write-content.ts';

/** One tagged value. Lengths in their shortest form; a true boolean is 01. */
export function writeData(writer: Writer, value: DataValue): void {
  writeTagged(writer, value, 1);
}

export function encodeData(value: DataValue): Encoded {
  const writer = new Writer();
  writeData(writer, value);
  return writer.finish();
}

function writeTagged(writer: Writer, value: DataValue, depth: number): void {
  if (depth > DEEPEST) writer.fail(`data: at most ${DEEPEST} containers inside each other`, depth);
  if (writer.failed) return;
  writer.u8(DATA_TAGS[value.type]);
  switch (value.type) {
    case 'array':
    case 'structure':
      writer.size(value.items.length);
      for (const item of value.items) writeTagged(writer, item, depth + 1);
      return;
    case 'compact-array':
      writeCompactArray(writer, value);
      return;
    default:
      writeContent(writer, value);
  }
}
