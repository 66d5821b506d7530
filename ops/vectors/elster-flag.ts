/** The table of `elster-flag.json`: A1700, A1140 and AS230. */
import { type Encoded, fromHex, toHex } from '../../workers/codec/common/index.ts';
import {
  decodeAdjust,
  decodeElsterClock,
  decodeItemRead,
  decodeItemWrite,
  decodeSerialNumber,
  ELSTER_ITEMS,
  elsterErrorName,
  encodeAdjust,
  encodeElsterClock,
  itemAddress,
  itemAnswer,
  itemRead,
  itemWrite,
  joinElsterIdentification,
  type Made,
  passwordAnswer,
  seedOf,
  splitElsterIdentification,
} from '../../workers/codec/elster/index.ts';
import { type CommandTelegram, clockOfText, clockText, type DataSet, type Telegram } from '../../workers/codec/iec62056-21/index.ts';
import { recognise } from './iec/recognise.ts';
import { decodeTelegramForm, encodeTelegramForm } from './iec/telegram.ts';
import type { JsonObject, Protocol, VectorContext } from './mapping.ts';
import { hexOctets, type Members } from './members.ts';

function elsterMembers(telegram: Telegram, _sets: readonly DataSet[], context: VectorContext): JsonObject {
  switch (telegram.type) {
    case 'identification':
      return { ...splitElsterIdentification(telegram.identification) };
    case 'command':
      return commandMembers(telegram);
    case 'answer':
      return answerMembers(telegram.data, context.given?.dataId);
    case 'error': {
      const name = elsterErrorName(telegram.errorCode);
      return name === undefined ? {} : { errorName: name };
    }
    default:
      return {};
  }
}

function commandMembers({ command, data }: CommandTelegram): JsonObject {
  if (data === null) return {};
  if (command === 'P0') {
    const seed = seedOf(data);
    return seed === undefined ? {} : { seed: toHex(seed) };
  }
  if (command === 'R1') {
    const read = decodeItemRead(data);
    return read.kind === 'good' ? { ...read.value } : {};
  }
  if (command !== 'W1') return {};
  const write = decodeItemWrite(data);
  if (write.kind !== 'good') return {};
  const { dataId, packet, octets } = write.value;
  return { dataId, packet, value: toHex(octets), ...valueMembers(dataId, octets) };
}

function answerMembers(data: string, dataId: unknown): JsonObject {
  const digits = /^\(([0-9A-Fa-f]*)\)$/.exec(data)?.[1];
  if (digits === undefined) return {};
  const octets = fromHex(digits);
  return { value: digits, ...(octets === undefined || typeof dataId !== 'string' ? {} : valueMembers(dataId, octets)) };
}

function valueMembers(dataId: string, octets: Uint8Array): JsonObject {
  if (dataId === ELSTER_ITEMS.clock) {
    const time = decodeElsterClock(octets);
    return time.kind === 'good' ? { clock: clockText(time.value) } : {};
  }
  if (dataId === ELSTER_ITEMS.adjust) {
    const seconds = decodeAdjust(octets);
    return seconds.kind === 'good' ? { adjustSeconds: seconds.value } : {};
  }
  if (dataId === ELSTER_ITEMS.serialNumber) {
    const serialNumber = decodeSerialNumber(octets);
    return serialNumber.kind === 'good' ? { serialNumber: serialNumber.value } : {};
  }
  return {};
}

/** The data from the deepest members there are. */
function deeperData(members: Members): string | Encoded | undefined {
  if (members.raw('telegram') === 'answer') return members.has('value') ? `(${members.text('value')})` : undefined;
  if (members.raw('telegram') !== 'command') return undefined;
  const given = members.has('given') ? members.object('given') : undefined;
  const command = members.text('command');
  if (command === 'P0' && members.has('seed')) return itemAnswer(members.hex('seed'));
  if (command === 'P2' && given?.has('password') && given.has('seed')) {
    const answer = passwordAnswer(given.hex('seed'), given.text('password'));
    return answer.kind === 'good' ? `(${answer.value})` : answer;
  }
  if (!members.has('dataId')) return undefined;
  const [dataId, packet] = [members.text('dataId'), members.int('packet')];
  if (command === 'R1') return dataFrom(itemRead({ dataId, packet, length: members.int('length') }));
  if (command !== 'W1') return undefined;
  const octets = writtenOctets(members, dataId);
  return octets.kind === 'good' ? dataFrom(itemWrite({ dataId, packet, octets: octets.octets })) : octets;
}

const dataFrom = (made: Made<CommandTelegram>): string | Encoded => (made.kind === 'good' ? (made.value.data ?? '') : made);

function writtenOctets(members: Members, dataId: string): Encoded {
  if (dataId === ELSTER_ITEMS.clock && members.has('clock')) {
    const time = clockOfText(members.text('clock'));
    if (time === undefined) throw members.wrong('clock', 'must be YYYY-MM-DDThh:mm:ss');
    return encodeElsterClock(time);
  }
  if (dataId === ELSTER_ITEMS.adjust && members.has('adjustSeconds')) return encodeAdjust(members.int('adjustSeconds'));
  return { kind: 'good', octets: hexOctets(members.raw('value'), members.pathOf('value')) };
}

function identificationText(members: Members): string | undefined {
  if (!members.has('unit')) return undefined;
  const text = (name: string): string => members.text(name);
  const joined = joinElsterIdentification({
    unit: text('unit'),
    productRange: text('productRange'),
    deviceNumber: text('deviceNumber'),
    issue: text('issue'),
    tail: text('tail'),
  });
  if (joined.kind === 'bad') throw members.wrong('identification', joined.error.rule);
  return joined.value;
}

const KNOWN_IDS: ReadonlySet<string> = new Set(Object.values(ELSTER_ITEMS));

function isTypical(telegram: Telegram, sets: readonly DataSet[]): boolean {
  switch (telegram.type) {
    case 'identification':
      return telegram.manufacturer === 'GEC';
    case 'command':
      if (telegram.command === 'P0' || telegram.command === 'P2') return /^\([0-9A-F]{16}\)$/i.test(telegram.data ?? '');
      return KNOWN_IDS.has(itemAddress(sets[0]?.address ?? '')?.dataId ?? '');
    case 'error':
      return elsterErrorName(telegram.errorCode) !== undefined;
    default:
      return false;
  }
}

export const elsterFlag: Protocol = {
  name: 'elster-flag',
  forms: {
    telegram: {
      decode: (octets, context) => decodeTelegramForm(octets, context, elsterMembers),
      encode: (decoded, context) => encodeTelegramForm(decoded, context, deeperData, identificationText),
    },
  },
  formOf: () => 'telegram',
  recognise: (octets) => recognise(octets, isTypical),
};
