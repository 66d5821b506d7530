/** The newest value of every item, named as in `MpanFacts`: derived from rows and versions after each change. */
import { DATED_ITEMS, type MpanContext } from './context.ts';
import type { MpanFacts } from './events.ts';
import type { Rows } from './rows.ts';

export type ServiceFacts = { readonly dipId: string | null; readonly mpid: string | null; readonly efd: string | null; readonly etd: string | null };

/** The four members of a service. */
export function serviceFacts(facts: MpanFacts, service: 'metering_service' | 'data_service'): ServiceFacts {
  return service === 'metering_service'
    ? {
        dipId: facts.metering_service_dip_id ?? null,
        mpid: facts.metering_service_mpid ?? null,
        efd: facts.metering_service_efd ?? null,
        etd: facts.metering_service_etd ?? null,
      }
    : {
        dipId: facts.data_service_dip_id ?? null,
        mpid: facts.data_service_mpid ?? null,
        efd: facts.data_service_efd ?? null,
        etd: facts.data_service_etd ?? null,
      };
}

/** `facts` with the last row of each service and the last version of each dated item written over. */
export function latestFacts(context: Pick<MpanContext, 'facts' | 'versions' | 'meteringServices' | 'dataServices'>): MpanFacts {
  const facts: Record<string, unknown> = { ...context.facts };
  for (const item of DATED_ITEMS) {
    const last = context.versions[item]?.at(-1);
    if (last !== undefined) facts[item] = last.value;
  }
  writeService(facts, 'metering_service', context.meteringServices);
  writeService(facts, 'data_service', context.dataServices);
  return facts as MpanFacts;
}

function writeService(facts: Record<string, unknown>, service: string, rows: Rows): void {
  const last = rows.at(-1);
  if (last === undefined) return;
  facts[`${service}_dip_id`] = last.dipId;
  facts[`${service}_mpid`] = last.mpid;
  facts[`${service}_efd`] = last.efd;
  facts[`${service}_etd`] = last.etd;
}
