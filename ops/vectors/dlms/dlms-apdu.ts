/** `dlms-apdu`: one APDU, or several one after another whose data blocks hold an object list. */
import { type Apdu, decodeApdu, decodeApdus, encodeApdu } from '../../../workers/codec/apdu/index.ts';
import { type Encoded, encoded, must } from '../../../workers/codec/common/index.ts';
import { type DataValue, decodeData, formatObis, obisAt } from '../../../workers/codec/data/index.ts';
import type { FormMapping, JsonObject, Presented, Protocol, VectorContext } from '../mapping.ts';
import { Members } from '../members.ts';
import { parseApdu, presentApdu, withFaults } from './apdu.ts';
import { apduScope } from './scope.ts';

/** What is wrong inside a ciphered APDU is told with the offset of that APDU. */
export function presentWhole(apdu: Apdu, leniencies: readonly string[], context: VectorContext, consumed: number): Presented {
  const scope = apduScope(context);
  const value = presentApdu(apdu, scope);
  if (scope.error !== undefined) return { kind: 'bad', error: { ...scope.error, offset: 0 } };
  return { kind: 'good', value, leniencies: [...new Set([...leniencies, ...scope.leniencies])], consumed };
}

/** @throws MalformedVector */
export function encodeWhole(value: Parameters<typeof parseApdu>[0], path: string, context: VectorContext): Encoded {
  return withFaults(() => encodeApdu(parseApdu(value, path, apduScope(context))));
}

export const apduForm: FormMapping = {
  decode(octets, context) {
    const decoded = decodeApdu(octets, context);
    return decoded.kind === 'good' ? presentWhole(decoded.value, decoded.leniencies, context, decoded.consumed) : decoded;
  },
  encode: (decoded, context) => encodeWhole(decoded, '', context),
};

const apdusForm: FormMapping = {
  decode(octets, context) {
    const decoded = decodeApdus(octets, context);
    if (decoded.kind !== 'good') return decoded;
    const apdus: JsonObject[] = [];
    const leniencies = new Set<string>(decoded.leniencies);
    for (const apdu of decoded.value) {
      const presented = presentWhole(apdu, [], context, 0);
      if (presented.kind !== 'good') return presented;
      apdus.push(presented.value);
      for (const leniency of presented.leniencies) leniencies.add(leniency);
    }
    const value = { apdus, ...objectsIn(decoded.value) };
    return { kind: 'good', value, leniencies: [...leniencies], consumed: decoded.consumed };
  },
  encode(decoded, context) {
    return withFaults(() => {
      const parts = new Members(decoded).list('apdus', (value, path) => must(encodeApdu(parseApdu(value, path, apduScope(context)))));
      return encoded(Buffer.concat(parts));
    });
  },
};

/** The data of the blocks put together: its objects where it is an object list. */
function objectsIn(apdus: readonly Apdu[]): JsonObject {
  const blocks = apdus.flatMap((apdu) => (apdu.pdu === 'get-response' && apdu.choice === 'with-datablock' && 'rawData' in apdu ? [apdu.rawData] : []));
  if (blocks.length === 0) return {};
  const joined = decodeData(Buffer.concat(blocks));
  if (joined.kind !== 'good' || joined.value.type !== 'array') return {};
  const objects = joined.value.items.map(objectOf);
  return objects.includes(undefined) ? {} : { objects: objects.filter((object) => object !== undefined) };
}

function objectOf(value: DataValue): JsonObject | undefined {
  if (value.type !== 'structure') return undefined;
  const [classId, version, name] = value.items;
  if (classId === undefined || version === undefined || name === undefined) return undefined;
  if (!('value' in classId) || !('value' in version) || !('octets' in name)) return undefined;
  const obis = obisAt(name.octets);
  if (typeof classId.value !== 'number' || typeof version.value !== 'number' || obis === undefined) return undefined;
  return { classId: classId.value, version: version.value, obis: formatObis(obis) };
}

/** A complete APDU is likely one, but has no checks. */
const RECOGNISED = 0.8;
const RECOGNISED_SEVERAL = 0.7;
const RECOGNISED_LENIENTLY = 0.3;

function several(octets: Uint8Array): boolean {
  const decoded = decodeApdus(octets, { strict: ['trailing-octets'] });
  return decoded.kind === 'good' && decoded.value.length > 1 && decoded.consumed === octets.length;
}

export const dlmsApdu: Protocol = {
  name: 'dlms-apdu',
  forms: { apdu: apduForm, apdus: apdusForm },
  formOf: (octets) => (decodeApdu(octets, { strict: ['trailing-octets'] }).kind !== 'good' && several(octets) ? 'apdus' : 'apdu'),
  recognise(octets) {
    if (octets.length === 0) return 0;
    if (decodeApdu(octets, { strict: 'all' }).kind === 'good') return RECOGNISED;
    if (several(octets)) return RECOGNISED_SEVERAL;
    return decodeApdu(octets).kind === 'good' ? RECOGNISED_LENIENTLY : 0;
  },
};
