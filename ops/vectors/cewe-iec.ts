/** The table of `cewe-iec.json`: ProMeter W and R (six-digit ids) and the older ProMeter (four-digit registers). */
import {
  CEWE_MESSAGES,
  CEWE_REGISTERS,
  ceweErrorName,
  decodeCeweClock,
  decodeCeweDate,
  decodeCeweSlide,
  decodeCeweTime,
  encodeCeweClock,
  encodeCeweDate,
  encodeCeweSlide,
  encodeCeweTime,
  isMessageId,
} from '../../workers/codec/cewe/index.ts';
import type { Encoded } from '../../workers/codec/common/index.ts';
import { type CivilTime, clockOfText, clockText, type DataSet, dateText, type Telegram, timeText } from '../../workers/codec/iec62056-21/index.ts';
import { recognise } from './iec/recognise.ts';
import { asciiText, decodeTelegramForm, encodeTelegramForm } from './iec/telegram.ts';
import type { JsonObject, Protocol } from './mapping.ts';
import type { Members } from './members.ts';

const SOME_TIME: CivilTime = { year: 2000, month: 1, day: 1, hour: 0, minute: 0, second: 0 };

function ceweMembers(telegram: Telegram, sets: readonly DataSet[]): JsonObject {
  if (telegram.type === 'error') {
    const name = ceweErrorName(telegram.errorCode);
    return name === undefined ? {} : { errorName: name };
  }
  const messageId = sets[0]?.address;
  if ((telegram.type !== 'command' && telegram.type !== 'answer') || typeof messageId !== 'string' || !isMessageId(messageId)) return {};
  const content = sets.map(({ address, value }) => contentMembers(address ?? messageId, value));
  return Object.assign({ messageId }, ...content.reverse());
}

/** What the value of a message means; nothing where it is no such content, as in a read. */
function contentMembers(messageId: string, value: string): JsonObject {
  switch (messageId.toUpperCase()) {
    case CEWE_MESSAGES.clock: {
      const time = decodeCeweClock(value);
      return time.kind === 'good' ? { clock: clockText(time.value) } : {};
    }
    case CEWE_MESSAGES.slide: {
      const slide = decodeCeweSlide(value);
      return slide.kind === 'good' ? { slideSeconds: slide.value.seconds, slideRate: slide.value.rate } : {};
    }
    case CEWE_REGISTERS.date: {
      const date = decodeCeweDate(value);
      return date.kind === 'good' ? { date: dateText({ ...SOME_TIME, ...date.value }) } : {};
    }
    case CEWE_REGISTERS.time: {
      const time = decodeCeweTime(value);
      return time.kind === 'good' ? { time: timeText({ ...SOME_TIME, ...time.value }) } : {};
    }
    default:
      return {};
  }
}

/** The data from the content, where the message is that content and nothing else. */
function deeperData(members: Members): string | Encoded | undefined {
  if (!members.has('messageId')) return undefined;
  const messageId = members.text('messageId');
  if (members.has('data') && !new RegExp(`^${messageId.replace(/\W/g, '')}\\([^()*]*\\)$`).test(members.text('data'))) return undefined;
  const content = contentOf(members);
  if (content === undefined) return undefined;
  const value = asciiText(content);
  return typeof value === 'string' ? `${messageId}(${value})` : value;
}

function contentOf(members: Members): Encoded | undefined {
  if (members.has('clock')) return encodeCeweClock(timeMember(members, 'clock', ''));
  if (members.has('slideSeconds')) return encodeCeweSlide({ seconds: members.int('slideSeconds'), rate: members.int('slideRate') });
  if (members.has('date')) return encodeCeweDate(timeMember(members, 'date', 'T00:00:00'));
  if (members.has('time')) return encodeCeweTime(timeMember(members, 'time', ''));
  return undefined;
}

function timeMember(members: Members, name: 'clock' | 'date' | 'time', rest: string): CivilTime {
  const time = clockOfText(`${name === 'time' ? '2000-01-01T' : ''}${members.text(name)}${rest}`);
  if (time === undefined) throw members.wrong(name, 'must be a date and time as YYYY-MM-DD, hh:mm:ss or both with T between');
  return time;
}

const KNOWN_IDS: ReadonlySet<string> = new Set([...Object.values(CEWE_MESSAGES), ...Object.values(CEWE_REGISTERS)]);

function isTypical(telegram: Telegram, sets: readonly DataSet[]): boolean {
  if (telegram.type === 'error') return telegram.errorCode.startsWith('ER:');
  return (telegram.type === 'command' || telegram.type === 'answer') && KNOWN_IDS.has(sets[0]?.address ?? '');
}

export const ceweIec: Protocol = {
  name: 'cewe-iec',
  forms: {
    telegram: {
      decode: (octets, context) => decodeTelegramForm(octets, context, ceweMembers),
      encode: (decoded, context) => encodeTelegramForm(decoded, context, deeperData),
    },
  },
  formOf: () => 'telegram',
  recognise: (octets) => recognise(octets, isTypical),
};
