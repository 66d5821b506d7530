/** What the gateway is given of the meter work. */
import { MeterActions, type MtsOptions } from '../../gateway/mts/index.ts';
import type { MetersDeps } from '../../gateway/ops/meters.ts';
import type { MeterViews } from './meter-views.ts';
import type { MeterWork } from './meter-work.ts';

/** @param views of all nodes, where there are many */
export function meterRoutesDeps(work: MeterWork, mts: MtsOptions, views?: MeterViews): MetersDeps {
  return {
    ...(views ? { allSessions: (limit: number) => views.sessions(limit), allLines: () => views.lines() } : {}),
    actions: new MeterActions({ actions: work.actions, passwords: work.passwords }),
    rules: { profiles: work.profiles, addresses: work.addresses },
    sessions: work.sessions,
    lines: () => work.lines.lines(),
    stopSwitch: work.stopSwitch,
    whyAction: (doc) => work.why(doc),
    meterKeys: {
      store: work.meterKeys,
      canonicalOf: (text) => {
        const address = work.addresses.parse(text);
        return address.kind === 'refused' ? undefined : address.canonical;
      },
    },
    mts,
  };
}
