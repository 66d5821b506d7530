/** Reads an AT command line as a Hayes modem does. */

export type AtCommand =
  | { readonly kind: 'dial'; readonly number: string }
  | { readonly kind: 'hang-up' }
  | { readonly kind: 'online' }
  | { readonly kind: 'reset' }
  | { readonly kind: 'echo'; readonly on: boolean }
  | { readonly kind: 'verbose'; readonly on: boolean }
  | { readonly kind: 'quiet'; readonly on: boolean }
  | { readonly kind: 'register'; readonly index: number; readonly value: number }
  /** Understood and without effect here. */
  | { readonly kind: 'nothing' };

const BASIC = /^(?:([&%\\]?)([A-Z])([0-9]*))/;
const REGISTER = /^S([0-9]{1,3})=([0-9]{1,3})/;
/** Extended commands that are let pass. */
const EXTENDED = /^\+(?:CBST=[0-9,]+|IPR=[0-9]+|CMEE=[0-2]|CRC=[01])(?:;|$)/;
const HARMLESS = 'BLMNPTWXY';

/** The commands of a line without its CR; null when the modem would say ERROR. A line without AT is undefined: it is ignored. */
export function parseAtLine(line: string): readonly AtCommand[] | null | undefined {
  const text = line.toUpperCase().replaceAll(' ', '');
  const start = text.indexOf('AT');
  if (start < 0) return undefined;
  let rest = text.slice(start + 2);
  const commands: AtCommand[] = [];
  while (rest !== '') {
    if (rest.startsWith('D')) {
      const number = rest.slice(1).replaceAll(/[^0-9+]/g, '');
      return number === '' ? null : [...commands, { kind: 'dial', number }];
    }
    const extended = EXTENDED.exec(rest);
    const register = REGISTER.exec(rest);
    const basic = BASIC.exec(rest);
    if (extended !== null) {
      commands.push({ kind: 'nothing' });
      rest = rest.slice(extended[0].length);
    } else if (register !== null) {
      commands.push({ kind: 'register', index: Number(register[1]), value: Number(register[2]) });
      rest = rest.slice(register[0].length);
    } else if (basic !== null) {
      const command = basicCommand(basic[1] ?? '', basic[2] ?? '', basic[3] === '' ? 0 : Number(basic[3]));
      if (command === null) return null;
      commands.push(command);
      rest = rest.slice(basic[0].length);
    } else return null;
  }
  return commands;
}

function basicCommand(prefix: string, letter: string, value: number): AtCommand | null {
  if (prefix === '&') return letter === 'F' ? { kind: 'reset' } : { kind: 'nothing' };
  if (prefix !== '') return { kind: 'nothing' };
  switch (letter) {
    case 'H':
      return value === 0 ? { kind: 'hang-up' } : { kind: 'nothing' };
    case 'O':
      return { kind: 'online' };
    case 'Z':
      return { kind: 'reset' };
    case 'E':
      return { kind: 'echo', on: value === 1 };
    case 'V':
      return { kind: 'verbose', on: value === 1 };
    case 'Q':
      return { kind: 'quiet', on: value === 1 };
    default:
      return HARMLESS.includes(letter) ? { kind: 'nothing' } : null;
  }
}
