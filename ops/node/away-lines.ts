/**
 * Lines of all nodes as one pool: what this node has is lent to the owners of addresses anywhere, and what it owns runs where a line is.
 *
 *   channel ─► slots (of this node) ─► leases ─► the node with a line ─► its host ─► session
 */
import type { NodeCalls } from '../../actors/cluster/index.ts';
import type { Ports } from '../../actors/engine/index.ts';
import type { LinePool, LinesOptions, RoutedAddress } from '../../actors/line/index.ts';
import { AwayHost, type AwayLimits, LineDirectory, LineLeases, RemoteSessions } from '../../actors/meter-session/away/index.ts';
import { type SessionRegistry, type SessionRunner, wholeSessionMs } from '../../actors/meter-session/index.ts';
import { type ActionsOptions, clusterSlotLimits, LeasedSlots, type Slots } from '../../actors/time-update/index.ts';
import type { SessionPolicy } from '../../machines/meter-session/index.ts';

export interface AwayLinesSetup {
  readonly node: string;
  readonly calls: Pick<NodeCalls, 'call' | 'callAll' | 'register'>;
  readonly ports: Pick<Ports, 'clock' | 'ids' | 'log'>;
  readonly options: Pick<ActionsOptions, 'sessions' | 'sessionsWaiting' | 'stopGraceMs'>;
  readonly routes: LinesOptions['routes'];
  readonly policy: SessionPolicy;
  readonly pool: LinePool;
  readonly slots: Slots;
  /** Sessions of actions of this node, wherever they run. */
  readonly registry: SessionRegistry;
  /** Runs those that need no line. */
  readonly runner: SessionRunner;
  /** Those that run here over a line, with a runner whose registry they are. */
  readonly guests: SessionRegistry;
  readonly guestRunner: SessionRunner;
  /** `lines.lending`. */
  readonly limits: AwayLimits;
}

export interface AwayLines {
  readonly slots: LeasedSlots;
  readonly runner: RemoteSessions;
  readonly directory: LineDirectory;
  /** Actions that the channel may hold. */
  readonly capacity: number;
  groupOf(address: RoutedAddress): string;
  /** Node whose line an action waits for. */
  waitsAt(requestId: number): string | undefined;
  start(): void;
  /** Nothing is lent any more; what runs for others ends in order, then it is cut. The second call waits for the first. */
  stopLending(): Promise<void>;
  close(): void;
}

/** Classes of lines that may have a full waiting room at the same time. */
const CROWDED_CLASSES = 8;

export function createAwayLines(setup: AwayLinesSetup): AwayLines {
  const { node, calls, ports, options, policy, pool, slots, registry, limits } = setup;
  const { clock, ids, log } = ports;
  const { deadlines } = policy;
  let lending: Promise<void> | undefined;
  const own = () => ({ groups: lending ? [] : pool.groups(), routes: setup.routes });
  const directory = new LineDirectory({ node, calls, clock, log, limits, own });
  const host = new AwayHost({ node, clock, log, calls, pool, runner: setup.guestRunner, sessions: setup.guests, limits, intendMs: deadlines.intendMs });
  const leases = new LineLeases({ clock, ids, log, calls, directory, limits });
  const runner = new RemoteSessions({
    clock,
    log,
    calls,
    leases,
    local: setup.runner,
    registry,
    limits,
    wholeMs: wholeSessionMs(policy),
    writeMs: deadlines.setMs,
  });
  const count = (): void => slots.setLimits(clusterSlotLimits(options.sessions, directory.lines));
  directory.onChange(count);
  count();
  return {
    slots: new LeasedSlots({ clock, slots, leases, isComplete: () => directory.isComplete }),
    runner,
    directory,
    capacity: options.sessions + (CROWDED_CLASSES + 1) * options.sessionsWaiting,
    groupOf: (address) => directory.groupOf(address),
    waitsAt(requestId) {
      const lease = leases.find(requestId);
      return lease?.state === 'waiting' ? lease.node : undefined;
    },
    start() {
      host.start();
      leases.start();
      void directory.start();
    },
    stopLending: () => {
      lending ??= host.stop(options.stopGraceMs);
      return lending;
    },
    close() {
      directory.stop();
      leases.stop();
    },
  };
}
