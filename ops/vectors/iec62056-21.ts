/** The tables of `iec62056-21.json`: telegrams, readouts and recordings that end too early. */
import { type Encoded, hexOctet } from '../../workers/codec/common/index.ts';
import {
  clockOfText,
  clockText,
  type DataSet,
  decodeReadout,
  decodeSeasonedTime,
  encodeReadout,
  encodeSeasonedTime,
  IecStream,
  splitPairs,
  type Telegram,
} from '../../workers/codec/iec62056-21/index.ts';
import { formOf, recognise } from './iec/recognise.ts';
import { asciiText, decodeTelegramForm, encodeTelegramForm, evenParityOf, presentSets, telegramOptions } from './iec/telegram.ts';
import type { JsonObject, Presented, Protocol, VectorContext } from './mapping.ts';
import { Members } from './members.ts';

const CLOCK_ADDRESS = '0.9.4';

function clockMembers(telegram: Telegram, sets: readonly DataSet[]): JsonObject {
  const set = telegram.type === 'answer' ? sets.find(({ address }) => address === CLOCK_ADDRESS) : undefined;
  const time = set === undefined ? undefined : decodeSeasonedTime(set.value);
  return time?.kind === 'good' ? { clock: clockText(time.value), season: time.value.season } : {};
}

/** The data of an answer that is the clock and nothing else. */
function clockData(members: Members): string | Encoded | undefined {
  if (!members.has('clock')) return undefined;
  const time = clockOfText(members.text('clock'));
  if (time === undefined) throw members.wrong('clock', 'must be YYYY-MM-DDThh:mm:ss');
  const season = members.int('season');
  if (season !== 0 && season !== 1 && season !== 2) throw members.wrong('season', 'must be 0, 1 or 2');
  if (members.has('data') && !/^0\.9\.4\(\d{13}\)$/.test(members.text('data'))) return undefined;
  const digits = asciiText(encodeSeasonedTime({ ...time, season }));
  return typeof digits === 'string' ? `${CLOCK_ADDRESS}(${digits})` : digits;
}

function decodeReadoutForm(octets: Uint8Array, context: VectorContext): Presented {
  const { strict, parity = 'strip' } = telegramOptions(context);
  const outcome = decodeReadout(octets, strict === undefined ? { parity } : { parity, strict });
  if (outcome.kind === 'incomplete') return { kind: 'incomplete' };
  if (outcome.kind === 'bad') return outcome;
  const { identification, text, dataSets, bcc } = outcome.value;
  const value: JsonObject = {
    manufacturer: identification?.manufacturer ?? null,
    baudChar: identification?.baudChar ?? null,
    enhanced: identification?.enhanced ?? [],
    identification: identification?.identification ?? null,
    dataSets: presentSets(dataSets),
    endMark: dataSets.endMark,
    bcc: bcc === null ? null : hexOctet(bcc),
    data: text,
  };
  return { kind: 'good', value, leniencies: outcome.leniencies, consumed: outcome.consumed };
}

function encodeReadoutForm(decoded: JsonObject, context: VectorContext): Encoded {
  const members = new Members(decoded);
  const identification = members.has('manufacturer')
    ? ({
        type: 'identification',
        manufacturer: members.text('manufacturer'),
        baudChar: members.text('baudChar'),
        ...splitPairs(members.text('identification')),
      } as const)
    : null;
  return encodeReadout({ identification, text: members.text('data'), framed: members.has('bcc') }, { evenParity: evenParityOf(context) });
}

/** Incomplete where the last telegram of the octets is, and where more must follow it: data behind an identification, blocks behind an EOT. */
function decodePartialForm(octets: Uint8Array, context: VectorContext): Presented {
  const stream = new IecStream({ ...telegramOptions(context), lines: true });
  stream.push(octets);
  let promises = octets.length === 0;
  for (let event = stream.next(); event !== undefined; event = stream.next()) {
    if (event.kind === 'bad') return { kind: 'bad', error: event.error };
    if (event.kind === 'frame') promises = event.frame.type === 'identification' || ('terminator' in event.frame && event.frame.terminator === 'EOT');
  }
  return promises || stream.buffered > 0 ? { kind: 'incomplete' } : { kind: 'good', value: {}, leniencies: [], consumed: octets.length };
}

export const iec62056: Protocol = {
  name: 'iec62056-21',
  forms: {
    telegram: {
      decode: (octets, context) => decodeTelegramForm(octets, context, clockMembers),
      encode: (decoded, context) => encodeTelegramForm(decoded, context, clockData),
    },
    readout: { decode: decodeReadoutForm, encode: encodeReadoutForm },
    partial: { decode: decodePartialForm },
  },
  formOf,
  recognise: (octets) => recognise(octets),
};
