/** ACSE APDUs to octets, fields in rising order of their tags' numbers (meter-protocols 5.3, 6.4). */
import { type Encoded, Writer } from '../common/index.ts';
import {
  type AcseTags,
  ALTERNATIVE,
  AUTHENTICATION_UNIT,
  CONTEXT_NAME,
  CONTEXT_NAMES,
  CONTEXT_OID,
  DIAGNOSTIC,
  isFieldTag,
  MECHANISM_OID,
  PROTOCOL_VERSION,
  REQUEST_TAGS,
  RESPONSE_TAGS,
  RESULT,
  tagNumber,
  USER_INFORMATION,
} from './acse-tags.ts';
import { APDU_TAGS } from './tags.ts';
import type { Aare, Aarq, AcseFields, Apdu, OtherField, Release } from './types.ts';

export interface AcseWriting {
  /** AA and AB in place of 8A and 8B, AB with the whole OID. */
  readonly alternativeTags?: boolean;
}

export function writeAcse(writer: Writer, apdu: Aarq | Aare | Release, writeInner: (apdu: Apdu) => Encoded, form: AcseWriting = {}): Writer {
  const fields = [...ownFields(writer, apdu, form), ...(apdu.otherFields ?? [])];
  if (apdu.userInformation !== undefined) fields.push(userInformation(writer, apdu.userInformation, writeInner));
  fields.sort((a, b) => tagNumber(a.tag) - tagNumber(b.tag));
  const body = new Writer();
  for (const [index, { tag, octets }] of fields.entries()) {
    const before = fields[index - 1];
    if (!isFieldTag(tag)) writer.fail('other field: a tag from 80 to BE', tag);
    if (before !== undefined && tagNumber(before.tag) === tagNumber(tag)) writer.fail('other field: each number at most once', tag);
    body.u8(tag).size(octets.length).put(octets);
  }
  writer.u8(APDU_TAGS[apdu.pdu]).size(body.length);
  return putEncoded(writer, body.finish());
}

function ownFields(writer: Writer, apdu: Aarq | Aare | Release, form: AcseWriting): OtherField[] {
  switch (apdu.pdu) {
    case 'AARQ': {
      const tags = form.alternativeTags ? { ...REQUEST_TAGS, ...ALTERNATIVE } : REQUEST_TAGS;
      return common(writer, apdu, apdu.protocolVersion, apdu.callingApTitle, tags, form.alternativeTags === true);
    }
    case 'AARE': {
      const source = apdu.diagnosticSource === 'acse-service-user' ? 0xa1 : 0xa2;
      return [
        ...common(writer, apdu, apdu.protocolVersion, apdu.respondingApTitle, RESPONSE_TAGS, false),
        field(RESULT, [0x02, 0x01, writer.bounded('result', apdu.result, 0, 0xff)]),
        field(DIAGNOSTIC, [source, 0x03, 0x02, 0x01, writer.bounded('diagnostic', apdu.diagnostic, 0, 0xff)]),
      ];
    }
    case 'RLRQ':
    case 'RLRE':
      return apdu.reason === undefined ? [] : [field(PROTOCOL_VERSION, [writer.bounded('reason', apdu.reason, 0, 0xff)])];
  }
}

function common(
  writer: Writer,
  apdu: AcseFields,
  protocolVersion: Uint8Array | undefined,
  title: Uint8Array | undefined,
  tags: AcseTags,
  wholeOid: boolean,
): OtherField[] {
  const context = CONTEXT_NAMES.indexOf(apdu.contextName) + 1;
  const fields = [field(CONTEXT_NAME, oid(CONTEXT_OID, writer.bounded('context name', context, 1, 4)))];
  if (protocolVersion !== undefined) fields.push({ tag: PROTOCOL_VERSION, octets: protocolVersion });
  if (title !== undefined) fields.push(wrapped(tags.title, 0x04, title));
  if (apdu.acseRequirements !== undefined) fields.push(field(tags.requirements, AUTHENTICATION_UNIT));
  if (apdu.mechanism !== undefined) {
    const whole = oid(MECHANISM_OID, writer.bounded('mechanism', apdu.mechanism, 0, 0xff));
    fields.push(field(tags.mechanism, wholeOid ? whole : whole.slice(2)));
  }
  if (apdu.authenticationValue !== undefined) fields.push(wrapped(tags.authentication, 0x80, apdu.authenticationValue));
  return fields;
}

function userInformation(writer: Writer, apdu: Apdu, writeInner: (apdu: Apdu) => Encoded): OtherField {
  const inner = writeInner(apdu);
  if (inner.kind === 'good') return wrapped(USER_INFORMATION, 0x04, inner.octets);
  writer.failWith(inner.error);
  return field(USER_INFORMATION, []);
}

const field = (tag: number, octets: readonly number[]): OtherField => ({ tag, octets: Uint8Array.from(octets) });

const oid = (start: readonly number[], last: number): readonly number[] => [0x06, start.length + 1, ...start, last];

/** `inner len octets` as the content of a field. */
function wrapped(tag: number, inner: number, content: Uint8Array): OtherField {
  const writer = new Writer(content.length + 6);
  writer.u8(inner).size(content.length).put(content);
  const whole = writer.finish();
  return { tag, octets: whole.kind === 'good' ? whole.octets : content };
}

function putEncoded(writer: Writer, part: Encoded): Writer {
  if (part.kind === 'good') return writer.put(part.octets);
  writer.failWith(part.error);
  return writer;
}
