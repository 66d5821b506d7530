/**
 * From the JSON of one item to a `MarketMessage` (appointments 3, 4.2). `x` means that the DIP hides the value from us and is
 * read as unknown. Never throws.
 */
import type { EpochMs } from '../../machines/common/effects.ts';
import type { DeAppointment, MarketMessage, Response, ResponseCode, ServiceBlock } from '../../machines/market/message.ts';
import { readInstant, readSettlementDate } from './dates.ts';
import { decodeActive } from './decode-active.ts';
import { type Block, blockOf, textOf } from './fields.ts';
import { incomingSchema } from './schema/index.ts';

/** Deeper nesting than any block has is an attack on whoever walks it later. */
const MAX_DEPTH = 24;
const INTERFACE = /^(IF|REP)-\d{3}[A-B]?$/;
const MPAN = /^\d{13}$/;

export interface DecodeError {
  readonly code: 'not_an_object' | 'too_deep' | 'schema';
  /** JSON pointer into the payload. */
  readonly field: string;
  readonly text: string;
  /** What could be read of the envelope all the same, for the answer. */
  readonly sur: string | null;
  readonly transactionId: string | null;
  readonly senderDipId: string | null;
}

export type Decoded =
  | { readonly kind: 'ok'; readonly message: MarketMessage; readonly known: boolean }
  | { readonly kind: 'error'; readonly error: DecodeError };

export interface DecodeFacts {
  /** Stands in for a missing or unreadable timestamp. */
  readonly receivedAt: EpochMs;
  readonly test: boolean;
}

/** Decode the member `payload` of one item. `interfaceId` is the callback's, used when the message does not name its own. */
export function decodeMessage(payload: unknown, interfaceId: string, facts: DecodeFacts): Decoded {
  const root = blockOf(payload);
  if (root === null) return failed(null, 'not_an_object', '', 'payload must be an object');
  if (!withinDepth(root, MAX_DEPTH)) return failed(root, 'too_deep', '', `payload is nested more than ${MAX_DEPTH} levels`);
  const eventCode = textOf(blockOf(blockOf(root.CommonBlock)?.S0)?.eventCode);
  const { schema, known } = incomingSchema(eventCode ?? '');
  if (!schema.Check(root)) {
    const first = schema.Errors(root)[0];
    return failed(root, 'schema', first?.instancePath ?? '', first?.message ?? 'does not fit the schema');
  }
  return { kind: 'ok', known, message: toMessage(root, known ? root.CustomBlock : undefined, interfaceId, facts) };
}

function toMessage(root: Block, customBlock: unknown, interfaceId: string, facts: DecodeFacts): MarketMessage {
  const common = blockOf(root.CommonBlock) ?? {};
  const s0 = blockOf(common.S0) ?? {};
  const s1 = blockOf(common.S1) ?? {};
  const a0 = blockOf(common.A0);
  const d0 = blockOf(common.D0);
  const m0 = blockOf(common.M0);
  const custom = blockOf(customBlock) ?? {};
  const sur = textOf(s1.senderUniqueReference) ?? '';
  const named = textOf(s0.interfaceID) ?? textOf(s0.InterfaceID);
  const mpan = textOf(m0?.MPANCore);
  const incoming = blockOf(custom.B014);
  return {
    interface: named !== null && INTERFACE.test(named) ? named : interfaceId,
    eventCode: textOf(s0.eventCode) ?? '',
    sur,
    senderDipId: textOf(s1.senderDIPID) ?? '',
    senderRole: textOf(s1.senderRoleID) ?? '',
    senderCorrelationId: textOf(s1.senderCorrelationID),
    transactionId: textOf(d0?.transactionID) ?? sur,
    transactionAt: readInstant(d0?.transactionTimestamp) ?? readInstant(s1.senderTimestamp) ?? facts.receivedAt,
    initialCorrelationId: textOf(d0?.initialCorrelationID),
    replay: d0?.replayIndicator === true,
    recipients: a0 === null ? [] : [...list(a0.primaryRecipients), ...list(a0.secondaryRecipients), ...list(a0.always)],
    mpan: mpan !== null && MPAN.test(mpan) ? mpan : null,
    distributorDipId: textOf(m0?.distributorDIPID),
    gspGroupId: textOf(m0?.GSPGroupID),
    response: toResponse(blockOf(common.R0)),
    outcome: toOutcome(blockOf(custom.B007)),
    requestingSupplier: toParty(blockOf(custom.B012), 'serviceProviderAppointmentRequestingSupplier'),
    proposed: toService(blockOf(custom.B070), 'proposedMeteringService', 'proposedMeteringServiceDIPEffectiveFromDate'),
    incoming: toService(incoming, 'incomingMeteringService', 'incomingMeteringServiceEffectiveFromDate'),
    active: incoming === null ? null : decodeActive(custom),
    deAppointed: toDeAppointment(blockOf(custom.B008), 'Metering'),
    successor: toSuccessor(blockOf(custom.B010)),
    incomingSupplier: toIncomingSupplier(blockOf(custom.B002)),
    cssRegistrationId: textOf(blockOf(custom.B013)?.CSSRegistrationID),
    mhhsRegimeEnd: readSettlementDate(blockOf(custom.B094)?.MHHSRegimeEndDate),
    reverseMop: toReverseMop(blockOf(custom.B095)),
    dataServiceDeAppointed: toDeAppointment(blockOf(custom.B009), 'Data'),
    test: facts.test,
  };
}

function toCode(value: unknown): ResponseCode | null {
  return value === 'A' || value === 'R' || value === 'L' || value === 'W' || value === 'x' ? value : null;
}

/** A code that the market does not have is shown as `x`: not to be relied on. */
function toResponse(block: Block | null): Response | null {
  if (block === null || block.responseCode === undefined || block.responseCode === null) return null;
  const messages = typeof block.responseMessages === 'string' ? [block.responseMessages] : list(block.responseMessages);
  return { code: toCode(block.responseCode) ?? 'x', messages };
}

function toOutcome(block: Block | null): MarketMessage['outcome'] {
  if (block === null || block.responseCode === undefined || block.responseCode === null) return null;
  return { code: toCode(block.responseCode) ?? 'x', text: textOf(block.proposedAppointmentResponseCode) };
}

function toParty(block: Block | null, prefix: string): { readonly dipId: string; readonly mpid: string | null } | null {
  const dipId = textOf(block?.[`${prefix}DIPID`]);
  return block === null || dipId === null ? null : { dipId, mpid: textOf(block[`${prefix}MPID`]) };
}

/** Null when provider or date is hidden: half a block identifies nothing. */
function toService(block: Block | null, prefix: string, dateMember: string): ServiceBlock | null {
  const party = toParty(block, prefix);
  const effectiveFrom = readSettlementDate(block?.[dateMember]);
  if (block === null || party === null || effectiveFrom === null) return null;
  return { ...party, effectiveFrom, contractReference: textOf(block.contractReferenceMeteringService), scenario: textOf(block.appointmentScenario) ?? '' };
}

function toDeAppointment(block: Block | null, side: 'Metering' | 'Data'): DeAppointment | null {
  const party = toParty(block, `deAppointed${side}Service`);
  if (block === null || party === null) return null;
  const dates = `${side.toLowerCase()}ServiceEffective`;
  return {
    ...party,
    effectiveFrom: readSettlementDate(block[`${dates}FromDate`]),
    effectiveTo: readSettlementDate(block[`${dates}ToDate`]),
    reason: textOf(block.deAppointmentReasonCode),
  };
}

function toSuccessor(block: Block | null): MarketMessage['successor'] {
  const party = toParty(block, 'incomingMeteringService');
  return party === null ? null : { ...party, effectiveFrom: readSettlementDate(block?.incomingMeteringServiceEffectiveFromDate) };
}

/** Published examples call the date `incomingSupplierEffectiveFromDate`. */
function toIncomingSupplier(block: Block | null): MarketMessage['incomingSupplier'] {
  const party = toParty(block, 'incomingSupplier');
  return party === null ? null : { ...party, effectiveFrom: readSettlementDate(block?.supplierEffectiveFromDate ?? block?.incomingSupplierEffectiveFromDate) };
}

function toReverseMop(block: Block | null): MarketMessage['reverseMop'] {
  const mpid = textOf(block?.ReverseMigrationIncomingMOPMPID);
  return mpid === null ? null : { mpid, effectiveFrom: readSettlementDate(block?.ReverseMigrationIncomingMOPEffectiveFromDate) };
}

function list(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];
}

function failed(root: Block | null, code: DecodeError['code'], field: string, text: string): Decoded {
  const common = blockOf(root?.CommonBlock);
  const s1 = blockOf(common?.S1);
  const id = (value: unknown): string | null => (typeof value === 'string' && value.length <= 200 ? value : null);
  return {
    kind: 'error',
    error: { code, field, text, sur: id(s1?.senderUniqueReference), transactionId: id(blockOf(common?.D0)?.transactionID), senderDipId: id(s1?.senderDIPID) },
  };
}

function withinDepth(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (levels === 0) return false;
  for (const member of Object.values(value)) if (!withinDepth(member, levels - 1)) return false;
  return true;
}
