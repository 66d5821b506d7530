/** Members of one telegram, common to the files of IEC 62056-21. */
import { type Encoded, hexOctet } from '../../../workers/codec/common/index.ts';
import {
  baudOf,
  type DataSet,
  dataSetText,
  decodeTelegram,
  encodeTelegram,
  errorText,
  isFast,
  modeOf,
  readDataSets,
  type Telegram,
  type TelegramOptions,
  type Terminator,
} from '../../../workers/codec/iec62056-21/index.ts';
import type { Json, JsonObject, Presented, VectorContext } from '../mapping.ts';
import { Members } from '../members.ts';

/** The line carries eight bits, the characters seven and parity. */
export const evenParityOf = (context: VectorContext): boolean => context.given?.evenParity === true;

export function telegramOptions(context: VectorContext): TelegramOptions {
  return {
    ...(context.strict === undefined ? {} : { strict: context.strict }),
    parity: evenParityOf(context) ? 'even' : 'strip',
    acks: context.direction === 'meter->client' ? 'alone' : 'either',
  };
}

/** Members that a file adds to a telegram. */
export type MoreMembers = (telegram: Telegram, sets: readonly DataSet[], context: VectorContext) => JsonObject;

export function decodeTelegramForm(octets: Uint8Array, context: VectorContext, more: MoreMembers): Presented {
  const outcome = decodeTelegram(octets, telegramOptions(context));
  if (outcome.kind === 'incomplete') return { kind: 'incomplete' };
  if (outcome.kind === 'bad') return outcome;
  const telegram = outcome.value;
  const sets = readDataSets(dataOf(telegram) ?? '').toArray();
  const value = { ...presentTelegram(telegram, sets), ...more(telegram, sets, context) };
  return { kind: 'good', value, leniencies: outcome.leniencies, consumed: outcome.consumed };
}

/** The text between STX and the end; null where the telegram has none. */
export function dataOf(telegram: Telegram): string | null {
  if (telegram.type === 'error') return errorText(telegram);
  return 'data' in telegram ? telegram.data : null;
}

export const presentSets = (sets: Iterable<DataSet>): Json[] => Array.from(sets, ({ address, value, unit }) => ({ address, value, unit }));

function presentTelegram(telegram: Telegram, sets: readonly DataSet[]): JsonObject {
  const checked = (terminator: Terminator, bcc: number | undefined) => ({
    data: dataOf(telegram),
    dataSets: presentSets(sets),
    terminator,
    bcc: hexOctet(bcc ?? 0),
  });
  switch (telegram.type) {
    case 'request':
      return { telegram: telegram.type, deviceAddress: telegram.deviceAddress };
    case 'identification': {
      const { manufacturer, baudChar, enhanced, identification } = telegram;
      const fastReaction = isFast(telegram);
      return {
        telegram: telegram.type,
        manufacturer,
        fastReaction,
        baudChar,
        iecMode: modeOf(baudChar, enhanced),
        baud: baudOf(baudChar),
        enhanced,
        identification,
      };
    }
    case 'ack-option-select': {
      const { protocolChar, baudChar, optionChar } = telegram;
      return { telegram: telegram.type, protocolChar, baudChar, optionChar, baud: baudOf(baudChar) };
    }
    case 'command':
      return { telegram: telegram.type, command: telegram.command, ...checked(telegram.terminator, telegram.bcc) };
    case 'break':
      return { telegram: telegram.type, command: 'B0', ...checked('ETX', telegram.bcc) };
    case 'answer':
      return { telegram: telegram.type, ...checked(telegram.terminator, telegram.bcc) };
    case 'error':
      return { telegram: telegram.type, errorCode: telegram.errorCode, ...checked(telegram.terminator, telegram.bcc) };
    case 'lines':
      return { telegram: telegram.type, data: telegram.data, dataSets: presentSets(sets) };
    case 'ack':
    case 'nak':
      return { telegram: telegram.type };
  }
}

const TELEGRAMS = ['request', 'identification', 'ack-option-select', 'command', 'break', 'answer', 'error', 'ack', 'nak'] as const;

/**
 * @param deeperData the data as a file's own members give it; undefined where they give none
 * @param deeperIdentification the same for the text of an identification
 */
export function encodeTelegramForm(
  decoded: JsonObject,
  context: VectorContext,
  deeperData: (members: Members) => string | Encoded | undefined,
  deeperIdentification: (members: Members) => string | undefined = () => undefined,
): Encoded {
  const members = new Members(decoded);
  const options = { evenParity: evenParityOf(context) || Members.of(decoded.given ?? {}, 'given').raw('evenParity') === true };
  const type = members.oneOf('telegram', TELEGRAMS);
  const deeper = deeperData(members);
  if (typeof deeper === 'object') return deeper;
  switch (type) {
    case 'request':
      return encodeTelegram({ type, deviceAddress: members.text('deviceAddress') }, options);
    case 'identification': {
      const enhanced = members.has('enhanced') ? members.list('enhanced', textElement(members, 'enhanced')) : [];
      const identification = deeperIdentification(members) ?? members.text('identification');
      return encodeTelegram({ type, manufacturer: members.text('manufacturer'), baudChar: members.text('baudChar'), enhanced, identification }, options);
    }
    case 'ack-option-select': {
      const [protocolChar, baudChar, optionChar] = [members.text('protocolChar'), members.text('baudChar'), members.text('optionChar')];
      return encodeTelegram({ type, protocolChar, baudChar, optionChar }, options);
    }
    case 'command':
    case 'answer':
    case 'error': {
      const data = deeper ?? flatData(members);
      if (typeof data === 'object' && data !== null) return data;
      const terminator = members.has('terminator') ? members.oneOf('terminator', ['ETX', 'EOT']) : 'ETX';
      if (type === 'command') return encodeTelegram({ type, command: members.text('command'), data, terminator }, options);
      return encodeTelegram({ type: 'answer', data: data ?? '', terminator }, options);
    }
    case 'break':
    case 'ack':
    case 'nak':
      return encodeTelegram({ type }, options);
  }
}

/** From `data` where it is there, else from `errorCode`, else from `dataSets`. */
function flatData(members: Members): string | null | Encoded {
  if (members.raw('data') === null) return null;
  if (members.has('data')) return members.text('data');
  if (members.has('errorCode')) return `(${members.text('errorCode')})`;
  const made = dataSetText(members.list('dataSets', dataSetOf));
  return made.kind === 'good' ? made.text : made;
}

function dataSetOf(value: Json, path: string): DataSet {
  const members = Members.of(value, path);
  const optional = (name: string): string | null => (members.has(name) ? members.text(name) : null);
  return { address: optional('address'), value: members.text('value'), unit: optional('unit') };
}

function textElement(members: Members, name: string): (value: Json) => string {
  return (value) => {
    if (typeof value !== 'string') throw members.wrong(name, 'must be a list of text');
    return value;
  };
}

/** Text of an encoder that makes ASCII. */
export function asciiText(outcome: Encoded): string | Encoded {
  return outcome.kind === 'good' ? String.fromCharCode(...outcome.octets) : outcome;
}
