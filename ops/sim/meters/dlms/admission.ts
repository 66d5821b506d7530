/** Is an AARQ admitted, and what the AARE says (meter-protocols 5.3). */
import {
  type Aare,
  type Aarq,
  type ConformanceName,
  type ContextName,
  conformanceOf,
  type InitiateRequest,
  type PlainApdu,
} from '../../../../workers/codec/apdu/index.ts';
import type { HlsPeer, HlsSide } from '../../../../workers/codec/security/index.ts';
import type { MeterLine } from '../session.ts';
import type { Turn } from './association.ts';
import { ascii } from './objects.ts';
import type { Form, Protection } from './protection.ts';
import type { DlmsUnit } from './unit.ts';

export const PUBLIC_CLIENT = 16;

const CONTEXT_IDS: Readonly<Record<ContextName, number>> = { LN: 1, SN: 2, 'LN-ciphered': 3, 'SN-ciphered': 4 };

const NO_REASON = 1;
const CONTEXT_NOT_SUPPORTED = 2;
const MECHANISM_NOT_RECOGNISED = 11;
const MECHANISM_REQUIRED = 12;
const AUTHENTICATION_FAILURE = 13;
const AUTHENTICATION_REQUIRED = 14;

const VERSION_TOO_LOW = 1;
const INCOMPATIBLE_CONFORMANCE = 2;
const PDU_TOO_SHORT = 3;
const INITIATE_OTHER = 0;
const LEAST_PDU = 12;

const LN_SERVICES: readonly ConformanceName[] = [
  'priority-mgmt-supported',
  'block-transfer-with-get-or-read',
  'block-transfer-with-set-or-write',
  'block-transfer-with-action',
  'multiple-references',
  'get',
  'set',
  'action',
];
const SN_SERVICES: readonly ConformanceName[] = [
  'read',
  'write',
  'unconfirmed-write',
  'block-transfer-with-get-or-read',
  'multiple-references',
  'parameterized-access',
];

export interface Admitted {
  readonly rights: 'public' | 'full';
  readonly mechanism: number;
  readonly contextId: number;
  readonly conformance: Uint8Array;
  /** Octets of an APDU that the client takes. */
  readonly maxSendPdu: number;
  readonly ciphered: boolean;
  /** Where the log-in is not done yet. */
  readonly hls?: { readonly own: HlsSide; readonly client: HlsPeer };
}

export type Admission =
  | { readonly kind: 'admitted'; readonly admitted: Admitted; readonly aare: Aare & { readonly userInformation: PlainApdu }; readonly form: Form }
  | { readonly kind: 'turn'; readonly turn: Turn };

export function admit(aarq: Aarq, alternativeTags: boolean, client: number, line: MeterLine, unit: DlmsUnit, protection: Protection): Admission {
  const { settings } = unit;
  const { faults } = line.meter;
  const refuse = (diagnostic: number, initiateError?: number): Admission => ({
    kind: 'turn',
    turn: { kind: 'reply', octets: protection.sealAcse(refusal(aarq, diagnostic, initiateError), 'plain') },
  });
  const { contextName } = aarq;
  const ciphered = contextName.endsWith('-ciphered');
  const rights = client === settings.client && !(client === PUBLIC_CLIENT && (aarq.mechanism ?? 0) === 0 && settings.mechanism !== 0) ? 'full' : 'public';
  const mustCipher = unit.ciphers && settings.securityControl !== 0 && rights === 'full';
  if (client !== settings.client && client !== PUBLIC_CLIENT) return refuse(NO_REASON);
  if (!contextName.startsWith(settings.referencing) || (ciphered ? !unit.ciphers : mustCipher)) return refuse(CONTEXT_NOT_SUPPORTED);

  protection.begin(aarq.callingApTitle?.slice());
  const inner = aarq.userInformation === undefined ? undefined : protection.openInner(aarq.userInformation);
  if (inner?.kind === 'refused') return { kind: 'turn', turn: { kind: 'reply', octets: protection.seal(inner.answer, 'plain', new Uint8Array(0)) } };
  const initiate = inner?.apdu;
  if (inner === undefined || initiate?.pdu !== 'initiate-request' || (ciphered && inner.form === 'plain')) return refuse(NO_REASON, INITIATE_OTHER);
  const strange = unknownForm(initiate, alternativeTags, line);
  if (strange) {
    const how = faults.current.aarqRefusal ?? 'initiate-error';
    if (how === 'silent') return { kind: 'turn', turn: { kind: 'silent' } };
    return how === 'context' ? refuse(CONTEXT_NOT_SUPPORTED) : refuse(NO_REASON, INITIATE_OTHER);
  }
  const conformance = agreed(initiate.conformance, settings.referencing);
  if (initiate.dlmsVersion < 6) return refuse(NO_REASON, VERSION_TOO_LOW);
  if (conformance.every((octet) => octet === 0)) return refuse(NO_REASON, INCOMPATIBLE_CONFORMANCE);
  if (initiate.maxReceivePduSize !== 0 && initiate.maxReceivePduSize < LEAST_PDU) return refuse(NO_REASON, PDU_TOO_SHORT);

  const mechanism = aarq.mechanism ?? 0;
  const wanted = rights === 'full' ? settings.mechanism : 0;
  if (mechanism === 0 && wanted !== 0) return refuse(MECHANISM_REQUIRED);
  if (mechanism !== wanted) return refuse(MECHANISM_NOT_RECOGNISED);
  const value = aarq.authenticationValue ?? new Uint8Array(0);
  if (mechanism === 1 && !line.meter.judge(same(value, unit.password))) return wrongPassword(line, refuse);
  protection.dedicate(initiate.dedicatedKey);

  const own = mechanism >= 2 ? hlsSide(mechanism, line, unit) : undefined;
  const maxSendPdu = Math.min(initiate.maxReceivePduSize || 0xffff, settings.maxPduSize);
  const admitted: Admitted = {
    rights,
    mechanism,
    contextId: CONTEXT_IDS[contextName],
    conformance,
    maxSendPdu,
    ciphered,
    ...(own === undefined ? {} : { hls: { own, client: { challenge: value.slice(), systemTitle: aarq.callingApTitle?.slice() } } }),
  };
  const aare: Aare & { readonly userInformation: PlainApdu } = {
    pdu: 'AARE',
    contextName,
    result: 0,
    diagnosticSource: 'acse-service-user',
    diagnostic: own === undefined ? 0 : AUTHENTICATION_REQUIRED,
    ...(ciphered || mechanism >= 5 ? { respondingApTitle: unit.systemTitle } : {}),
    ...(own === undefined ? {} : { acseRequirements: 'authentication', mechanism, authenticationValue: own.challenge }),
    userInformation: {
      pdu: 'initiate-response',
      dlmsVersion: 6,
      oldConformanceTag: initiate.oldConformanceTag,
      conformance,
      maxReceivePduSize: settings.maxPduSize,
      vaaName: settings.referencing === 'LN' ? 0x0007 : 0xfa00,
    },
  };
  return { kind: 'admitted', admitted, aare, form: inner.form };
}

/** `initiateError` goes into the user information, as `0E 01 06 e`. */
function refusal(aarq: Aarq, diagnostic: number, initiateError: number | undefined): Aare {
  const error: PlainApdu | undefined =
    initiateError === undefined ? undefined : { pdu: 'confirmed-service-error', service: 1, errorChoice: 6, errorValue: initiateError };
  return {
    pdu: 'AARE',
    contextName: aarq.contextName,
    result: 1,
    diagnosticSource: 'acse-service-user',
    diagnostic,
    ...(error === undefined ? {} : { userInformation: error }),
  };
}

function wrongPassword(line: MeterLine, refuse: (diagnostic: number) => Admission): Admission {
  switch (line.meter.faults.current.wrongPassword ?? 'standard') {
    case 'standard':
      return refuse(AUTHENTICATION_FAILURE);
    case 'error':
      return refuse(NO_REASON);
    case 'break':
      return { kind: 'turn', turn: { kind: 'disconnect' } };
    case 'silent':
      return { kind: 'turn', turn: { kind: 'silent' } };
  }
}

function unknownForm(initiate: InitiateRequest, alternativeTags: boolean, line: MeterLine): boolean {
  const known = line.meter.faults.current.aarqForms;
  const form = alternativeTags ? 'alternative-tags' : initiate.oldConformanceTag ? 'old-conformance-tag' : 'usual';
  return known !== undefined && !known.includes(form);
}

/** What was proposed and is there. */
function agreed(proposed: Uint8Array, referencing: 'LN' | 'SN'): Uint8Array {
  const own = conformanceOf(referencing === 'LN' ? LN_SERVICES : SN_SERVICES);
  return own.map((octet, at) => octet & (proposed[at] ?? 0));
}

function hlsSide(mechanism: number, { meter }: MeterLine, { systemTitle, password, keys }: DlmsUnit): HlsSide {
  const { random } = meter;
  // Landis+Gyr: eight hex digits of which the last says how they are mixed.
  const hexDigits = (): string => Array.from({ length: 7 }, () => random.below(16).toString(16).toUpperCase()).join('');
  const challenge = mechanism === 2 ? ascii(`${hexDigits()}${random.below(6)}`) : random.octets(16);
  return { mechanism, challenge, systemTitle, secret: password, keys };
}

const same = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((octet, at) => octet === b[at]);
