/**
 * Runs one session with one meter: a live machine over a link and a dialogue, supervised.
 *
 *   order ─► machine ─► ports ─► dialogue ─► link ─► meter
 *              │  progress ─► watcher
 *              └─ intent  ─► watcher (commits) ─► go
 *
 * Invariants
 * - R1 `run` resolves, whatever happens, within `wholeSessionMs` of its start; every link is closed by then.
 * - R2 A session that throws or hangs is ended and counted, and gives a failure of class `engine`.
 * - R3 Nothing is written unless the watcher's `intend` said `go`, and its `mayWrite` says so when the write leaves.
 */
import type { EpochMs } from '../../machines/common/effects.ts';
import {
  type Conditions,
  createMeterSessionMachine,
  type Intent,
  type MeterSessionMachine,
  type MeterTarget,
  type SessionPolicy,
  type SessionProgress,
  type SessionResult,
  type Stage,
  type Task,
} from '../../machines/meter-session/index.ts';
import type { ClockReading } from '../../machines/meter-session/types.ts';
import type { Dialogue, DialogueSetup } from '../dialogue/dialogue.ts';
import type { DialogueServices } from '../dialogue/services.ts';
import type { Ports } from '../engine/ports.ts';
import { type AddressRefusal, ByteTrace, type LinkOpener, type RemoteAddress } from '../link/index.ts';
import type { MeterProfile } from '../profile/profile.ts';
import { wholeSessionMs } from './options.ts';
import type { HaltReason, SessionRegistry, SessionView } from './registry.ts';
import { createSessionPorts, type LivePorts } from './session-ports.ts';
import { createSessionSupervisor, type SessionSupervisor, stopSession, superviseSession } from './session-system.ts';

export interface SessionOrder {
  readonly requestId: number;
  readonly attempt: number;
  readonly target: MeterTarget;
  readonly task: Task;
  readonly priority: 'immediate' | 'overnight';
  readonly sealedPassword?: string;
  /** Write the octets down. */
  readonly trace: boolean;
}

/** Whoever wants the session done. */
export interface SessionWatcher {
  progress(progress: SessionProgress, view: SessionView): void;
  /** Commits that a write is intended. */
  intend(before: ClockReading): Promise<Intent>;
  /**
   * Whether that intent still holds: asked in the very turn in which the write leaves. A process that stood still since may have lost the
   * meter to another one, whose own write may have come first.
   */
  mayWrite(): boolean;
}

export interface SessionEnd {
  readonly result: SessionResult;
  /** Who told it to end, if anybody. */
  readonly halted: HaltReason | null;
  /** A write was allowed, and whether it left is not known: the result is what was known before. */
  readonly lost?: true;
  /** The octets, one line each, where the order asked for them. */
  readonly trace?: string;
}

export interface SessionRunnerSetup {
  readonly ports: Pick<Ports, 'clock' | 'log'>;
  readonly policy: SessionPolicy;
  /** Serial numbers of meters that may be corrected by whole half hours. */
  readonly zoneExceptions: readonly string[];
  readonly maxTraceOctets: number;
  readonly links: LinkOpener;
  readonly createDialogue: (setup: DialogueSetup) => Dialogue;
  readonly services: DialogueServices;
  readonly profileOf: (meterType: string) => MeterProfile | undefined;
  readonly parseAddress: (text: string) => RemoteAddress | AddressRefusal;
  /** @throws when it cannot be opened with this installation's key */
  readonly openPassword: (sealed: string) => string;
  readonly conditions: () => Conditions;
  readonly registry: SessionRegistry;
}

/** What a finished machine leaves: its report, or why there is none. */
type Finish = { readonly kind: 'result'; readonly result: SessionResult } | { readonly kind: 'failed'; readonly text: string };

export class SessionRunner {
  readonly #setup: SessionRunnerSetup;
  readonly #machine: MeterSessionMachine;
  readonly #supervisor: SessionSupervisor;
  readonly #wholeMs: number;
  readonly #zoneExceptions: ReadonlySet<string>;

  constructor(setup: SessionRunnerSetup) {
    this.#setup = setup;
    this.#machine = createMeterSessionMachine(setup.policy);
    this.#supervisor = createSessionSupervisor(setup.ports.clock);
    this.#wholeMs = wholeSessionMs(setup.policy);
    this.#zoneExceptions = new Set(setup.zoneExceptions);
  }

  /** Never rejects. */
  async run(order: SessionOrder, watcher: SessionWatcher): Promise<SessionEnd> {
    const { target } = order;
    const profile = this.#setup.profileOf(target.meterType);
    if (profile === undefined || profile.dialogue === 'none') return refused(`meterType: there is no dialogue for ${target.meterType}`);
    const address = this.#setup.parseAddress(target.remoteAddress);
    if (!('canonical' in address)) return refused('remoteAddress: is not in a recognised format');
    if (this.#setup.registry.find(order.requestId)) return refused(`session: action ${order.requestId} has one already`);
    const trace = order.trace ? new ByteTrace(this.#setup.maxTraceOctets) : undefined;
    const live = this.#portsFor(order, watcher, profile, address, trace);
    const { result, halted } = await this.#supervised(order, watcher, profile, live);
    return { result, halted, ...(trace ? { trace: trace.toText() } : {}) };
  }

  #portsFor(order: SessionOrder, watcher: SessionWatcher, profile: MeterProfile, address: RemoteAddress, trace: ByteTrace | undefined): LivePorts {
    const { ports, links, createDialogue, services, openPassword, conditions } = this.#setup;
    return createSessionPorts({
      clock: ports.clock,
      links,
      createDialogue,
      services,
      profile,
      address,
      target: order.target,
      priority: order.priority,
      owner: `action:${order.requestId}`,
      openPassword: () => (order.sealedPassword === undefined ? undefined : openPassword(order.sealedPassword)),
      conditions,
      intend: (before) => watcher.intend(before),
      mayWrite: () => watcher.mayWrite(),
      ...(trace ? { trace } : {}),
    });
  }

  async #supervised(order: SessionOrder, watcher: SessionWatcher, profile: MeterProfile, live: LivePorts): Promise<Pick<SessionEnd, 'result' | 'halted'>> {
    const { ports, registry } = this.#setup;
    const { clock, log } = ports;
    const { target, task, requestId } = order;
    const startedAt = clock.now();
    const seen: { stage: Stage; stageSince: EpochMs; halted: HaltReason | null; last: SessionProgress | undefined } = {
      stage: 'open',
      stageSince: startedAt,
      halted: null,
      last: undefined,
    };
    const serialPrefixes = profile.dlms?.serialPrefixes ?? [];
    const allowZone = target.serialNumber !== undefined && this.#zoneExceptions.has(target.serialNumber);
    const input = { ports: live.ports, target, task, serialPrefixes, allowZone, startedAt };
    const actor = superviseSession(this.#supervisor, this.#machine, input);
    const finished = Promise.withResolvers<Finish>();
    const view = (): SessionView => viewOf(order, startedAt, seen, live);
    actor.on('progress', (progress) => {
      seen.stage = progress.stage;
      seen.stageSince = clock.now();
      seen.last = progress;
      try {
        watcher.progress(progress, view());
      } catch (error) {
        log.error({ err: error, action: requestId }, 'progress of a session could not be told');
      }
    });
    actor.subscribe({
      complete: () => {
        const { output } = actor.getSnapshot();
        finished.resolve(output ? { kind: 'result', result: output } : { kind: 'failed', text: 'the session ended without a report' });
      },
      error: (error) => {
        log.error({ err: error, action: requestId, stage: seen.stage }, 'a session threw');
        finished.resolve({ kind: 'failed', text: 'the session failed inside the engine' });
      },
    });
    const overdue = clock.after(this.#wholeMs, () => finished.resolve({ kind: 'failed', text: 'the session hung beyond all its deadlines' }));
    registry.add(requestId, {
      view,
      halt: (reason) => {
        seen.halted ??= reason;
        actor.send({ type: 'cancel', reason });
      },
      cut: () => live.abort('cut off'),
    });
    actor.start();
    const finish = await finished.promise;
    overdue.cancel();
    if (finish.kind === 'failed') log.error({ action: requestId, stage: seen.stage, reason: finish.text }, 'a session was ended by its supervisor');
    const result = finish.kind === 'result' ? finish.result : failedResult(finish.text, seen.stage, seen.last, live);
    stopSession(actor);
    registry.remove(requestId, finish.kind === 'failed' ? 'failed' : result.outcome);
    // Links close by themselves whatever state they are in; nobody waits for one that the machine gave up.
    if (finish.kind === 'failed')
      live.dispose('ended by its supervisor').catch((error: unknown) => log.error({ err: error, action: requestId }, 'a link could not be closed'));
    else await live.dispose('the session ended');
    return { result, halted: seen.halted };
  }
}

function viewOf(
  order: SessionOrder,
  startedAt: EpochMs,
  { stage, stageSince }: { readonly stage: Stage; readonly stageSince: EpochMs },
  live: LivePorts,
): SessionView {
  const { requestId, attempt, task, priority, target } = order;
  const { octetsIn, octetsOut } = live;
  return {
    requestId,
    attempt,
    meterType: target.meterType,
    remoteAddress: target.remoteAddress,
    task,
    priority,
    stage,
    stageSince,
    startedAt,
    octetsIn,
    octetsOut,
  };
}

/** Nothing was opened. */
function refused(text: string): SessionEnd {
  const failure = { stage: 'open', class: 'config', text } as const;
  return { result: { outcome: 'error', failure, wrote: false, notes: [], octetsIn: 0, octetsOut: 0 }, halted: null };
}

/** What is known of a session that never reported. */
function failedResult(text: string, stage: Stage, last: SessionProgress | undefined, live: LivePorts): SessionResult {
  const { wrote, octetsIn, octetsOut } = live;
  return {
    outcome: 'error',
    failure: { stage, class: 'engine', text: `${stage}: ${text}` },
    wrote,
    notes: [],
    octetsIn,
    octetsOut,
    ...(last?.connectionStartAt === undefined ? {} : { connectionStartAt: last.connectionStartAt }),
    ...(last?.serialNumber === undefined ? {} : { serialNumber: last.serialNumber }),
    ...(last?.before === undefined ? {} : { before: last.before }),
  };
}
