/** The table of `emlite`: EMOP frames, and the bare values of objects. */
import { civilText, codecError, type Decoded, type Encoded, errorOf, parseCivilText, toHex } from '../../workers/codec/common/index.ts';
import {
  decodeEmliteClock,
  decodeEmliteData,
  decodeEmliteFrame,
  decodeEmliteNumber,
  decodeEmliteSignal,
  decodeEmliteText,
  EMLITE_NUMBERS,
  EMLITE_OBJECTS,
  type EmliteData,
  encodeEmliteClock,
  encodeEmliteData,
  encodeEmliteFrame,
  encodeEmliteNumber,
  encodeEmliteSignal,
  encodeEmliteText,
  resultName,
} from '../../workers/codec/emlite/index.ts';
import { type FormMapping, type JsonObject, MalformedVector, type Presented, type Protocol, type VectorContext } from './mapping.ts';
import { Members } from './members.ts';

const frame: FormMapping = {
  decode(octets) {
    const decoded = decodeEmliteFrame(octets);
    if (decoded.kind !== 'good') return decoded;
    const { length, destination, source, sequence, resultCode, data, crc } = decoded.value;
    const meaning = decodeEmliteData(data);
    if (meaning.kind !== 'good') return { kind: 'bad', error: errorOf(meaning, data.length) };
    const value: JsonObject = {
      length,
      destination: hexNumber(destination, 4),
      source: hexNumber(source, 4),
      control: hexNumber((resultCode << 3) | sequence, 1),
      sequence,
      resultCode,
      result: resultName(resultCode),
      ...presentData(meaning.value),
      crc: hexNumber(crc, 2),
    };
    return { kind: 'good', value, leniencies: decoded.leniencies, consumed: decoded.consumed };
  },

  encode(decoded) {
    const members = new Members(decoded);
    const data = encodeData(members);
    if (data.kind === 'bad') return data;
    const header = {
      destination: numberOf(members, 'destination', 4),
      source: numberOf(members, 'source', 4),
      sequence: members.int('sequence'),
      resultCode: members.int('resultCode'),
    };
    return encodeEmliteFrame(header, data.octets);
  },
};

const hexNumber = (value: number, octets: number): string =>
  value
    .toString(16)
    .toUpperCase()
    .padStart(octets * 2, '0');

function presentData(data: EmliteData): JsonObject {
  if (data.kind === 'none') return { format: null };
  if (data.kind !== 'object') return { format: data.format, payload: toHex(data.payload) };
  const { objectId, flag, payload } = data;
  return { format: 1, objectId: hexNumber(objectId, 3), flag, payload: toHex(payload), ...presentObject(objectId, payload) };
}

/** What the payload of a well-known object says; nothing where it does not fit it. */
function presentObject(objectId: number, payload: Uint8Array): JsonObject {
  if (payload.length === 0) return {};
  if (objectId === EMLITE_OBJECTS.serialNumber) {
    const text = decodeEmliteText(payload);
    return text.kind === 'good' ? { serialNumber: text.value } : {};
  }
  if (objectId !== EMLITE_OBJECTS.clock) return {};
  const clock = decodeEmliteClock(payload);
  return clock.kind === 'good' ? { clock: civilText(clock.value.time), dayByte: clock.value.dayOctet } : {};
}

function encodeData(members: Members): Encoded {
  if (!members.has('format')) return encodeEmliteData({ kind: 'none' });
  const format = members.int('format');
  const payload = encodePayload(members);
  if (payload.kind === 'bad') return payload;
  if (format !== 1) return encodeEmliteData({ kind: format === 3 || format === 4 ? 'profile-log' : 'other', format, payload: payload.octets });
  const objectId = numberOf(members, 'objectId', 3);
  return encodeEmliteData({ kind: 'object', objectId, flag: members.oneOf('flag', ['read', 'write']), payload: payload.octets });
}

function encodePayload(members: Members): Encoded {
  if (members.has('clock')) return encodeClock(members);
  if (members.has('serialNumber')) return encodeEmliteText(members.text('serialNumber'));
  return { kind: 'good', octets: members.hex('payload') };
}

/** @throws MalformedVector */
function encodeClock(members: Members): Encoded {
  const time = parseCivilText(members.text('clock'));
  if (time === undefined) throw members.wrong('clock', 'must be YYYY-MM-DDThh:mm:ss');
  return encodeEmliteClock(time, members.has('dayByte') ? { dayOctet: members.int('dayByte') } : {});
}

function numberOf(members: Members, name: string, octets: number): number {
  const value = members.hex(name);
  if (value.length !== octets) throw members.wrong(name, `must be ${octets} octets of hex`);
  return value.reduce((number, octet) => number * 256 + octet, 0);
}

interface ValueMapping {
  decode(octets: Uint8Array): Decoded<JsonObject>;
  encode(members: Members): Encoded;
}

function mapped<T>(decoded: Decoded<T>, present: (value: T) => JsonObject): Decoded<JsonObject> {
  return decoded.kind === 'good' ? { ...decoded, value: present(decoded.value) } : decoded;
}

const EPOCH_2000_MS = Date.UTC(2000, 0, 1);
const utcText = (seconds: number): string => `${new Date(EPOCH_2000_MS + seconds * 1000).toISOString().slice(0, 19)}Z`;

const VALUES: Readonly<Record<string, ValueMapping>> = {
  text: {
    decode: (octets) => mapped(decodeEmliteText(octets), (text) => ({ text })),
    encode: (members) => encodeEmliteText(members.text('text')),
  },
  clock: {
    decode: (octets) => mapped(decodeEmliteClock(octets), ({ time, dayOctet }) => ({ clock: civilText(time), dayByte: dayOctet })),
    encode: encodeClock,
  },
  signal: {
    decode: (octets) => mapped(decodeEmliteSignal(octets), ({ csq, operator }) => ({ csq, operator })),
    encode: (members) => encodeEmliteSignal({ csq: members.int('csq'), operator: members.int('operator') }),
  },
  balance: {
    decode: (octets) => mapped(decodeEmliteNumber(octets, EMLITE_NUMBERS.balance), (balance) => ({ balance })),
    encode: (members) => encodeEmliteNumber(members.int('balance'), EMLITE_NUMBERS.balance),
  },
  voltage: {
    decode: (octets) => mapped(decodeEmliteNumber(octets, EMLITE_NUMBERS.voltage), (decivolts) => ({ decivolts })),
    encode: (members) => encodeEmliteNumber(members.int('decivolts'), EMLITE_NUMBERS.voltage),
  },
  'log-time': {
    decode: (octets) => mapped(decodeEmliteNumber(octets, EMLITE_NUMBERS.logTime), (seconds) => ({ secondsSince2000: seconds, utc: utcText(seconds) })),
    encode: (members) => encodeEmliteNumber(members.int('secondsSince2000'), EMLITE_NUMBERS.logTime),
  },
};

const value: FormMapping = {
  decode(octets, context): Presented {
    const type = valueType(context, octets);
    if (typeof type !== 'string') return { kind: 'bad', error: codecError('bad_value', 0, 'given.valueType: must say what the octets are') };
    const decoded = VALUES[type]?.decode(octets);
    if (decoded === undefined) throw new MalformedVector('given.valueType', `must be one of ${Object.keys(VALUES).join(', ')}`);
    return decoded;
  },

  encode(decoded, context) {
    const type = valueType(context);
    const mapping = typeof type === 'string' ? VALUES[type] : undefined;
    if (mapping === undefined) throw new MalformedVector('given.valueType', `must be one of ${Object.keys(VALUES).join(', ')}`);
    return mapping.encode(new Members(decoded));
  },
};

/** Without a word on it, seven octets are a clock and sixteen a text; others cannot be told. */
function valueType(context: VectorContext, octets?: Uint8Array): string | undefined {
  const given = context.given?.valueType;
  if (typeof given === 'string') return given;
  if (octets?.length === 7) return 'clock';
  return octets?.length === 16 ? 'text' : undefined;
}

export const emlite: Protocol = {
  name: 'emlite',
  forms: { frame, 'date-time': value },
  formOf: (octets) => (octets[0] === 0x7e || octets.length < 1 ? 'frame' : 'date-time'),
  recognise(octets) {
    const decoded = decodeEmliteFrame(octets);
    if (decoded.kind !== 'good') return 0;
    return decoded.consumed === octets.length ? 1 : 0.5;
  },
};
