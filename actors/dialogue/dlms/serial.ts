/** The serial number as a meter gives it (meter-protocols 6.4, 6.5). */
import type { DataValue } from '../../../workers/codec/data/index.ts';
import { toHex } from '../../../workers/codec/index.ts';
import { DialogueError } from '../dialogue.ts';

/** Text without blanks and NULs at the ends; numbers in decimal; octets that are no text in hex. @throws DialogueError `meter` */
export function serialOf(value: DataValue): string {
  switch (value.type) {
    case 'octet-string':
    case 'visible-string':
    case 'utf8-string':
      return textOf(value.octets);
    case 'double-long':
    case 'double-long-unsigned':
    case 'long':
    case 'long-unsigned':
    case 'unsigned':
    case 'integer':
    case 'long64':
    case 'long64-unsigned':
      return String(value.value);
    default:
      throw new DialogueError('meter', `serial number: text or a number, not ${value.type}`);
  }
}

function textOf(octets: Uint8Array): string {
  let from = 0;
  let to = octets.length;
  while (from < to && isBlank(octets[from])) from++;
  while (to > from && isBlank(octets[to - 1])) to--;
  const inner = octets.subarray(from, to);
  const isText = inner.every((octet) => octet >= 0x20 && octet < 0x7f);
  return isText ? String.fromCharCode(...inner.subarray(0, 64)) : toHex(inner.subarray(0, 64));
}

const isBlank = (octet: number | undefined): boolean => octet === 0x20 || octet === 0;
