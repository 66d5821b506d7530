/** From the fields of an ACSE APDU to its members. What has an unusual content stays an other field rather than being lost. */
import type { FieldSet } from './acse-fields.ts';
import {
  type AcseTags,
  ALTERNATIVE,
  AUTHENTICATION_UNIT,
  CONTEXT_NAME,
  CONTEXT_NAMES,
  CONTEXT_OID,
  DIAGNOSTIC,
  MECHANISM_OID,
  PROTOCOL_VERSION,
  REQUEST_TAGS,
  RESPONSE_TAGS,
  RESULT,
} from './acse-tags.ts';
import { pardon, type Scope } from './scope.ts';
import { APDU_TAGS } from './tags.ts';
import type { Aare, Aarq, AcseFields, ContextName, Release } from './types.ts';

export function interpretAcse(tag: number, fields: FieldSet, scope: Scope): Aarq | Aare | Release {
  if (tag === APDU_TAGS.AARQ) return aarq(fields, scope);
  if (tag === APDU_TAGS.AARE) return aare(fields);
  const reason = fields.takeAfter(PROTOCOL_VERSION, [], 1)?.[0];
  return { pdu: tag === APDU_TAGS.RLRQ ? 'RLRQ' : 'RLRE', ...(reason === undefined ? {} : { reason }), ...others(fields) };
}

function aarq(fields: FieldSet, scope: Scope): Aarq {
  const requirements = fields.offsetOf(ALTERNATIVE.requirements);
  const mechanism = fields.offsetOf(ALTERNATIVE.mechanism);
  const alternative = requirements ?? mechanism;
  if (alternative !== undefined) pardon(fields.reader, scope, 'alternative-tags', 'aarq: 8A and 8B, not AA and AB', alternative);
  const tags: AcseTags = {
    ...REQUEST_TAGS,
    ...(requirements === undefined ? {} : { requirements: ALTERNATIVE.requirements }),
    ...(mechanism === undefined ? {} : { mechanism: ALTERNATIVE.mechanism }),
  };
  const { title, ...common } = take(fields, tags);
  return { pdu: 'AARQ', ...common, ...(title === undefined ? {} : { callingApTitle: title }), ...others(fields) };
}

/** `A2 03 02 01 result`, `A3 05 A1 | A2 03 02 01 diagnostic`. */
function aare(fields: FieldSet): Aare {
  const { title, ...common } = take(fields, RESPONSE_TAGS);
  const result = fields.takeAfter(RESULT, [0x02, 0x01], 1)?.[0];
  if (result === undefined) fields.reader.fail('bad_value', 'result: one octet');
  const user = fields.takeAfter(DIAGNOSTIC, [0xa1, 0x03, 0x02, 0x01], 1)?.[0];
  const diagnostic = user ?? fields.takeAfter(DIAGNOSTIC, [0xa2, 0x03, 0x02, 0x01], 1)?.[0];
  if (diagnostic === undefined) fields.reader.fail('bad_value', 'diagnostic: A1 or A2 and one octet');
  return {
    pdu: 'AARE',
    ...common,
    result: result ?? 0,
    diagnosticSource: user === undefined ? 'acse-service-provider' : 'acse-service-user',
    diagnostic: diagnostic ?? 0,
    ...(title === undefined ? {} : { respondingApTitle: title }),
    ...others(fields),
  };
}

type Common = Omit<AcseFields, 'otherFields' | 'userInformation'> & { readonly protocolVersion?: Uint8Array; readonly title?: Uint8Array };

function take(fields: FieldSet, tags: AcseTags): Common {
  const protocolVersion = fields.take(PROTOCOL_VERSION);
  const contextName = takeContext(fields);
  const title = fields.takeInner(tags.title, 0x04);
  const required = fields.takeAfter(tags.requirements, AUTHENTICATION_UNIT, 0) ?? fields.takeAfter(tags.requirements, [0x03, 0x02, ...AUTHENTICATION_UNIT], 0);
  const mechanism = takeMechanism(fields, tags.mechanism);
  const authenticationValue = fields.takeInner(tags.authentication, 0x80);
  return {
    ...(protocolVersion === undefined ? {} : { protocolVersion }),
    contextName,
    ...(title === undefined ? {} : { title }),
    ...(required === undefined ? {} : { acseRequirements: 'authentication' as const }),
    ...(mechanism === undefined ? {} : { mechanism }),
    ...(authenticationValue === undefined ? {} : { authenticationValue }),
  };
}

/** `A1 09 06 07 oid n`. */
function takeContext(fields: FieldSet): ContextName {
  const number = fields.takeAfter(CONTEXT_NAME, [0x06, CONTEXT_OID.length + 1, ...CONTEXT_OID], 1)?.[0];
  const name = number === undefined ? undefined : CONTEXT_NAMES[number - 1];
  if (name === undefined) fields.reader.fail('bad_value', 'context name: A1 with an OID 2.16.756.5.8.1.n, n from 1 to 4', number ?? 'none');
  return name ?? 'LN';
}

/** `8B 07 oid m`; with the alternative tags the whole OID, `06 07 oid m`. */
function takeMechanism(fields: FieldSet, tag: number): number | undefined {
  const bare = fields.takeAfter(tag, MECHANISM_OID, 1) ?? fields.takeAfter(tag, [0x06, MECHANISM_OID.length + 1, ...MECHANISM_OID], 1);
  return bare?.[0];
}

function others(fields: FieldSet): Pick<AcseFields, 'otherFields'> {
  const otherFields = fields.others();
  return otherFields.length === 0 ? {} : { otherFields };
}
