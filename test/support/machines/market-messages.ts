/** Decoded market messages for tests: the cast of appointments 5, values as an untroubled market would send them. */
import type { MarketMessage, ResponseCode } from '../../../machines/market/message.ts';

export const SUPX = { mpid: 'SUPX', dipId: '2300000012' } as const;
export const MOPX = { mpid: 'MOPX', dipId: '1200000015' } as const;
export const MPAN = '2000056535971';
export const EFFECTIVE = '2026-03-30';
export const CORRELATION = 'CI-20260324-7d1f0a9be2c34455';
/** 2026-03-24 10:35 in London. */
export const T0 = Date.UTC(2026, 2, 24, 10, 35);

let counter = 0;

/** An empty message of an interface; every one has its own SUR and transaction. */
export function message(interfaceId: string, eventCode: string, more: Partial<MarketMessage> = {}): MarketMessage {
  const n = String(++counter).padStart(12, '0');
  return {
    interface: interfaceId,
    eventCode,
    sur: `S-${interfaceId}-2200000003-REGS-20260324-${n}`,
    senderDipId: '2200000003',
    senderRole: 'REGS',
    senderCorrelationId: CORRELATION,
    transactionId: `T-${interfaceId}-2200000003-REGS-20260324-${n}`,
    transactionAt: T0 + 60_000,
    initialCorrelationId: CORRELATION,
    replay: false,
    recipients: [SUPX.dipId],
    mpan: MPAN,
    distributorDipId: '2500000033',
    gspGroupId: '_H',
    response: null,
    outcome: null,
    requestingSupplier: null,
    proposed: null,
    incoming: null,
    active: null,
    deAppointed: null,
    successor: null,
    incomingSupplier: null,
    cssRegistrationId: null,
    mhhsRegimeEnd: null,
    reverseMop: null,
    dataServiceDeAppointed: null,
    test: false,
    ...more,
  };
}

const service = { dipId: MOPX.dipId, mpid: MOPX.mpid, effectiveFrom: EFFECTIVE, contractReference: 'MSA20260330', scenario: 'CSP' } as const;

/** IF-032. Code null: R0 absent. */
export function if032(code: ResponseCode | null, texts: readonly string[] = [], more: Partial<MarketMessage> = {}): MarketMessage {
  return message('IF-032', '[MSAppInitialResp]', { response: code === null ? null : { code, messages: texts }, proposed: service, ...more });
}

const EVENTS = { A: '[MSAppAccepted]', R: '[MSAppRejected]', L: '[MSAppLapsed]', W: '[MSAppAccepted]', x: '[MSAppAccepted]' } as const;

export function if035(code: ResponseCode, text: string | null = null, more: Partial<MarketMessage> = {}): MarketMessage {
  return message('IF-035', EVENTS[code], { outcome: { code, text }, requestingSupplier: SUPX, proposed: service, ...more });
}

export function if036(more: Partial<MarketMessage> = {}): MarketMessage {
  return message('IF-036', '[MSAppActive]', { requestingSupplier: SUPX, incoming: service, active: {}, ...more });
}

/** IF-036 of another metering service. */
export function if036Of(dipId: string, effectiveFrom: string = EFFECTIVE, more: Partial<MarketMessage> = {}): MarketMessage {
  return if036({ incoming: { ...service, dipId, mpid: 'MOPQ', effectiveFrom }, ...more });
}

const outgoing = { dipId: '1200000026', mpid: 'MOPY', effectiveFrom: '2024-04-01', effectiveTo: '2026-03-29' } as const;

export function if037(reason: string, more: Partial<MarketMessage> = {}): MarketMessage {
  return message('IF-037', '[MSDeApp]', { senderCorrelationId: null, initialCorrelationId: null, deAppointed: { ...outgoing, reason }, ...more });
}

export function if003(eventCode = '[MSDeAppRM]', more: Partial<MarketMessage> = {}): MarketMessage {
  const incomingSupplier = { dipId: '2300000067', mpid: 'SUPW', effectiveFrom: EFFECTIVE };
  return message('IF-003', eventCode, {
    senderCorrelationId: null,
    initialCorrelationId: null,
    deAppointed: { ...outgoing, reason: 'CSUPP' },
    incomingSupplier,
    ...more,
  });
}

export const toUs = (effectiveFrom: string | null = EFFECTIVE): NonNullable<MarketMessage['incomingSupplier']> => ({
  dipId: SUPX.dipId,
  mpid: SUPX.mpid,
  effectiveFrom,
});
export const toAnother = (effectiveFrom: string | null = EFFECTIVE): NonNullable<MarketMessage['incomingSupplier']> => ({
  dipId: '2300000045',
  mpid: 'SUPZ',
  effectiveFrom,
});
