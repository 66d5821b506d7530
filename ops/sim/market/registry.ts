/** REGS: its meter points, and the checks by which it accepts or rejects an IF-031 (appointments 4.3). */
import { daysBetween, isLondonMidnight, londonDate } from './london.ts';
import type { AppointmentRequest } from './schema.ts';
import { AGENTS, DOCUMENTED_MPAN, hasCheckDigit, isUnmigrated, seededIndex } from './seed.ts';

/** What the registry holds of a meter point. */
export interface MeterPoint {
  readonly mpan: string;
  readonly migrated: boolean;
  /** Current metering service, null while none is appointed. */
  readonly service: { readonly dipId: string; readonly mpid: string; readonly from: string } | null;
  readonly known: boolean;
}

export interface RegistryOptions {
  readonly seedMpans: number;
  /** Apply the rules on past and far dates (REG1024, REG1099). */
  readonly checkDates: boolean;
  /** Apply the rules that depend on who is appointed now (REG1025 to REG9009). */
  readonly checkScenarios: boolean;
  /** A meter point that is not seeded: accepted when its check digit is right, or rejected. */
  readonly unknownMpans: 'accept' | 'reject';
}

const INCUMBENT = { dipId: '1200000026', mpid: 'MOPY', from: '2025-11-01' } as const;
const serviceMpids = new Map(AGENTS.filter((agent) => ['MSS', 'MSA', 'UMSO'].includes(agent.role)).map((agent) => [agent.dip_id, agent.mpid]));

export class Registry {
  readonly #options: RegistryOptions;
  /** Only meter points that changed; the rest follows from the seed. */
  readonly #changed = new Map<string, MeterPoint>();

  constructor(options: RegistryOptions) {
    this.#options = options;
  }

  find(mpan: string): MeterPoint {
    const changed = this.#changed.get(mpan);
    if (changed !== undefined) return changed;
    const index = seededIndex(mpan, this.#options.seedMpans);
    const unmigrated = index >= 0 && isUnmigrated(index);
    return { mpan, migrated: !unmigrated, service: unmigrated ? null : INCUMBENT, known: index >= 0 || mpan === DOCUMENTED_MPAN };
  }

  /** An appointment became active. */
  appoint(mpan: string, dipId: string, mpid: string, from: string): void {
    this.#changed.set(mpan, { mpan, migrated: true, service: { dipId, mpid, from }, known: true });
  }

  /** The reason to reject a request, `REG1021 - text`, or null. */
  reject(request: AppointmentRequest, now: number): string | null {
    const point = this.find(request.mpan);
    if (!point.known && (this.#options.unknownMpans === 'reject' || !hasCheckDigit(request.mpan))) return 'REG0000 - MPAN invalid';
    if (!isLondonMidnight(request.effectiveFrom)) return 'REG1032 - Effective from date is not local midnight';
    if (this.#options.checkDates) {
      const ahead = daysBetween(londonDate(now), request.effectiveFrom.slice(0, 10));
      if (ahead > 28) return 'REG1099 - Effective from date is more than 28 days ahead';
      if (ahead < -5) return 'REG1024 - Effective from date is more than 5 days in the past';
    }
    const mpid = serviceMpids.get(request.service);
    if (mpid !== undefined && mpid !== request.serviceMpid) return 'REG1090 - Metering service MPID does not match its DIP ID';
    return this.#options.checkScenarios ? this.#rejectScenario(request, point) : null;
  }

  #rejectScenario(request: AppointmentRequest, point: MeterPoint): string | null {
    const { scenario } = request;
    const migration = scenario === 'MCA' || scenario === 'MCS';
    if (migration && point.migrated) return 'REG9007 - Migration scenario is not valid on a migrated MPAN';
    if (!migration && !point.migrated) return 'REG9009 - Scenario is not valid on an unmigrated MPAN';
    if (scenario === 'USP' && point.service?.dipId !== request.service) return 'REG1025 - Update only with the currently appointed provider';
    if (scenario === 'CSP' && point.service?.dipId === request.service) return 'REG1026 - Provider is already appointed';
    return null;
  }
}
