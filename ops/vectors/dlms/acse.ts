/** AARQ, AARE, RLRQ and RLRE. */
import type { Aare, Aarq, ContextName, OtherField, Release } from '../../../workers/codec/apdu/index.ts';
import { hexOctet, toHex } from '../../../workers/codec/common/index.ts';
import type { Json, JsonObject } from '../mapping.ts';
import { Members } from '../members.ts';
import type { ParseNested, PresentNested } from './scope.ts';

const CONTEXTS: readonly ContextName[] = ['LN', 'SN', 'LN-ciphered', 'SN-ciphered'];
const SOURCES = ['acse-service-user', 'acse-service-provider'] as const;

/** The fields that AARQ and AARE share. */
type Shared = Pick<Aarq, 'contextName' | 'acseRequirements' | 'mechanism' | 'authenticationValue' | 'otherFields' | 'userInformation' | 'protocolVersion'>;

export function presentAarq(apdu: Aarq, nested: PresentNested): JsonObject {
  const { pdu, callingApTitle } = apdu;
  return { pdu, ...(callingApTitle === undefined ? {} : { callingApTitle: toHex(callingApTitle) }), ...presentShared(apdu, nested) };
}

export function presentAare(apdu: Aare, nested: PresentNested): JsonObject {
  const { pdu, result, diagnosticSource, diagnostic, respondingApTitle } = apdu;
  return {
    pdu,
    result,
    diagnosticSource,
    diagnostic,
    ...(respondingApTitle === undefined ? {} : { respondingApTitle: toHex(respondingApTitle) }),
    ...presentShared(apdu, nested),
  };
}

function presentShared(apdu: Shared, nested: PresentNested): JsonObject {
  const { protocolVersion, contextName, acseRequirements, mechanism, authenticationValue, otherFields, userInformation } = apdu;
  return {
    ...(protocolVersion === undefined ? {} : { protocolVersion: toHex(protocolVersion) }),
    contextName,
    ...(acseRequirements === undefined ? {} : { acseRequirements }),
    ...(mechanism === undefined ? {} : { mechanism }),
    ...(authenticationValue === undefined ? {} : { authenticationValue: toHex(authenticationValue) }),
    ...presentFields(otherFields),
    ...(userInformation === undefined ? {} : { userInformation: nested(userInformation) }),
  };
}

function presentFields(fields: readonly OtherField[] | undefined): JsonObject {
  return fields === undefined || fields.length === 0 ? {} : { otherFields: fields.map(({ tag, octets }) => ({ tag: hexOctet(tag), hex: toHex(octets) })) };
}

export function parseAarq(members: Members, nested: ParseNested): Aarq {
  const callingApTitle = members.has('callingApTitle') ? { callingApTitle: members.hex('callingApTitle') } : {};
  return { pdu: 'AARQ', ...callingApTitle, ...parseShared(members, nested) };
}

export function parseAare(members: Members, nested: ParseNested): Aare {
  const respondingApTitle = members.has('respondingApTitle') ? { respondingApTitle: members.hex('respondingApTitle') } : {};
  return {
    pdu: 'AARE',
    result: members.int('result'),
    diagnosticSource: members.oneOf('diagnosticSource', SOURCES),
    diagnostic: members.int('diagnostic'),
    ...respondingApTitle,
    ...parseShared(members, nested),
  };
}

function parseShared(members: Members, nested: ParseNested): Shared {
  return {
    contextName: members.oneOf('contextName', CONTEXTS),
    ...(members.has('protocolVersion') ? { protocolVersion: members.hex('protocolVersion') } : {}),
    ...(members.has('acseRequirements') ? { acseRequirements: members.oneOf('acseRequirements', ['authentication']) } : {}),
    ...(members.has('mechanism') ? { mechanism: members.int('mechanism') } : {}),
    ...(members.has('authenticationValue') ? { authenticationValue: members.hex('authenticationValue') } : {}),
    ...parseFields(members),
    ...parseUserInformation(members, nested),
  };
}

function parseFields(members: Members): Pick<Aarq, 'otherFields'> {
  return members.has('otherFields') ? { otherFields: members.list('otherFields', parseField) } : {};
}

function parseField(value: Json, path: string): OtherField {
  const field = Members.of(value, path);
  const [tag, ...more] = field.hex('tag');
  if (tag === undefined || more.length > 0) throw field.wrong('tag', 'must be one octet');
  return { tag, octets: field.hex('hex') };
}

function parseUserInformation(members: Members, nested: ParseNested): Pick<Aarq, 'userInformation'> {
  if (!members.has('userInformation')) return {};
  return { userInformation: nested(members.raw('userInformation'), members.pathOf('userInformation')) };
}

export function presentRelease({ pdu, reason, otherFields, userInformation }: Release, nested: PresentNested): JsonObject {
  return {
    pdu,
    ...(reason === undefined ? {} : { reason }),
    ...presentFields(otherFields),
    ...(userInformation === undefined ? {} : { userInformation: nested(userInformation) }),
  };
}

export function parseRelease(pdu: Release['pdu'], members: Members, nested: ParseNested): Release {
  return { pdu, ...(members.has('reason') ? { reason: members.int('reason') } : {}), ...parseFields(members), ...parseUserInformation(members, nested) };
}
