/**
 * The simulator's own strict reading of an IF-031 (appointments 3, 4.2 and schema 011): every rule is checked here by hand, so that a
 * mistake in the engine's schemas cannot hide itself.
 */
import { isMarketDateTime } from './london.ts';

/** What REGS needs of an accepted IF-031. */
export interface AppointmentRequest {
  readonly sur: string;
  readonly supplier: string;
  readonly mpan: string;
  readonly distributor: string;
  readonly gsp: string;
  readonly event: string;
  readonly environment: string;
  readonly service: string;
  readonly serviceMpid: string;
  /** 25-character form, as sent. */
  readonly effectiveFrom: string;
  readonly contract: string | null;
  readonly scenario: string;
  readonly cssRegistrationId: string | null;
}

export type Checked =
  | { readonly ok: true; readonly request: AppointmentRequest }
  | { readonly ok: false; readonly sur: string | null; readonly field: string; readonly rule: string };

const SUR = /^S-((IF|REP)-)?\d{3}[A-B]?-[0-9a-fA-F]{10}-[A-Z]{3,5}-\d{8}-[a-zA-Z0-9]+$/;
const DIP_ID = /^[0-9A-Za-z]{10}$/;
const SCENARIOS = new Set(['COS', 'CSP', 'USP', 'SEG', 'MCA', 'MCS']);
const ENVIRONMENTS = new Set(['PRD', 'SITB', 'SIT', 'UIT', 'DEV']);
const ITEM = ['payload'];
const PAYLOAD = ['CommonBlock', 'CustomBlock'];
const COMMON = ['S0', 'S1', 'M0'];
const S0 = ['interfaceID', 'schemaVersion', 'eventCode'];
const S1 = [
  'environmentTag',
  'subText',
  'senderUniqueReference',
  'senderTimestamp',
  'senderDIPID',
  'senderRoleID',
  'senderCorrelationID',
  'DIPConnectionProviderID',
];
const M0 = ['MPANCore', 'distributorDIPID', 'GSPGroupID'];
const B070 = [
  'proposedMeteringServiceDIPID',
  'proposedMeteringServiceMPID',
  'proposedMeteringServiceDIPEffectiveFromDate',
  'contractReferenceMeteringService',
  'appointmentScenario',
];
const B013 = ['CSSRegistrationID'];

type Obj = Record<string, unknown>;
type Failure = { readonly field: string; readonly rule: string };

function isObject(value: unknown): value is Obj {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** All of `keys` present, nothing else but `optional`. */
function shape(value: unknown, path: string, keys: readonly string[], optional: readonly string[] = []): Failure | null {
  if (!isObject(value)) return { field: path, rule: 'must be an object' };
  for (const key of keys) if (!Object.hasOwn(value, key)) return { field: `${path}.${key}`, rule: 'is required' };
  for (const key in value) if (!keys.includes(key) && !optional.includes(key)) return { field: `${path}.${key}`, rule: 'is not allowed' };
  return null;
}

function isText(value: unknown, pattern: RegExp): value is string {
  return typeof value === 'string' && pattern.test(value);
}

function checkS1(s1: Obj): Failure | null {
  if (typeof s1.environmentTag !== 'string' || !ENVIRONMENTS.has(s1.environmentTag))
    return { field: 'S1.environmentTag', rule: 'must be PRD, SITB, SIT, UIT or DEV' };
  if (s1.subText !== null && !(typeof s1.subText === 'string' && s1.subText.length <= 500))
    return { field: 'S1.subText', rule: 'must be null or at most 500 characters' };
  if (!isText(s1.senderUniqueReference, SUR) || s1.senderUniqueReference.length > 200)
    return { field: 'S1.senderUniqueReference', rule: 'does not match the pattern' };
  if (!isMarketDateTime(s1.senderTimestamp)) return { field: 'S1.senderTimestamp', rule: 'must have 25 characters with a numeric offset' };
  if (!isText(s1.senderDIPID, DIP_ID)) return { field: 'S1.senderDIPID', rule: 'must have 10 characters' };
  if (s1.senderRoleID !== 'SUP') return { field: 'S1.senderRoleID', rule: 'must be SUP on IF-031' };
  const correlation = s1.senderCorrelationID;
  if (correlation !== null && !isText(correlation, /^.{1,60}$/)) return { field: 'S1.senderCorrelationID', rule: 'must be null or at most 60 characters' };
  const provider = s1.DIPConnectionProviderID;
  if (provider !== null && !isText(provider, DIP_ID)) return { field: 'S1.DIPConnectionProviderID', rule: 'must be null or have 10 characters' };
  const parts = s1.senderUniqueReference.split('-');
  if (parts[1] !== 'IF' || parts[2] !== '031' || parts[3] !== s1.senderDIPID || parts[4] !== 'SUP')
    return { field: 'S1.senderUniqueReference', rule: 'does not name the interface and sender' };
  return null;
}

function checkM0(m0: Obj): Failure | null {
  if (!isText(m0.MPANCore, /^\d{13}$/)) return { field: 'M0.MPANCore', rule: 'must be 13 digits as text' };
  if (!isText(m0.distributorDIPID, DIP_ID)) return { field: 'M0.distributorDIPID', rule: 'must have 10 characters' };
  if (!isText(m0.GSPGroupID, /^_[A-HJ-NP]$/)) return { field: 'M0.GSPGroupID', rule: 'must be _A to _P, not _I or _O' };
  return null;
}

function checkB070(block: Obj): Failure | null {
  if (!isText(block.proposedMeteringServiceDIPID, DIP_ID)) return { field: 'B070.proposedMeteringServiceDIPID', rule: 'must have 10 characters' };
  if (!isText(block.proposedMeteringServiceMPID, /^[A-Z]{4}$/)) return { field: 'B070.proposedMeteringServiceMPID', rule: 'must be 4 capital letters' };
  if (!isMarketDateTime(block.proposedMeteringServiceDIPEffectiveFromDate))
    return { field: 'B070.proposedMeteringServiceDIPEffectiveFromDate', rule: 'must have 25 characters with a numeric offset' };
  const contract = block.contractReferenceMeteringService;
  if (contract !== null && !isText(contract, /^.{1,50}$/))
    return { field: 'B070.contractReferenceMeteringService', rule: 'must be null or 1 to 50 characters' };
  if (typeof block.appointmentScenario !== 'string' || !SCENARIOS.has(block.appointmentScenario))
    return { field: 'B070.appointmentScenario', rule: 'must be COS, CSP, USP, SEG, MCA or MCS' };
  return null;
}

/** The SUR of an item, if it can be found at all, for the answer of a failing item. */
export function findSur(item: unknown): string | null {
  const sur = (item as { payload?: { CommonBlock?: { S1?: { senderUniqueReference?: unknown } } } } | null)?.payload?.CommonBlock?.S1?.senderUniqueReference;
  return typeof sur === 'string' ? sur : null;
}

function firstFailure(item: unknown): Failure | null {
  const outer = shape(item, 'item', ITEM);
  if (outer !== null) return outer;
  const payload = (item as { payload: unknown }).payload;
  const bad = shape(payload, 'payload', PAYLOAD);
  if (bad !== null) return bad;
  const { CommonBlock: common, CustomBlock: custom } = payload as { CommonBlock: Obj; CustomBlock: Obj };
  const blocks =
    shape(common, 'CommonBlock', COMMON) ??
    shape(common.S0, 'S0', S0) ??
    shape(common.S1, 'S1', S1) ??
    shape(common.M0, 'M0', M0) ??
    shape(custom, 'CustomBlock', ['B070'], ['B013']) ??
    shape(custom.B070, 'B070', B070) ??
    (Object.hasOwn(custom, 'B013') ? shape(custom.B013, 'B013', B013) : null);
  if (blocks !== null) return blocks;
  const s0 = common.S0 as Obj;
  if (s0.interfaceID !== 'IF-031') return { field: 'S0.interfaceID', rule: 'must be IF-031 on this channel' };
  if (s0.schemaVersion !== '011') return { field: 'S0.schemaVersion', rule: 'must be 011' };
  if (s0.eventCode !== '[MSApp]') return { field: 'S0.eventCode', rule: 'must be [MSApp]' };
  const css = custom.B013 as Obj | undefined;
  if (css !== undefined && !isText(css.CSSRegistrationID, /^.{1,36}$/)) return { field: 'B013.CSSRegistrationID', rule: 'must be 1 to 36 characters' };
  return checkS1(common.S1 as Obj) ?? checkM0(common.M0 as Obj) ?? checkB070(custom.B070 as Obj);
}

/** Checks one parsed item of `POST /dip-channel/IF-031`. */
export function checkAppointment(item: unknown): Checked {
  const failure = firstFailure(item);
  if (failure !== null) return { ok: false, sur: findSur(item), ...failure };
  const { CommonBlock: common, CustomBlock: custom } = (
    item as { payload: { CommonBlock: Record<string, Record<string, string>>; CustomBlock: Record<string, Record<string, string>> } }
  ).payload;
  const { S0: s0 = {}, S1: s1 = {}, M0: m0 = {} } = common;
  const { B070: b070 = {}, B013: b013 } = custom;
  return {
    ok: true,
    request: {
      sur: s1.senderUniqueReference ?? '',
      supplier: s1.senderDIPID ?? '',
      mpan: m0.MPANCore ?? '',
      distributor: m0.distributorDIPID ?? '',
      gsp: m0.GSPGroupID ?? '',
      event: s0.eventCode ?? '',
      environment: s1.environmentTag ?? '',
      service: b070.proposedMeteringServiceDIPID ?? '',
      serviceMpid: b070.proposedMeteringServiceMPID ?? '',
      effectiveFrom: b070.proposedMeteringServiceDIPEffectiveFromDate ?? '',
      contract: b070.contractReferenceMeteringService ?? null,
      scenario: b070.appointmentScenario ?? '',
      cssRegistrationId: b013?.CSSRegistrationID ?? null,
    },
  };
}
