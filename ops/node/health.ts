/** Readiness: `down` when work cannot be taken, `degraded` when something waits outside (the bus, the DIP, modem lines, a person). */
import type { OpenBus } from '../../actors/bus/index.ts';
import type { ClusterHealth } from '../../actors/cluster/index.ts';
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
  /** Absent: this process is alone. */
  readonly cluster?: () => ClusterHealth;
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
    ...(parts.cluster ? { cluster: clusterCheck(parts.cluster()) } : {}),
  };
  return { status: worst(Object.values(checks).map((check) => check.status)), checks };
}

/**
 * Without a part in the cluster nothing can be done here, and what comes cannot be passed on. One that is drained still passes on what
 * comes; but it is about to be stopped, and whoever balances is to look elsewhere before that.
 */
function clusterCheck({ isReady, problem, serving, isDrained }: ClusterHealth): HealthReport['checks'][string] {
  if (isReady && isDrained) return { status: 'down', text: 'is drained: its shards are served by others' };
  return isReady ? { status: 'ok', text: `${serving} shards are served here` } : { status: 'down', text: problem ?? 'has no part in the cluster' };
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
