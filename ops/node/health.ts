/** Readiness: `down` when work cannot be taken, `degraded` when something waits outside (the bus, the DIP, modem lines, a person). */
import type { OpenBus } from '../../actors/bus/index.ts';
import type { Engine } from '../../actors/engine/index.ts';
import type { Store } from '../../actors/store/index.ts';
import type { HealthReport, HealthStatus } from '../../gateway/ops/health.ts';
import { linesOut } from './lines-out.ts';
import type { MeterWork } from './meter-work.ts';

export interface HealthParts {
  readonly store: Pick<Store, 'health'>;
  readonly engine: Pick<Engine, 'backlog' | 'queued'>;
  readonly bus: Pick<OpenBus, 'connected' | 'problem'>;
  /** Why nothing goes to the DIP, or null. */
  readonly dipTrouble: () => string | null;
  readonly meters: Pick<MeterWork, 'lines' | 'sessions' | 'stopSwitch'>;
  readonly stopping: () => boolean;
}

export async function health(parts: HealthParts): Promise<HealthReport> {
  const { writable, text } = await parts.store.health();
  const trouble = parts.dipTrouble();
  const behind = parts.engine.backlog().filter((channel) => channel.behind);
  const checks: HealthReport['checks'] = {
    engine: parts.stopping() ? { status: 'down', text: 'is stopping' } : { status: 'ok', text: `${parts.engine.queued} commands wait` },
    store: { status: writable ? 'ok' : 'down', text },
    nats: parts.bus.connected ? { status: 'ok', text: 'connected' } : { status: 'degraded', text: parts.bus.problem ?? 'away' },
    dip: trouble === null ? { status: 'ok', text: 'open' } : { status: 'degraded', text: trouble },
    outbox:
      behind.length === 0
        ? { status: 'ok', text: 'nothing waits in the store alone' }
        : { status: 'ok', text: `more waits than memory holds: ${behind.map((channel) => channel.channel).join(', ')}` },
    meters: meterCheck(parts.meters),
  };
  return { status: worst(Object.values(checks).map((check) => check.status)), checks };
}

function meterCheck({ lines, sessions, stopSwitch }: HealthParts['meters']): HealthReport['checks'][string] {
  if (stopSwitch.on) return { status: 'degraded', text: `the stop switch is on, by ${stopSwitch.state.by}: ${stopSwitch.state.reason}` };
  const out = linesOut(lines.lines());
  return out === null ? { status: 'ok', text: `${sessions.size} sessions run` } : { status: 'degraded', text: out };
}

function worst(all: readonly HealthStatus[]): HealthStatus {
  if (all.includes('down')) return 'down';
  return all.includes('degraded') ? 'degraded' : 'ok';
}
