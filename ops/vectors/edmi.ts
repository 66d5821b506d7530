/** The table of `edmi`: frames with their commands, and wake-up signals. */
import { civilText, codecError, type Encoded, errorOf, parseCivilText, toHex } from '../../workers/codec/common/index.ts';
import {
  canName,
  decodeEdmiClock,
  decodeEdmiCommand,
  decodeEdmiDate,
  decodeEdmiFrame,
  decodeEdmiText,
  decodeEdmiTime,
  decodeEdmiWake,
  EDMI_REGISTERS,
  EDMI_WAKES,
  type EdmiAddress,
  type EdmiCommand,
  encodeEdmiClock,
  encodeEdmiCommand,
  encodeEdmiFrame,
  encodeEdmiText,
  encodeEdmiWake,
} from '../../workers/codec/edmi/index.ts';
import type { FormMapping, JsonObject, Presented, Protocol, VectorContext } from './mapping.ts';
import { hexOctets, Members } from './members.ts';

const KINDS = [
  'ack',
  'logout',
  'can',
  'login',
  'read',
  'read-extended',
  'read-reply',
  'read-extended-reply',
  'write',
  'write-extended',
  'multi-read',
  'data-type',
  'data-type-reply',
  'unit',
  'unit-reply',
  'file',
] as const;
/** The multi-read's reply is shown as the reply of the register that stands for several. */
const MULTI_REGISTER = '0000FFF1';

const frame: FormMapping = {
  decode(octets, context) {
    const decoded = decodeEdmiFrame(octets);
    if (decoded.kind === 'incomplete') return decoded;
    if (decoded.kind === 'bad') return decoded;
    const { extended, body, command, crc } = decoded.value;
    const meaning = decodeEdmiCommand(command, { ...strictness(context), ...direction(context) });
    if (meaning.kind !== 'good') return { kind: 'bad', error: errorOf(meaning, command.length) };
    const value: JsonObject = {
      body: toHex(body),
      crc: hexNumber(crc, 2),
      extended: extended === null ? null : { destination: extended.destination, source: extended.source, sequence: hexNumber(extended.sequence, 2) },
      commandHex: toHex(command),
      ...presentCommand(meaning.value),
    };
    return { kind: 'good', value, leniencies: [...decoded.leniencies, ...meaning.leniencies], consumed: decoded.consumed };
  },

  encode(decoded) {
    const members = new Members(decoded);
    const command = encodeCommand(members);
    return command.kind === 'bad' ? command : encodeEdmiFrame(command.octets, extendedOf(members));
  },
};

const wake: FormMapping = {
  decode(octets): Presented {
    const found = decodeEdmiWake(octets);
    if (found !== undefined) return { kind: 'good', value: { wake: found }, leniencies: [] };
    const error = codecError('unexpected_octet', 0, 'wake: /?! CR LF, 02 03 or 1B', toHex(octets.subarray(0, 8)));
    return octets.length === 0 ? { kind: 'incomplete' } : { kind: 'bad', error };
  },

  encode: (decoded) => ({ kind: 'good', octets: encodeEdmiWake(new Members(decoded).oneOf('wake', EDMI_WAKES)) }),
};

const strictness = ({ strict }: VectorContext) => (strict === undefined ? {} : { strict });

function direction(context: VectorContext): { direction?: 'request' | 'reply' } {
  if (context.direction === 'client->meter') return { direction: 'request' };
  return context.direction === 'meter->client' ? { direction: 'reply' } : {};
}

const hexNumber = (value: number, octets: number): string =>
  value
    .toString(16)
    .toUpperCase()
    .padStart(octets * 2, '0');

function presentCommand(command: EdmiCommand): JsonObject {
  switch (command.kind) {
    case 'ack':
    case 'logout':
      return { command: command.kind };
    case 'can':
      return { command: 'can', errorCode: command.errorCode, error: canName(command.errorCode) };
    case 'login':
      return { command: 'login', user: command.user, password: command.password };
    case 'multi-read':
      return { command: 'multi-read', registers: command.registers.map((register) => hexNumber(register, 4)) };
    case 'multi-read-reply':
      return { command: 'read-extended-reply', register: MULTI_REGISTER, data: toHex(command.data) };
    case 'file':
      return { command: 'file', payload: toHex(command.payload) };
    default: {
      const head = { command: command.kind, register: hexNumber(command.register, command.kind.includes('extended') ? 4 : 2) };
      if (!('data' in command)) return head;
      return { ...head, data: toHex(command.data), ...(isValue(command.kind) ? presentValue(command.register, command.data) : {}) };
    }
  }
}

const isValue = (kind: string): boolean => !kind.startsWith('data-type') && !kind.startsWith('unit');

/** What the data of a well-known register say; nothing where they do not fit it. */
function presentValue(register: number, data: Uint8Array): JsonObject {
  switch (register) {
    case EDMI_REGISTERS.clock:
    case EDMI_REGISTERS.localClock: {
      const clock = decodeEdmiClock(data);
      return clock.kind === 'good' ? { clock: civilText(clock.value) } : {};
    }
    case EDMI_REGISTERS.date: {
      const date = decodeEdmiDate(data);
      return date.kind === 'good' ? { date: civilText({ ...date.value, hour: 0, minute: 0, second: 0 }).slice(0, 10) } : {};
    }
    case EDMI_REGISTERS.time: {
      const time = decodeEdmiTime(data);
      return time.kind === 'good' ? { time: civilText({ year: 0, month: 1, day: 1, ...time.value }).slice(11) } : {};
    }
    case EDMI_REGISTERS.model:
    case EDMI_REGISTERS.equipmentType:
    case EDMI_REGISTERS.serialNumber:
    case EDMI_REGISTERS.softwareVersion: {
      const text = decodeEdmiText(data);
      return text.kind === 'good' ? { text: text.value } : {};
    }
    default:
      return {};
  }
}

function extendedOf(members: Members): EdmiAddress | null {
  if (!members.has('extended')) return null;
  const extended = members.object('extended');
  return { destination: extended.int('destination'), source: extended.int('source'), sequence: numberOf(extended, 'sequence', 2) };
}

function encodeCommand(members: Members): Encoded {
  const kind = members.oneOf('command', KINDS);
  switch (kind) {
    case 'ack':
    case 'logout':
      return encodeEdmiCommand({ kind });
    case 'can':
      return encodeEdmiCommand({ kind, errorCode: members.intOrNull('errorCode') });
    case 'login':
      return encodeEdmiCommand({ kind, user: members.has('user') ? members.text('user') : null, password: members.text('password') });
    case 'multi-read': {
      const registers = members.list('registers', (value, path) => numeral(hexOctets(value, path)));
      return encodeEdmiCommand({ kind, registers });
    }
    case 'file':
      return encodeEdmiCommand({ kind, payload: members.hex('payload') });
    case 'read':
    case 'read-extended':
    case 'data-type':
    case 'unit':
      return encodeEdmiCommand({ kind, register: numberOf(members, 'register', kind === 'read-extended' ? 4 : 2) });
    default: {
      const data = encodeValue(members);
      if (data.kind === 'bad') return data;
      if (kind === 'read-extended-reply' && members.text('register') === MULTI_REGISTER)
        return encodeEdmiCommand({ kind: 'multi-read-reply', data: data.octets });
      return encodeEdmiCommand({ kind, register: numberOf(members, 'register', kind.includes('extended') ? 4 : 2), data: data.octets });
    }
  }
}

/** The deepest of `clock`, `text` and `data`. */
function encodeValue(members: Members): Encoded {
  if (members.has('clock')) {
    const time = parseCivilText(members.text('clock'));
    if (time === undefined) throw members.wrong('clock', 'must be YYYY-MM-DDThh:mm:ss');
    return encodeEdmiClock(time);
  }
  return members.has('text') ? encodeEdmiText(members.text('text')) : { kind: 'good', octets: members.hex('data') };
}

function numberOf(members: Members, name: string, octets: number): number {
  const value = members.hex(name);
  if (value.length !== octets) throw members.wrong(name, `must be ${octets} octets of hex`);
  return numeral(value);
}

const numeral = (octets: Uint8Array): number => octets.reduce((value, octet) => value * 256 + octet, 0);

export const edmi: Protocol = {
  name: 'edmi',
  forms: { frame, wake },
  formOf: (octets) => (decodeEdmiWake(octets) === undefined ? 'frame' : 'wake'),
  recognise(octets) {
    const signal = decodeEdmiWake(octets);
    // `/?!` CR LF opens IEC 62056-21 as well, so that protocol has the better claim.
    if (signal !== undefined) return signal === 'iec-request' ? 0.1 : 0.5;
    const decoded = decodeEdmiFrame(octets);
    if (decoded.kind !== 'good') return 0;
    return decoded.consumed === octets.length ? 1 : 0.5;
  },
};
