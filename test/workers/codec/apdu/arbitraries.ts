/** Every APDU that can be written, for round trips. */

import {
  type Apdu,
  CIPHERED_TAGS,
  type CipheredApdu,
  type DataOrResult,
  type Invocation,
  type LogicalReference,
  type VariableAccess,
} from '../../../../workers/codec/apdu/index.ts';
import type { DataValue } from '../../../../workers/codec/data/index.ts';
import fc from '../../../support/fc.ts';

const octet = fc.integer({ min: 0, max: 0xff });
const short = fc.integer({ min: 0, max: 0xffff });
const long = fc.integer({ min: 0, max: 0xffff_ffff });
const octets = (most = 300): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength: most });
const fixed = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });
const constant = <const T>(value: T): fc.Arbitrary<T> => fc.constant(value);
const list = <T>(item: fc.Arbitrary<T>, least = 0): fc.Arbitrary<T[]> => fc.array(item, { minLength: least, maxLength: 5 });

const scalar: fc.Arbitrary<DataValue> = fc.oneof(
  fc.record({ type: constant('null-data') }),
  fc.record({ type: constant('boolean'), value: fc.boolean() }),
  fc.record({ type: constant('unsigned'), value: octet }),
  fc.record({ type: constant('long'), value: fc.integer({ min: -0x8000, max: 0x7fff }) }),
  fc.record({ type: constant('double-long-unsigned'), value: long }),
  fc.record({ type: constant('octet-string'), octets: octets(200) }),
);

export const data: fc.Arbitrary<DataValue> = fc.oneof(
  { weight: 3, arbitrary: scalar },
  { weight: 1, arbitrary: fc.record({ type: fc.constantFrom('array', 'structure'), items: list(scalar) }) },
);

const obis: fc.Arbitrary<LogicalReference['obis']> = fc.tuple(octet, octet, octet, octet, octet, octet);
const reference: fc.Arbitrary<LogicalReference> = fc.record({ classId: short, obis, id: fc.integer({ min: -128, max: 127 }) });
const access = fc.record({ attribute: reference, access: fc.record({ selector: octet, parameters: data }) }, { requiredKeys: ['attribute'] });
export const dataOrResult: fc.Arbitrary<DataOrResult> = fc.oneof(fc.record({ data }), fc.record({ accessResult: octet }));
export const invocation = { invokeId: fc.integer({ min: 0, max: 15 }), confirmed: fc.boolean(), highPriority: fc.boolean() };
const block = { lastBlock: fc.boolean(), blockNumber: long, rawData: octets() };
const shortBlock = { ...block, blockNumber: short };

/** A service of one name, with the octet of its invocation. */
const service = <N extends string, C extends string, M extends object>(pdu: N, choice: C, members: { [K in keyof M]: fc.Arbitrary<M[K]> }) =>
  fc.record({ pdu: constant(pdu), choice: constant(choice), ...invocation, ...members }) as fc.Arbitrary<Invocation & { pdu: N; choice: C } & M>;

const joined = <A extends object, B extends object>(a: fc.Arbitrary<A>, b: fc.Arbitrary<B>): fc.Arbitrary<A & B> =>
  fc.tuple(a, b).map(([one, two]) => ({ ...one, ...two }));

const gets: fc.Arbitrary<Apdu>[] = [
  joined(service('get-request', 'normal', {}), access),
  service('get-request', 'next', { blockNumber: long }),
  service('get-request', 'with-list', { attributes: list(access) }),
  joined(service('get-response', 'normal', {}), dataOrResult),
  service('get-response', 'with-datablock', block),
  service('get-response', 'with-datablock', { lastBlock: fc.boolean(), blockNumber: long, accessResult: octet }),
  service('get-response', 'with-list', { results: list(dataOrResult) }),
];

const sets: fc.Arbitrary<Apdu>[] = [
  joined(service('set-request', 'normal', { data }), access),
  joined(service('set-request', 'with-first-datablock', block), access),
  service('set-request', 'with-datablock', block),
  service('set-request', 'with-list', { attributes: list(access), values: list(data) }),
  service('set-request', 'with-list-and-first-datablock', { attributes: list(access), ...block }),
  service('set-response', 'normal', { accessResult: octet }),
  service('set-response', 'datablock', { blockNumber: long }),
  service('set-response', 'last-datablock', { accessResult: octet, blockNumber: long }),
  service('set-response', 'last-datablock-with-list', { results: list(octet), blockNumber: long }),
  service('set-response', 'with-list', { results: list(octet) }),
];

export const actionResult = fc.record({ actionResult: octet, returned: dataOrResult }, { requiredKeys: ['actionResult'] });
const actions: fc.Arbitrary<Apdu>[] = [
  service('action-request', 'normal', { method: reference }),
  service('action-request', 'normal', { method: reference, parameters: data }),
  service('action-request', 'next-pblock', { blockNumber: long }),
  service('action-request', 'with-list', { methods: list(reference), parameters: list(data) }),
  service('action-request', 'with-first-pblock', { method: reference, ...block }),
  service('action-request', 'with-list-and-first-pblock', { methods: list(reference), ...block }),
  service('action-request', 'with-pblock', block),
  joined(service('action-response', 'normal', {}), actionResult),
  service('action-response', 'with-pblock', block),
  service('action-response', 'with-list', { results: list(actionResult) }),
  service('action-response', 'next-pblock', { blockNumber: long }),
];

const variable: fc.Arbitrary<VariableAccess> = fc.oneof(
  fc.record({ kind: constant('name'), variableName: short }),
  fc.record({ kind: constant('parameterized'), variableName: short, selector: octet, parameter: data }),
  fc.record({ kind: constant('block-number'), blockNumber: short }),
  fc.record({ kind: constant('data-block'), ...shortBlock }),
  fc.record({ kind: constant('write-data-block'), lastBlock: fc.boolean(), blockNumber: short }),
);

const shortNames: fc.Arbitrary<Apdu>[] = [
  fc.record({ pdu: constant('read-request'), variables: list(variable) }),
  fc.record({
    pdu: constant('read-response'),
    results: list(fc.oneof(dataOrResult, fc.record({ block: fc.record(shortBlock) }), fc.record({ blockNumber: short }))),
  }),
  fc.record({ pdu: fc.constantFrom('write-request', 'unconfirmed-write-request'), variables: list(variable), values: list(data) }),
  fc.record({ pdu: constant('write-response'), results: list(fc.oneof(fc.record({ accessResult: octet }), fc.record({ blockNumber: short }))) }),
  fc.record(
    { pdu: constant('information-report-request'), currentTime: octets(20), variables: list(variable), values: list(data) },
    { requiredKeys: ['pdu', 'variables', 'values'] },
  ),
];

const notifications: fc.Arbitrary<Apdu>[] = [
  fc.record({ pdu: constant('data-notification'), longInvokeId: fixed(4), dateTime: octets(12), body: data }),
  fc.record(
    { pdu: constant('event-notification-request'), time: octets(12), attribute: reference, value: data },
    { requiredKeys: ['pdu', 'attribute', 'value'] },
  ),
];

const signed = fc.integer({ min: -128, max: 127 });
const initiate = { dlmsVersion: octet, oldConformanceTag: fc.boolean(), conformance: fixed(3), maxReceivePduSize: short };
const initiateRequest = fc.record(
  { pdu: constant('initiate-request'), dedicatedKey: octets(40), responseAllowed: fc.boolean(), proposedQos: signed, ...initiate },
  { requiredKeys: ['pdu', 'responseAllowed', 'dlmsVersion', 'oldConformanceTag', 'conformance', 'maxReceivePduSize'] },
);
const initiateResponse = fc.record(
  { pdu: constant('initiate-response'), negotiatedQos: signed, ...initiate, vaaName: short },
  { requiredKeys: ['pdu', 'dlmsVersion', 'oldConformanceTag', 'conformance', 'maxReceivePduSize', 'vaaName'] },
);
const serviceError = fc.record({ pdu: constant('confirmed-service-error'), service: octet, errorChoice: octet, errorValue: octet });
const errors: fc.Arbitrary<Apdu>[] = [
  serviceError,
  fc.record({ pdu: constant('exception-response'), stateError: octet, serviceError: octet.filter((service) => service !== 6) }),
  fc.record({ pdu: constant('exception-response'), stateError: octet, serviceError: constant(6), invocationCounterExpected: long }),
];

const general = ['general-glo-ciphering', 'general-ded-ciphering'] as const;
const services = (Object.keys(CIPHERED_TAGS) as CipheredApdu['pdu'][]).filter((name) => !general.includes(name as never));
const sealed = { securityControl: octet, invocationCounter: long, content: octets() };
const ciphered: fc.Arbitrary<CipheredApdu>[] = [
  fc.record({ pdu: fc.constantFrom(...services), ...sealed }),
  fc.record({ pdu: fc.constantFrom(...general), systemTitle: octets(8), ...sealed }),
];

const userInformation = fc.oneof(initiateRequest, initiateResponse, serviceError, ...ciphered);
/** Tag numbers that no member has, rising. */
const otherFields = (numbers: readonly number[]) =>
  fc
    .tuple(fc.subarray([...numbers], { minLength: 1 }), octets(20), fc.constantFrom(0x80, 0xa0))
    .map(([chosen, content, form]) => chosen.map((number) => ({ tag: form | number, octets: content })));
const acse = {
  contextName: fc.constantFrom('LN', 'SN', 'LN-ciphered', 'SN-ciphered'),
  protocolVersion: octets(4),
  acseRequirements: constant('authentication'),
  mechanism: octet,
  authenticationValue: octets(64),
  userInformation,
} as const;
const associations: fc.Arbitrary<Apdu>[] = [
  fc.record(
    { pdu: constant('AARQ'), ...acse, callingApTitle: octets(8), otherFields: otherFields([2, 3, 7, 9, 13, 29]) },
    { requiredKeys: ['pdu', 'contextName'] },
  ),
  fc.record(
    {
      pdu: constant('AARE'),
      ...acse,
      result: octet,
      diagnosticSource: fc.constantFrom('acse-service-user', 'acse-service-provider'),
      diagnostic: octet,
      respondingApTitle: octets(8),
      otherFields: otherFields([5, 6, 7, 11, 29]),
    },
    { requiredKeys: ['pdu', 'contextName', 'result', 'diagnosticSource', 'diagnostic'] },
  ),
  fc.record({ pdu: fc.constantFrom('RLRQ', 'RLRE'), reason: octet, otherFields: otherFields([1, 5]), userInformation }, { requiredKeys: ['pdu'] }),
];

/** One for each shape, so that a test can be sure of all. */
export const SHAPES: readonly fc.Arbitrary<Apdu>[] = [
  ...gets,
  ...sets,
  ...actions,
  ...shortNames,
  ...notifications,
  initiateRequest,
  initiateResponse,
  ...errors,
  ...ciphered,
  ...associations,
];
