/** The APDUs that a client's dialogue asks with, from the few things that differ. */
import type { DataValue } from '../data/index.ts';
import { conformanceOf } from './conformance.ts';
import type {
  Aarq,
  ActionRequest,
  CipheredApdu,
  ContextName,
  GetRequest,
  InitiateRequest,
  Invocation,
  LogicalReference,
  ReadRequest,
  Release,
  SelectiveAccess,
  SetRequest,
  WriteRequest,
} from './types.ts';

/** `C1`: id 1, confirmed, high priority. */
export const DEFAULT_INVOCATION: Invocation = { invokeId: 1, confirmed: true, highPriority: true };

/** What clients usually propose (meter-protocols 5.3): `007E1F` by logical name, `1C0320` by short name. */
export const usualConformance = (context: ContextName): Uint8Array =>
  context === 'LN' || context === 'LN-ciphered'
    ? conformanceOf([
        'priority-mgmt-supported',
        'attribute0-supported-with-get',
        'block-transfer-with-get-or-read',
        'block-transfer-with-set-or-write',
        'block-transfer-with-action',
        'multiple-references',
        'get',
        'set',
        'selective-access',
        'event-notification',
        'action',
      ])
    : conformanceOf(['read', 'write', 'unconfirmed-write', 'multiple-references', 'information-report', 'parameterized-access']);

/** Defaults: a response is wanted, no quality of service, version 6, the usual conformance of LN, PDUs of up to 65,535 octets. */
export function initiateRequest(members: Partial<Omit<InitiateRequest, 'pdu'>> = {}): InitiateRequest {
  return {
    pdu: 'initiate-request',
    responseAllowed: true,
    dlmsVersion: 6,
    oldConformanceTag: false,
    conformance: usualConformance('LN'),
    maxReceivePduSize: 0xffff,
    ...members,
  };
}

/** Who the client is to the meter. */
export type Authentication =
  | { readonly level: 'none' }
  | { readonly level: 'lls'; readonly password: Uint8Array }
  /** @property mechanism 2 to 7; @property challenge 8 to 64 octets, fresh and random */
  | { readonly level: 'hls'; readonly mechanism: number; readonly challenge: Uint8Array };

export interface AarqMembers {
  readonly contextName?: ContextName;
  readonly authentication?: Authentication;
  /** With ciphering or mechanism 5 and up: the client's system title. */
  readonly callingApTitle?: Uint8Array;
  /** In clear, or ciphered already. */
  readonly initiate?: InitiateRequest | CipheredApdu;
}

/** Defaults: LN without authentication and {@link initiateRequest} with the usual conformance of the context. */
export function aarq({ contextName = 'LN', authentication = { level: 'none' }, callingApTitle, initiate }: AarqMembers = {}): Aarq {
  return {
    pdu: 'AARQ',
    contextName,
    ...(callingApTitle === undefined ? {} : { callingApTitle }),
    ...proof(authentication),
    userInformation: initiate ?? initiateRequest({ conformance: usualConformance(contextName) }),
  };
}

function proof(authentication: Authentication): Pick<Aarq, 'acseRequirements' | 'mechanism' | 'authenticationValue'> {
  switch (authentication.level) {
    case 'none':
      return {};
    case 'lls':
      return { acseRequirements: 'authentication', mechanism: 1, authenticationValue: authentication.password };
    case 'hls':
      return { acseRequirements: 'authentication', mechanism: authentication.mechanism, authenticationValue: authentication.challenge };
  }
}

/** `62 03 80 01 00`: a normal release. */
export const releaseRequest = (): Release => ({ pdu: 'RLRQ', reason: 0 });

export function get(attribute: LogicalReference, access?: SelectiveAccess, invocation = DEFAULT_INVOCATION): GetRequest & { readonly choice: 'normal' } {
  return { pdu: 'get-request', choice: 'normal', ...invocation, attribute, ...(access === undefined ? {} : { access }) };
}

export function set(attribute: LogicalReference, data: DataValue, invocation = DEFAULT_INVOCATION): SetRequest & { readonly choice: 'normal' } {
  return { pdu: 'set-request', choice: 'normal', ...invocation, attribute, data };
}

export function action(method: LogicalReference, parameters?: DataValue, invocation = DEFAULT_INVOCATION): ActionRequest & { readonly choice: 'normal' } {
  return { pdu: 'action-request', choice: 'normal', ...invocation, method, ...(parameters === undefined ? {} : { parameters }) };
}

/** SN: reads variables by name. Attribute k of an object lies at base + 8 (k - 1). */
export const read = (...names: readonly number[]): ReadRequest => ({
  pdu: 'read-request',
  variables: names.map((variableName) => ({ kind: 'name', variableName })),
});

/** SN: writes a variable, or calls a method, by name. */
export const write = (variableName: number, value: DataValue): WriteRequest => ({
  pdu: 'write-request',
  variables: [{ kind: 'name', variableName }],
  values: [value],
});
