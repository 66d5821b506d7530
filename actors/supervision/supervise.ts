/**
 * Performs what the supervisor's statechart decides: starts children, notices how they end, waits, stops (architecture,
 * section 3). What is decided, and why, is in `machines/supervisor`.
 *
 * Invariants
 * - V1 A child has at most one life at a time; each life ends with exactly one event.
 * - V2 Children stop one after the other, last started first; one that does not end within `stopMs` is left behind and named in the log.
 */
import { initialTransition, type SnapshotFrom, transition } from 'xstate';
import {
  type ChildId,
  type ChildStatus,
  DEFAULT_SUPERVISOR_POLICY,
  type EscalateParams,
  type RestartRule,
  type StartChildParams,
  type StopChildParams,
  type SupervisorEvent,
  type SupervisorPolicy,
  supervisorMachine,
} from '../../machines/supervisor/index.ts';
import type { Ports } from '../engine/ports.ts';
import { Life, type Running } from './life.ts';

export interface ChildSpec {
  readonly id: ChildId;
  /** Default `permanent`. */
  readonly restart?: RestartRule;
  /** Bring it up. Resolves when it is up; a rejection counts as a failure. `signal` tells it to give up or to end. */
  start(signal: AbortSignal): Promise<Running>;
}

export interface ChildHealth {
  readonly id: ChildId;
  readonly status: ChildStatus;
  /** When the status was entered; null before the start. */
  readonly since: number | null;
  readonly restarts: number;
  readonly lastError: string | null;
}

export interface SuperviseOptions {
  /** Names the supervisor in logs. */
  readonly name: string;
  readonly children: readonly ChildSpec[];
  readonly policy?: Partial<SupervisorPolicy>;
  readonly ports: Ports;
  /** Longest wait for one child to end, milliseconds. */
  readonly stopMs?: number;
  /** It gave up; its children are being stopped. */
  onEscalate?(escalation: EscalateParams): void;
  /** Every event, after its step: for node events and metrics. */
  onEvent?(event: SupervisorEvent): void;
}

export interface Supervision {
  /** Resolves when every child has been up at the same time; never, if that does not come. */
  readonly ready: Promise<void>;
  /** Resolves at the end of the last child, with what ended it. */
  readonly done: Promise<'stopped' | 'escalated'>;
  health(): readonly ChildHealth[];
  /** Stop all children, last first. Resolves when they have ended. */
  stop(): Promise<void>;
}

const STOP_MS = 10_000;

/** Start the children, in order, and keep them up. */
export function supervise(options: SuperviseOptions): Supervision {
  const supervisor = new Supervisor(options);
  supervisor.send({ type: 'begin', at: options.ports.clock.now() });
  return supervisor;
}

/** A supervisor as a child of another: its escalation is its failure. */
export function supervised(id: ChildId, options: Omit<SuperviseOptions, 'onEscalate'>): ChildSpec {
  return {
    id,
    async start(signal) {
      const inner = supervise(options);
      signal.addEventListener('abort', () => void inner.stop(), { once: true });
      await Promise.race([inner.ready, inner.done]);
      const done = inner.done.then((how) => {
        if (how === 'escalated') throw new Error(`${options.name}: too many restarts`);
      });
      return { done, stop: () => inner.stop() };
    },
  };
}

class Supervisor implements Supervision {
  readonly ready: Promise<void>;
  readonly done: Promise<'stopped' | 'escalated'>;
  readonly #options: SuperviseOptions;
  readonly #specs: ReadonlyMap<ChildId, ChildSpec>;
  readonly #lives = new Map<ChildId, Life>();
  readonly #end: (how: 'stopped' | 'escalated') => void;
  readonly #isReady: () => void;
  #snapshot: SnapshotFrom<typeof supervisorMachine>;
  #queue: SupervisorEvent[] = [];
  #busy = false;
  #stopping: Promise<void> = Promise.resolve();

  constructor(options: SuperviseOptions) {
    this.#options = options;
    this.#specs = new Map(options.children.map((child) => [child.id, child]));
    if (this.#specs.size !== options.children.length) throw new TypeError(`children: ids must differ in ${options.name}`);
    const done = Promise.withResolvers<'stopped' | 'escalated'>();
    const ready = Promise.withResolvers<void>();
    this.done = done.promise;
    this.#end = done.resolve;
    this.ready = ready.promise;
    this.#isReady = ready.resolve;
    const children = options.children.map(({ id, restart }) => (restart ? { id, restart } : { id }));
    const policy = { ...DEFAULT_SUPERVISOR_POLICY, ...options.policy };
    [this.#snapshot] = initialTransition(supervisorMachine, { policy, children });
  }

  health(): readonly ChildHealth[] {
    return this.#snapshot.context.children.map(({ id, status, since, restarts, lastError }) => ({ id, status, since, restarts: restarts.length, lastError }));
  }

  async stop(): Promise<void> {
    this.send({ type: 'stop', at: this.#options.ports.clock.now() });
    await this.done;
  }

  /** One event after the other: what a step causes at once waits for the step's end. */
  send(event: SupervisorEvent): void {
    this.#queue.push(event);
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (let next = this.#queue.shift(); next; next = this.#queue.shift()) this.#step(next);
    } finally {
      this.#busy = false;
    }
  }

  #step(event: SupervisorEvent): void {
    if (this.#snapshot.status !== 'active') return;
    const [next, actions] = transition(supervisorMachine, this.#snapshot, event);
    this.#snapshot = next;
    this.#tell(event);
    for (const { type, params } of actions) {
      if (type === 'startChild') this.#start(params as StartChildParams);
      else if (type === 'stopChild') this.#stop(params as StopChildParams);
      else if (type === 'escalate') this.#escalate(params as EscalateParams);
    }
    if (next.context.children.every((child) => child.status === 'up' || child.status === 'ended')) this.#isReady();
    if (next.status === 'done') this.#end(next.value === 'escalated' ? 'escalated' : 'stopped');
  }

  #start({ id, delayMs }: StartChildParams): void {
    const spec = this.#specs.get(id);
    if (!spec) return;
    const { ports } = this.#options;
    const { stableMs } = this.#snapshot.context.policy;
    const life = new Life({ clock: ports.clock, delayMs, stableMs, start: (signal) => spec.start(signal) }, (news) => {
      const at = ports.clock.now();
      if (news.kind === 'up') this.send({ type: 'child.started', id, at });
      else if (news.kind === 'stable') this.send({ type: 'child.stable', id, at });
      else if (news.kind === 'stopped') this.send({ type: 'child.stopped', id, at });
      else if (news.kind === 'failed') this.send({ type: 'child.failed', id, at, error: textOf(news.error), random: ports.random.next() });
      else this.send({ type: 'child.ended', id, at, random: ports.random.next() });
    });
    this.#lives.set(id, life);
  }

  #stop({ id }: StopChildParams): void {
    const life = this.#lives.get(id);
    const limitMs = this.#options.stopMs ?? STOP_MS;
    this.#stopping = this.#stopping.then(async () => {
      if ((await life?.stop(limitMs)) === 'left')
        this.#options.ports.log.warn({ supervisor: this.#options.name, child: id, limitMs }, 'a child did not end in time');
      if (!life) this.send({ type: 'child.stopped', id, at: this.#options.ports.clock.now() });
    });
  }

  #escalate(escalation: EscalateParams): void {
    this.#options.ports.log.error({ supervisor: this.#options.name, ...escalation }, 'too many restarts: a supervisor gives up');
    this.#options.onEscalate?.(escalation);
  }

  #tell(event: SupervisorEvent): void {
    if (event.type === 'child.failed') this.#options.ports.log.warn({ supervisor: this.#options.name, child: event.id, reason: event.error }, 'a child failed');
    this.#options.onEvent?.(event);
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
