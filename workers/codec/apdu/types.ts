/**
 * Every APDU that the codecs know, as plain objects (meter-protocols 5.3 to 5.5, 5.9; Green Book, ACSE and xDLMS). Octets are
 * views of the input when they come from a decoder.
 */
import type { DataValue } from '../data/types.ts';

export type Obis = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

/** A COSEM attribute or method by logical name. */
export interface LogicalReference {
  readonly classId: number;
  readonly obis: Obis;
  /** Of the attribute (0 = all) or method; signed, negative ones are the maker's own. */
  readonly id: number;
}

export interface SelectiveAccess {
  readonly selector: number;
  readonly parameters: DataValue;
}

export interface AttributeAccess {
  readonly attribute: LogicalReference;
  readonly access?: SelectiveAccess;
}

/** Octet `invoke-id-and-priority`: bits 0-3 id, 6 confirmed, 7 high priority. Bits 4 and 5 are reserved: sent as 0, not looked at. */
export interface Invocation {
  readonly invokeId: number;
  readonly confirmed: boolean;
  readonly highPriority: boolean;
}

/** Either the data or why not: a data-access-result, 0 to 255 as it stands on the wire (0, success without data, is seen after actions). */
export type DataOrResult = { readonly data: DataValue } | { readonly accessResult: number };

export type ContextName = 'LN' | 'SN' | 'LN-ciphered' | 'SN-ciphered';

/** An ACSE field without a member of its own. */
export interface OtherField {
  readonly tag: number;
  readonly octets: Uint8Array;
}

export interface AcseFields {
  readonly contextName: ContextName;
  /** Authentication functional unit present (tag 8A, 88). */
  readonly acseRequirements?: 'authentication';
  /** 0 none, 1 LLS, 2 HLS manufacturer, 3 MD5, 4 SHA-1, 5 GMAC, 6 SHA-256, 7 ECDSA. */
  readonly mechanism?: number;
  /** LLS: the password. HLS: the challenge. */
  readonly authenticationValue?: Uint8Array;
  /** In rising order of the tag's number. */
  readonly otherFields?: readonly OtherField[];
  readonly userInformation?: Apdu;
}

export interface Aarq extends AcseFields {
  readonly pdu: 'AARQ';
  /** Content of tag 80, where it was sent. */
  readonly protocolVersion?: Uint8Array;
  /** The client's system title, 8 octets. */
  readonly callingApTitle?: Uint8Array;
}

export interface Aare extends AcseFields {
  readonly pdu: 'AARE';
  readonly protocolVersion?: Uint8Array;
  /** 0 accepted, 1 rejected permanent, 2 rejected transient. */
  readonly result: number;
  readonly diagnosticSource: 'acse-service-user' | 'acse-service-provider';
  readonly diagnostic: number;
  /** The meter's system title, 8 octets. */
  readonly respondingApTitle?: Uint8Array;
}

export interface Release {
  readonly pdu: 'RLRQ' | 'RLRE';
  /** Absent when the APDU carries no reason. */
  readonly reason?: number;
  readonly otherFields?: readonly OtherField[];
  readonly userInformation?: Apdu;
}

export interface InitiateRequest {
  readonly pdu: 'initiate-request';
  readonly dedicatedKey?: Uint8Array;
  readonly responseAllowed: boolean;
  /** Signed. */
  readonly proposedQos?: number;
  readonly dlmsVersion: number;
  /** `5F 04` in place of `5F 1F 04`. */
  readonly oldConformanceTag: boolean;
  /** Three octets, see `conformanceNames`. */
  readonly conformance: Uint8Array;
  /** Octets; 0 = no limit. */
  readonly maxReceivePduSize: number;
}

export interface InitiateResponse {
  readonly pdu: 'initiate-response';
  readonly negotiatedQos?: number;
  readonly dlmsVersion: number;
  readonly oldConformanceTag: boolean;
  readonly conformance: Uint8Array;
  readonly maxReceivePduSize: number;
  /** `0007` LN, `FA00` SN. */
  readonly vaaName: number;
}

export interface ConfirmedServiceError {
  readonly pdu: 'confirmed-service-error';
  readonly service: number;
  readonly errorChoice: number;
  readonly errorValue: number;
}

export interface ExceptionResponse {
  readonly pdu: 'exception-response';
  readonly stateError: number;
  readonly serviceError: number;
  /** With serviceError 6. */
  readonly invocationCounterExpected?: number;
}

/** One block of raw data. `blockNumber` counts from 1. */
export interface Block {
  readonly lastBlock: boolean;
  readonly blockNumber: number;
  readonly rawData: Uint8Array;
}

export type GetRequest = Invocation & { readonly pdu: 'get-request' } & (
    | ({ readonly choice: 'normal' } & AttributeAccess)
    | { readonly choice: 'next'; readonly blockNumber: number }
    | { readonly choice: 'with-list'; readonly attributes: readonly AttributeAccess[] }
  );

export type GetResponse = Invocation & { readonly pdu: 'get-response' } & (
    | ({ readonly choice: 'normal' } & DataOrResult)
    | ({ readonly choice: 'with-datablock'; readonly lastBlock: boolean; readonly blockNumber: number } & (
        | { readonly rawData: Uint8Array }
        | { readonly accessResult: number }
      ))
    | { readonly choice: 'with-list'; readonly results: readonly DataOrResult[] }
  );

export type SetRequest = Invocation & { readonly pdu: 'set-request' } & (
    | ({ readonly choice: 'normal'; readonly data: DataValue } & AttributeAccess)
    | ({ readonly choice: 'with-first-datablock' } & AttributeAccess & Block)
    | ({ readonly choice: 'with-datablock' } & Block)
    | { readonly choice: 'with-list'; readonly attributes: readonly AttributeAccess[]; readonly values: readonly DataValue[] }
    | ({ readonly choice: 'with-list-and-first-datablock'; readonly attributes: readonly AttributeAccess[] } & Block)
  );

export type SetResponse = Invocation & { readonly pdu: 'set-response' } & (
    | { readonly choice: 'normal'; readonly accessResult: number }
    | { readonly choice: 'datablock'; readonly blockNumber: number }
    | { readonly choice: 'last-datablock'; readonly accessResult: number; readonly blockNumber: number }
    | { readonly choice: 'last-datablock-with-list'; readonly results: readonly number[]; readonly blockNumber: number }
    | { readonly choice: 'with-list'; readonly results: readonly number[] }
  );

export type ActionRequest = Invocation & { readonly pdu: 'action-request' } & (
    | { readonly choice: 'normal'; readonly method: LogicalReference; readonly parameters?: DataValue }
    | { readonly choice: 'next-pblock'; readonly blockNumber: number }
    | { readonly choice: 'with-list'; readonly methods: readonly LogicalReference[]; readonly parameters: readonly DataValue[] }
    | ({ readonly choice: 'with-first-pblock'; readonly method: LogicalReference } & Block)
    | ({ readonly choice: 'with-list-and-first-pblock'; readonly methods: readonly LogicalReference[] } & Block)
    | ({ readonly choice: 'with-pblock' } & Block)
  );

/** One answer to an action: the result, and what the method returned, if anything. */
export interface ActionResult {
  readonly actionResult: number;
  readonly returned?: DataOrResult;
}

export type ActionResponse = Invocation & { readonly pdu: 'action-response' } & (
    | ({ readonly choice: 'normal' } & ActionResult)
    | ({ readonly choice: 'with-pblock' } & Block)
    | { readonly choice: 'with-list'; readonly results: readonly ActionResult[] }
    | { readonly choice: 'next-pblock'; readonly blockNumber: number }
  );

export interface DataNotification {
  readonly pdu: 'data-notification';
  /** Four octets, priority and flags included. */
  readonly longInvokeId: Uint8Array;
  /** The octets of the date-time, may be empty. */
  readonly dateTime: Uint8Array;
  readonly body: DataValue;
}

/** What an SN request names. */
export type VariableAccess =
  | { readonly kind: 'name'; readonly variableName: number }
  | { readonly kind: 'parameterized'; readonly variableName: number; readonly selector: number; readonly parameter: DataValue }
  | { readonly kind: 'block-number'; readonly blockNumber: number }
  | { readonly kind: 'data-block'; readonly lastBlock: boolean; readonly blockNumber: number; readonly rawData: Uint8Array }
  /** In a write request: which block its only value, an octet-string, is. */
  | { readonly kind: 'write-data-block'; readonly lastBlock: boolean; readonly blockNumber: number };

export interface ReadRequest {
  readonly pdu: 'read-request';
  readonly variables: readonly VariableAccess[];
}

export interface ReadResponse {
  readonly pdu: 'read-response';
  readonly results: readonly ReadResult[];
}

/** `block`: one block of a long answer. `blockNumber`: a block of a long request has arrived, the next is wanted. */
export type ReadResult = DataOrResult | { readonly block: Block } | { readonly blockNumber: number };

export interface WriteRequest {
  readonly pdu: 'write-request' | 'unconfirmed-write-request';
  readonly variables: readonly VariableAccess[];
  readonly values: readonly DataValue[];
}

export interface WriteResponse {
  readonly pdu: 'write-response';
  /** An answer each; accessResult 0 is success. */
  readonly results: readonly WriteResult[];
}

export type WriteResult = { readonly accessResult: number } | { readonly blockNumber: number };

export interface InformationReport {
  readonly pdu: 'information-report-request';
  /** Octets of the time, may be absent. */
  readonly currentTime?: Uint8Array;
  readonly variables: readonly VariableAccess[];
  readonly values: readonly DataValue[];
}

export interface EventNotification {
  readonly pdu: 'event-notification-request';
  readonly time?: Uint8Array;
  readonly attribute: LogicalReference;
  readonly value: DataValue;
}

/** Names of service-specific ciphering (tags of 5.9), global and dedicated. */
export type ServiceCipheredName = `${'glo' | 'ded'}-${
  | 'initiate-request'
  | 'initiate-response'
  | 'read-request'
  | 'read-response'
  | 'write-request'
  | 'write-response'
  | 'unconfirmed-write-request'
  | 'information-report-request'
  | 'confirmed-service-error'
  | `${'get' | 'set' | 'action'}-${'request' | 'response'}`
  | 'event-notification-request'}`;

/**
 * A ciphered APDU, not opened yet. Whoever opens it needs keys (`security`).
 *
 * ```
 *   tag len SC IC(4) ciphertext [tag(12)]                     service-specific
 *   DB titleLen title len SC IC(4) ciphertext [tag(12)]       general-glo, DC general-ded
 * ```
 */
export interface CipheredApdu {
  readonly pdu: ServiceCipheredName | 'general-glo-ciphering' | 'general-ded-ciphering';
  /** General forms only; may be empty. */
  readonly systemTitle?: Uint8Array;
  readonly securityControl: number;
  readonly invocationCounter: number;
  /** Ciphertext (or plaintext, when only authenticated) and tag. */
  readonly content: Uint8Array;
}

export type PlainApdu =
  | Aarq
  | Aare
  | Release
  | InitiateRequest
  | InitiateResponse
  | ConfirmedServiceError
  | ExceptionResponse
  | GetRequest
  | GetResponse
  | SetRequest
  | SetResponse
  | ActionRequest
  | ActionResponse
  | DataNotification
  | EventNotification
  | ReadRequest
  | ReadResponse
  | WriteRequest
  | WriteResponse
  | InformationReport;

export type Apdu = PlainApdu | CipheredApdu;
