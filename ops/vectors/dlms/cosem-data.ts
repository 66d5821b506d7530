/** `cosem-data`: one tagged value, or the bare octets of a date-time. */
import { decodeData, decodeDateTime, encodeData } from '../../../workers/codec/data/index.ts';
import type { FormMapping, Protocol } from '../mapping.ts';
import { parseData, presentData } from './data.ts';
import { dateTimeForm } from './date-time.ts';

const valueForm: FormMapping = {
  decode(octets, context) {
    const decoded = decodeData(octets, context);
    if (decoded.kind !== 'good') return decoded;
    return { kind: 'good', value: presentData(decoded.value), leniencies: decoded.leniencies, consumed: decoded.consumed };
  },
  encode: (decoded) => encodeData(parseData(decoded, '')),
};

/** A value alone has no checks: whoever recognises a frame or an APDU is surer. */
const RECOGNISED = 0.5;
/** Twelve bare octets whose fields are all in range. */
const RESEMBLANCE = 0.2;

const isValue = (octets: Uint8Array): boolean => octets.length > 0 && decodeData(octets, { strict: 'all' }).kind === 'good';

export const cosemData: Protocol = {
  name: 'cosem-data',
  forms: { value: valueForm, 'date-time': dateTimeForm },
  formOf: (octets) => ([4, 5, 12].includes(octets.length) && !isValue(octets) ? 'date-time' : 'value'),
  recognise(octets) {
    if (isValue(octets)) return RECOGNISED;
    return octets.length === 12 && decodeDateTime(octets, { strict: 'all' }).kind === 'good' ? RESEMBLANCE : 0;
  },
};
