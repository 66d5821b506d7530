/** What is watched about an installation. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { OpenBus } from '../../actors/bus/index.ts';
import type { Clock, Engine } from '../../actors/engine/index.ts';
import type { LineView } from '../../actors/line/index.ts';
import type { Store } from '../../actors/store/index.ts';
import { linesOut } from './lines-out.ts';
import type { Condition } from './watch.ts';

export interface ConditionParts {
  readonly store: Pick<Store, 'health' | 'outboxSize'>;
  readonly bus: Pick<OpenBus, 'connected' | 'problem' | 'listenerProblem'>;
  readonly engine: Pick<Engine, 'backlog'>;
  readonly dipTrouble: () => string | null;
  readonly lines: () => readonly LineView[];
  readonly clock: Clock;
  /** Certificates that we show or sign with, PEM. */
  readonly certificates: readonly string[];
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const EXPIRY_WARNING_DAYS = 21;

export function conditions(parts: ConditionParts): readonly Condition[] {
  const { store, bus, engine, clock } = parts;
  const progress = new Map<string, number>();
  return [
    {
      code: 'disk_reserve',
      patienceMs: 0,
      look: async () => {
        const { writable, text } = await store.health();
        return writable ? null : text;
      },
    },
    { code: 'bus_away', patienceMs: MINUTE_MS / 2, look: () => (bus.connected ? null : `NATS: ${bus.problem ?? 'away'}`) },
    { code: 'nats_listener_rights', patienceMs: 0, look: () => bus.listenerProblem },
    { code: 'dip_outage', patienceMs: 10 * MINUTE_MS, look: parts.dipTrouble },
    {
      code: 'outbox_stuck',
      patienceMs: 10 * MINUTE_MS,
      look: () => {
        const still = engine.backlog().filter(({ channel, inMemory, handled }) => {
          const before = progress.get(channel);
          progress.set(channel, handled);
          return inMemory > 0 && before === handled;
        });
        return still.length === 0 ? null : `nothing moves in ${still.map(({ channel, inMemory }) => `${channel} (${inMemory} wait)`).join(', ')}`;
      },
    },
    { code: 'modem_lines_out', patienceMs: MINUTE_MS, look: () => linesOut(parts.lines()) },
    { code: 'certificate_expiring', patienceMs: 0, look: () => soonest(parts.certificates, clock.now() + EXPIRY_WARNING_DAYS * DAY_MS) },
    { code: 'certificate_expired', patienceMs: 0, look: () => soonest(parts.certificates, clock.now()) },
  ];
}

/** The first certificate that ends before `instant`, in words. */
function soonest(files: readonly string[], instant: number): string | null {
  for (const file of files) {
    const certificate = read(file);
    if (certificate && certificate.validToDate.getTime() < instant)
      return `${certificate.subject.replaceAll('\n', ', ')} ends ${certificate.validToDate.toISOString()}`;
  }
  return null;
}

function read(file: string): X509Certificate | undefined {
  try {
    return new X509Certificate(readFileSync(file));
  } catch {
    return undefined;
  }
}
