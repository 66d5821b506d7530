/** The market's answers to an appointment, by the simulator's own hand, decoded as the engine decodes them. */
import { decodeMessage } from '../../../actors/dip/index.ts';
import type { Json } from '../../../machines/common/effects.ts';
import type { MarketMessage } from '../../../machines/market/message.ts';
import type { Flow } from '../../sim/market/flow.ts';
import { londonMidnight } from '../../sim/market/london.ts';
import { channelOf, renderStep } from '../../sim/market/messages.ts';
import { planFlow } from '../../sim/market/plan.ts';
import { SUPPLIER } from '../../sim/market/seed.ts';

const PACE = { initialMs: 1, outcomeMs: 2, activeMs: 3, respectEffectiveDate: false };
const INSTANCE = 'bench';

export interface Answer {
  readonly message: MarketMessage;
  /** The item's payload as it came. */
  readonly raw: Json;
}

/** IF-032 A, IF-035 A and IF-036 for an accepted request. @param n unique per request; @param date settlement date */
export function answersTo(n: number, mpan: string, sur: string, correlation: string, date: string, at: number): readonly Answer[] {
  const flow: Flow = {
    n,
    at,
    correlation,
    transaction: `T-${n}`,
    rule: null,
    rejection: null,
    incumbent: null,
    sur,
    supplier: SUPPLIER.dipId,
    mpan,
    distributor: '2500000033',
    gsp: '_H',
    event: '[MSApp]',
    environment: 'DEV',
    service: '1200000015',
    serviceMpid: 'MOPX',
    effectiveFrom: londonMidnight(date),
    contract: 'MSA001',
    scenario: 'CSP',
    cssRegistrationId: null,
  };
  return planFlow(flow, PACE).map((step) => {
    const { payload } = JSON.parse(renderStep(INSTANCE, flow, step, SUPPLIER.mpid)) as { payload: Json };
    const decoded = decodeMessage(payload, channelOf(flow, step), { receivedAt: at, test: false });
    if (decoded.kind === 'error') throw new Error(`${channelOf(flow, step)}: ${decoded.error.field} ${decoded.error.text}`);
    return { message: decoded.message, raw: payload };
  });
}
