/** Telegrams to octets (IEC 62056-21, clause 6; meter-protocols 4.1, 4.2). */
import { type Encoded, encoded, unencodable } from '../common/index.ts';
import { bccOf, octetsOf, putEvenParity } from './octets.ts';
import {
  type CommandTelegram,
  errorText,
  type IdentificationTelegram,
  MAX_DEVICE_ADDRESS,
  MAX_IDENTIFICATION,
  MAX_LINE,
  type Telegram,
  type Terminator,
} from './telegram.ts';

export interface EncodeOptions {
  /** Put even parity into bit 7, for a line of eight bits that carries 7E1. Default false. */
  readonly evenParity?: boolean;
}

/** Printable, and neither slash nor exclamation mark. */
const LINE_TEXT = /^[\x20-\x2e\x30-\x7e]*$/;
const PRINTABLE_PAIR = /^[\x20-\x7e]{2}$/;
const SELECT_CHAR = /^[\x21-\x2e\x30-\x7e]$/;

/**
 * The octets of a telegram. A `bcc` in it is not looked at: it is computed.
 *
 * A value that does not fit its field gives `bad_value` with the field's name.
 */
export function encodeTelegram(telegram: Telegram, options: EncodeOptions = {}): Encoded {
  const text = telegramText(telegram);
  if (typeof text !== 'string') return text;
  const octets = octetsOf(text);
  return encoded(options.evenParity === true ? putEvenParity(octets) : octets);
}

/** `R1` with `798001(10)` and the like: the usual command, ended by ETX. */
export function command(name: string, data: string | null = null, terminator: Terminator = 'ETX'): CommandTelegram {
  return { type: 'command', command: name, data, terminator };
}

type Refused = Extract<Encoded, { kind: 'bad' }>;

function telegramText(telegram: Telegram): string | Refused {
  switch (telegram.type) {
    case 'request': {
      const { deviceAddress } = telegram;
      if (deviceAddress.length > MAX_DEVICE_ADDRESS || !isLineText(deviceAddress)) {
        return unencodable(`deviceAddress: at most ${MAX_DEVICE_ADDRESS} printable characters without / and !`, deviceAddress);
      }
      return `/?${deviceAddress}!\r\n`;
    }
    case 'identification':
      return identificationText(telegram);
    case 'ack-option-select': {
      const { protocolChar, baudChar, optionChar } = telegram;
      const wrong = [protocolChar, baudChar, optionChar].find((char) => !SELECT_CHAR.test(char));
      if (wrong !== undefined) return unencodable('protocolChar, baudChar, optionChar: one printable character each', wrong);
      return `\x06${protocolChar}${baudChar}${optionChar}\r\n`;
    }
    case 'command': {
      if (!PRINTABLE_PAIR.test(telegram.command) || telegram.command.startsWith('/')) return unencodable('command: two printable characters', telegram.command);
      if (telegram.data === null) return checked('\x01', telegram.command, '', telegram.terminator);
      return checked('\x01', `${telegram.command}\x02`, telegram.data, telegram.terminator);
    }
    case 'break':
      return '\x01B0\x03q';
    case 'answer':
      return checked('\x02', '', telegram.data, telegram.terminator);
    case 'error': {
      if (!/^ER[^()]*$/.test(telegram.errorCode)) return unencodable('errorCode: begins with ER, no brackets', telegram.errorCode);
      return checked('\x02', '', errorText(telegram), telegram.terminator);
    }
    case 'lines':
      return isData(telegram.data) ? telegram.data : unencodable(DATA_RULE, telegram.data.length);
    case 'ack':
      return '\x06';
    case 'nak':
      return '\x15';
  }
}

const DATA_RULE = 'data: seven bits, no SOH, STX, ETX or EOT, and no line that begins with a slash';

/** Passwords go through here, so the error names only the length. */
function checked(start: string, head: string, data: string, terminator: Terminator): string | Refused {
  if (!isData(data)) return unencodable(DATA_RULE, `${data.length} characters`);
  const body = `${head}${data}${terminator === 'EOT' ? '\x04' : '\x03'}`;
  return `${start}${body}${String.fromCharCode(bccOf(octetsOf(body)))}`;
}

function identificationText(telegram: IdentificationTelegram): string | Refused {
  const { manufacturer, baudChar, enhanced, identification } = telegram;
  if (!/^[A-Za-z]{3}$/.test(manufacturer)) return unencodable('manufacturer: three letters', manufacturer);
  if (baudChar.length !== 1 || !isLineText(baudChar)) return unencodable('baudChar: one printable character', baudChar);
  const wrong = enhanced.find((char) => char.length !== 1 || !isLineText(char));
  if (wrong !== undefined) return unencodable('enhanced: one printable character each', wrong);
  if (identification.length > MAX_IDENTIFICATION || !isLineText(identification) || /^\\./.test(identification)) {
    return unencodable(`identification: at most ${MAX_IDENTIFICATION} printable characters without / and !, no pair at its start`, identification);
  }
  const line = `/${manufacturer}${baudChar}${enhanced.map((char) => `\\${char}`).join('')}${identification}\r\n`;
  return line.length > MAX_LINE ? unencodable(`identification: a line of at most ${MAX_LINE} octets`, line.length) : line;
}

const isLineText = (text: string): boolean => LINE_TEXT.test(text) && !text.includes('!');

/** The seven-bit rule of {@link DATA_RULE}. */
export function isData(data: string): boolean {
  let previous = 0;
  for (let index = 0; index < data.length; index++) {
    const code = data.charCodeAt(index);
    if (code > 0x7f || (code >= 1 && code <= 4)) return false;
    if (code === 0x2f && (previous < 0x20 || previous === 0x7f)) return false;
    previous = code;
  }
  return true;
}
