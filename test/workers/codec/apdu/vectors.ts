/** The APDUs of the vector files, with what the README says of them. */
import { readFileSync } from 'node:fs';
import {
  type Apdu,
  accessResultName,
  conformanceNames,
  type DataOrResult,
  type Invocation,
  isCiphered,
  type LogicalReference,
} from '../../../../workers/codec/apdu/index.ts';
import { fromHex, hexOctet, toHex } from '../../../../workers/codec/common/index.ts';
import type { DataValue } from '../../../../workers/codec/data/index.ts';

export type Json = unknown;
export interface Members {
  readonly [name: string]: Json;
}

export interface ApduVector {
  readonly id: string;
  readonly kind: string;
  readonly form: string;
  readonly encode: boolean;
  /** Of the APDU alone. */
  readonly octets: Uint8Array;
  readonly decoded: Members;
  readonly leniency?: string;
}

interface FileVector {
  readonly id: string;
  readonly kind: string;
  readonly form: string;
  readonly encode: boolean;
  readonly hex: string;
  readonly decoded: Members;
}

const load = (file: string): readonly FileVector[] =>
  JSON.parse(readFileSync(new URL(`../../../vectors/${file}.json`, import.meta.url), 'utf8')) as FileVector[];

/** Every APDU of the DLMS files, taken out of its frame. Negative vectors are not among them. */
export function apduVectors(): readonly ApduVector[] {
  const vectors: ApduVector[] = [];
  for (const file of ['dlms-apdu', 'dlms-security', 'dlms-hdlc', 'dlms-wrapper']) {
    for (const vector of load(file)) {
      const framed = file === 'dlms-hdlc' || file === 'dlms-wrapper';
      const apdu = framed ? (vector.decoded.apdu as Members | undefined) : vector.decoded;
      if (vector.kind === 'negative' || apdu === undefined || (!framed && vector.form !== 'apdu')) continue;
      const leniency = vector.decoded.leniency as string | undefined;
      vectors.push({
        id: vector.id,
        kind: vector.kind,
        form: vector.form,
        encode: vector.encode,
        octets: apduOctets(file, vector),
        decoded: apdu,
        ...(leniency === undefined || leniency === 'unswapped-ports' ? {} : { leniency }),
      });
    }
  }
  return vectors;
}

export function vectorOf(id: string): { readonly octets: Uint8Array; readonly decoded: Members } {
  for (const file of ['dlms-apdu', 'dlms-security', 'dlms-hdlc', 'dlms-wrapper']) {
    const vector = load(file).find((one) => one.id === id);
    if (vector !== undefined) return { octets: apduOctets(file, vector), decoded: vector.decoded };
  }
  throw new Error(`no vector ${id}`);
}

function apduOctets(file: string, vector: FileVector): Uint8Array {
  const octets = fromHex(vector.hex)!;
  if (file === 'dlms-wrapper') return octets.subarray(8);
  if (file !== 'dlms-hdlc') return octets;
  const llc = vector.decoded.llc as string;
  const information = fromHex(vector.decoded.information as string)!;
  return information.subarray(llc.length / 2);
}

/** The README's members of an APDU; `plaintext` and `plain` of ciphered ones are not there, they need keys. */
export function present(apdu: Apdu): Members {
  if (isCiphered(apdu)) {
    const { pdu, systemTitle, securityControl, invocationCounter } = apdu;
    return { pdu, ...hexOf({ systemTitle }), securityControl: hexOctet(securityControl), invocationCounter };
  }
  switch (apdu.pdu) {
    case 'AARQ':
    case 'AARE':
    case 'RLRQ':
    case 'RLRE': {
      const { userInformation, otherFields, ...rest } = apdu;
      return {
        ...rest,
        ...hexOf(rest),
        ...(otherFields && { otherFields: otherFields.map(({ tag, octets }) => ({ tag: hexOctet(tag), hex: toHex(octets) })) }),
        ...(userInformation && { userInformation: present(userInformation) }),
      };
    }
    case 'initiate-request':
    case 'initiate-response': {
      const { conformance, ...rest } = apdu;
      return { ...rest, ...hexOf(rest), conformanceHex: toHex(conformance), conformance: conformanceNames(conformance), ...vaa(apdu) };
    }
    case 'get-request': {
      if (apdu.choice === 'next') return { ...apdu };
      if (apdu.choice === 'with-list') return { ...head(apdu), attributes: apdu.attributes.map(({ attribute }) => reference(attribute)) };
      return { ...head(apdu), ...accessed(apdu) };
    }
    case 'get-response':
      if (apdu.choice === 'with-list') return { ...head(apdu), results: apdu.results.map(result) };
      if (apdu.choice === 'normal') return { ...head(apdu), ...result(apdu) };
      return { ...apdu, ...('rawData' in apdu ? { rawData: toHex(apdu.rawData) } : { accessResult: accessResultName(apdu.accessResult) }) };
    case 'set-request':
      return apdu.choice === 'normal' ? { ...head(apdu), ...accessed(apdu), data: value(apdu.data) } : {};
    case 'set-response':
      return apdu.choice === 'normal' ? { ...head(apdu), accessResult: accessResultName(apdu.accessResult) } : {};
    case 'action-request':
      return apdu.choice === 'normal' ? { ...head(apdu), method: reference(apdu.method), ...(apdu.parameters && { parameters: value(apdu.parameters) }) } : {};
    case 'action-response': {
      if (apdu.choice !== 'normal') return {};
      const { returned } = apdu;
      const back =
        returned === undefined
          ? {}
          : 'data' in returned
            ? { returnData: value(returned.data) }
            : { returnAccessResult: accessResultName(returned.accessResult) };
      return { ...head(apdu), actionResult: accessResultName(apdu.actionResult), ...back };
    }
    case 'data-notification':
      return { pdu: apdu.pdu, longInvokeId: toHex(apdu.longInvokeId), dateTimeHex: toHex(apdu.dateTime), body: value(apdu.body) };
    case 'read-request':
      return { pdu: apdu.pdu, variables: apdu.variables.map(variable) };
    case 'write-request':
      return { pdu: apdu.pdu, variables: apdu.variables.map(variable), values: apdu.values.map(value) };
    case 'read-response':
    case 'write-response':
      return { pdu: apdu.pdu, results: apdu.results.map((item) => ('data' in item || 'accessResult' in item ? result(item) : item)) };
    default:
      return { ...apdu };
  }
}

const head = ({ pdu, choice, invokeId, confirmed, highPriority }: Invocation & { pdu: string; choice: string }): Members => ({
  pdu,
  choice,
  invokeId,
  confirmed,
  highPriority,
});
const reference = ({ classId, obis, id }: LogicalReference): Members => ({ classId, obis: obis.join('.'), id });
const accessed = ({ attribute, access }: { attribute: LogicalReference; access?: { selector: number; parameters: DataValue } }): Members => ({
  attribute: reference(attribute),
  ...(access && { accessSelector: access.selector, accessParameters: value(access.parameters) }),
});
const result = (item: DataOrResult): Members => ('data' in item ? { data: value(item.data) } : { accessResult: accessResultName(item.accessResult) });
const variable = (item: { kind: string }): Members =>
  'variableName' in item ? { variableName: (item.variableName as number).toString(16).toUpperCase().padStart(4, '0') } : {};
const vaa = (apdu: object): Members => ('vaaName' in apdu ? { vaaName: (apdu.vaaName as number).toString(16).toUpperCase().padStart(4, '0') } : {});

function hexOf(members: object): Members {
  return Object.fromEntries(
    Object.entries(members)
      .filter(([, item]) => item instanceof Uint8Array)
      .map(([name, item]) => [name, toHex(item as Uint8Array)]),
  );
}

export function value(data: DataValue): Members {
  if ('items' in data) return { type: data.type, items: data.items.map(value) };
  if ('octets' in data) return { type: data.type, hex: toHex(data.octets) };
  return 'value' in data ? { type: data.type, value: typeof data.value === 'bigint' ? Number(data.value) : data.value } : { type: data.type };
}

/** Members that another engine shows and that need keys, or a calendar. */
const ELSEWHERE = new Set(['plaintext', 'plain', 'asDateTime', 'text', 'leniency', 'given']);

/** Is everything in `wanted` in `got`? Gives the path of the first difference. */
export function difference(wanted: Json, got: Json, path = ''): string | undefined {
  if (Array.isArray(wanted)) {
    if (!Array.isArray(got) || got.length !== wanted.length) return `${path}: ${JSON.stringify(got)}`;
    for (const [index, item] of wanted.entries()) {
      const found = difference(item, got[index], `${path}[${index}]`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (typeof wanted === 'object' && wanted !== null) {
    for (const [name, item] of Object.entries(wanted)) {
      const found = ELSEWHERE.has(name) ? undefined : difference(item, (got as Members | undefined)?.[name], `${path}.${name}`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  return Object.is(wanted, got) ? undefined : `${path}: ${JSON.stringify(wanted)} wanted, ${JSON.stringify(got)} found`;
}
