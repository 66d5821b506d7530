/** The date-time object of the vectors, and the bare octets of form `date-time`. */
import type { Decoded, Encoded } from '../../../workers/codec/common/index.ts';
import {
  type CosemDate,
  type CosemTime,
  type DateTimeFields,
  decodeDate,
  decodeDateTime,
  decodeTime,
  encodeDate,
  encodeDateTime,
  encodeTime,
  type TemporalType,
} from '../../../workers/codec/data/index.ts';
import type { FormMapping, JsonObject, Presented, VectorContext } from '../mapping.ts';
import { Members } from '../members.ts';

type DateTimeValue = DateTimeFields | CosemDate | CosemTime;

function decodeAs(type: TemporalType, octets: Uint8Array, context?: VectorContext): Decoded<DateTimeValue> {
  if (type === 'date') return decodeDate(octets, context);
  return type === 'time' ? decodeTime(octets, context) : decodeDateTime(octets, context);
}

/** Of octets whose number is right for the type; fields outside their range stand as they are. */
export function presentDateTime(octets: Uint8Array, type: TemporalType): JsonObject | null {
  const decoded = decodeAs(type, octets);
  return decoded.kind === 'good' ? { ...decoded.value } : null;
}

/** By the number of octets: 12, 5 or 4. */
export function temporalTypeOf(length: number): TemporalType {
  return length === 5 ? 'date' : length === 4 ? 'time' : 'date-time';
}

export const dateTimeForm: FormMapping = {
  decode(octets, context): Presented {
    const type = temporalTypeOf(octets.length);
    const decoded = decodeAs(type, octets, context);
    if (decoded.kind !== 'good') return decoded;
    return { kind: 'good', value: { type, dateTime: { ...decoded.value } }, leniencies: decoded.leniencies, consumed: decoded.consumed };
  },
  encode(decoded): Encoded {
    const members = new Members(decoded);
    const type = members.oneOf('type', ['date-time', 'date', 'time']);
    const fields = members.object('dateTime');
    if (type === 'date') return encodeDate(parseDate(fields));
    if (type === 'time') return encodeTime(parseTime(fields));
    const deviationMinutes = fields.intOrNull('deviationMinutes');
    return encodeDateTime({ ...parseDate(fields), ...parseTime(fields), deviationMinutes, clockStatus: fields.intOrNull('clockStatus') });
  },
};

function parseDate(fields: Members): CosemDate {
  return {
    year: fields.intOrNull('year'),
    month: fields.intOrNull('month'),
    day: fields.intOrNull('day'),
    dayOfWeek: fields.intOrNull('dayOfWeek'),
  };
}

function parseTime(fields: Members): CosemTime {
  return {
    hour: fields.intOrNull('hour'),
    minute: fields.intOrNull('minute'),
    second: fields.intOrNull('second'),
    hundredths: fields.intOrNull('hundredths'),
  };
}
