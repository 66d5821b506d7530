/** What the MPAN machine asks for: the engine's own effects only. */
import type { AnnounceParams, ClearAlertParams, ForgetParams, RaiseAlertParams, RemindParams, TellParams } from '../common/effects.ts';
import type { D0155Line } from '../dtn/events.ts';
import { hasRoutingFacts, type MpanContext } from './context.ts';

export type MpanEffect =
  | { readonly type: 'remind'; readonly params: RemindParams }
  | { readonly type: 'forget'; readonly params: ForgetParams }
  | { readonly type: 'tell'; readonly params: TellParams }
  | { readonly type: 'announce'; readonly params: AnnounceParams }
  | { readonly type: 'raiseAlert'; readonly params: RaiseAlertParams }
  | { readonly type: 'clearAlert'; readonly params: ClearAlertParams };

/** A pure step of the record: what it becomes, and what is asked for. */
export interface Step {
  readonly context: MpanContext;
  readonly effects: readonly MpanEffect[];
}

export const unchanged = (context: MpanContext): Step => ({ context, effects: [] });

/** `updated`: members of the record that changed. */
export function announceUpdated(changed: readonly string[], more: AnnounceParams['data'] = {}): MpanEffect[] {
  return changed.length === 0 ? [] : [{ type: 'announce', params: { what: 'updated', data: { changed: [...new Set(changed)], ...more } } }];
}

/** Answers to the processes that wait for routing facts, once they are known; they wait no longer. */
export function answerWaiting(context: MpanContext, at: number): Step {
  if (context.waiting.length === 0 || !hasRoutingFacts(context.facts)) return unchanged(context);
  return { context: { ...context, waiting: [] }, effects: context.waiting.map((requestId) => tellFacts(context, requestId, at)) };
}

/** `facts.known` to the process that asked. */
export function tellFacts(context: MpanContext, requestId: string, at: number): MpanEffect {
  const { facts } = context;
  return {
    type: 'tell',
    params: {
      to: `appointment:${requestId}`,
      key: context.mpan,
      event: {
        type: 'facts.known',
        at,
        distributorDipId: facts.distributor_dip_id ?? null,
        gspGroupId: facts.gsp_group_id ?? null,
        marketSegment: facts.market_segment ?? null,
        prospectiveMarketSegment: facts.prospective_market_segment ?? null,
        legacyMop: facts.legacy_mop_mpid ?? null,
        registrationEffectiveFrom: facts.registration_efd ?? null,
        cssRegistrationId: facts.css_registration_id ?? null,
      },
    },
  };
}

/** D0155 to our DTN actor: appoint the legacy meter operator (appointments 9.3). */
export function tellD0155(context: MpanContext, mop: string, from: string, at: number): MpanEffect {
  const { facts } = context;
  const line: D0155Line = {
    mpan: context.mpan,
    recipient: mop,
    registrationEffectiveFrom: facts.registration_efd ?? from,
    appointedFrom: from,
    addressLines: facts.address_lines ?? [],
    postcode: facts.postcode ?? null,
    contractReference: null,
    gspGroupId: facts.gsp_group_id ?? null,
    test: false,
    reference: `mpan:${context.mpid}:${context.mpan}`,
    referenceKey: context.mpan,
  };
  return { type: 'tell', params: { to: `dtn:${context.mpid}`, key: context.mpid, event: { type: 'line.added', at, flow: 'D0155', line } } };
}
