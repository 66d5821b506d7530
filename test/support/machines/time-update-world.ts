/** One action as the engine sees it: events in; owed sessions, reminders and announcements kept as an engine keeps them. */
import { makeStepper, type Stepper } from '../../../actors/engine/inert-scope.ts';
import type { ClockReading, SessionFailure, SessionResult } from '../../../machines/meter-session/index.ts';
import {
  type ActionContext,
  type ActionEvent,
  type ActionPolicy,
  type ActionRequest,
  type ActionState,
  createTimeUpdateMachine,
  DEFAULT_ACTION_POLICY,
  type SessionParams,
  statusOf,
} from '../../../machines/time-update/index.ts';

export const T0 = Date.UTC(2026, 2, 24, 4, 0, 0);

export const request = (change: Partial<ActionRequest> = {}): ActionRequest => ({
  requestId: 1234,
  requestReference: '0001',
  immediate: true,
  task: 'time-update',
  target: {
    meterType: 'ELSTERA1700',
    remoteAddress: '07777000000',
    canonicalAddress: 'tel:07777000000',
    outstationAddress: '1',
    serialNumber: '12345678',
  },
  sealedPassword: 'c2VhbGVk',
  passwordMark: 'mark',
  tokenId: 'token-1',
  owner: 'mts',
  requestedAt: T0,
  trace: false,
  ...change,
});

export const reading = (offsetSeconds: number, serverAt = T0 + 10_000): ClockReading => ({
  meterAt: serverAt + offsetSeconds * 1_000,
  serverAt,
  offsetSeconds,
});

export const result = (outcome: SessionResult['outcome'], change: Partial<SessionResult> = {}): SessionResult => ({
  outcome,
  wrote: false,
  notes: [],
  octetsIn: 100,
  octetsOut: 50,
  connectionStartAt: T0 + 5_000,
  connectionEndAt: T0 + 20_000,
  ...change,
});

export const failure = (kind: SessionFailure['class'], change: Partial<SessionFailure> = {}): SessionFailure => ({
  stage: 'clock',
  class: kind,
  text: `clock: ${kind} trouble`,
  ...change,
});

export const failedBy = (kind: SessionFailure['class'], change: Partial<SessionResult> = {}): SessionResult =>
  result('error', { failure: failure(kind), ...change });
/** Everything done. */
export const done = (): SessionResult => result('success', { serialNumber: '12345678', before: reading(-203), after: reading(0, T0 + 15_000), wrote: true });
/** The write left, and then nothing was heard. */
export const unknownWrite = (): SessionResult =>
  result('partial', {
    serialNumber: '12345678',
    before: reading(-203),
    wrote: true,
    afterError: 'verify: no answer',
    failure: failure('write', { stage: 'set', text: 'set: no reply' }),
  });

type Untimed<T> = T extends { readonly at: number } ? Omit<T, 'at'> : never;
export type Given = Untimed<Exclude<ActionEvent, { readonly type: 'reminder' }>>;

export class ActionWorld {
  readonly #stepper: Stepper;
  readonly #policy: Partial<ActionPolicy>;
  #snapshot: unknown;
  at = T0;
  /** Sessions that are owed. */
  owed: SessionParams[] = [];
  reminders = new Map<string, number>();
  /** Every announcement, with its data. */
  announced: { readonly what: string; readonly data: Readonly<Record<string, unknown>> }[] = [];
  readonly alerts: string[] = [];
  readonly cancels: number[] = [];
  /** Types that the last step asked for. */
  last: readonly string[] = [];

  constructor(input: ActionRequest = request(), policy: Partial<ActionPolicy> = {}, stepper?: Stepper) {
    this.#policy = policy;
    this.#stepper = stepper ?? makeStepper(createTimeUpdateMachine({ ...DEFAULT_ACTION_POLICY, ...policy }));
    this.#take(this.#stepper.initial(input as never));
  }

  #take({ snapshot, asked }: { snapshot: unknown; asked: readonly { readonly type: string; readonly params: unknown }[] }): void {
    // As an engine does: what is kept is text.
    this.#snapshot = this.#stepper.restore(JSON.parse(JSON.stringify(this.#stepper.persist(snapshot))));
    this.last = asked.map(({ type }) => type);
    for (const { type, params } of asked) {
      const given = params as Record<string, never>;
      if (type === 'session') this.owed.push(given as never);
      if (type === 'withdraw') this.owed = [];
      if (type === 'remind') this.reminders.set(given.name ?? '', given.dueAt ?? 0);
      if (type === 'forget') this.reminders.delete(given.name ?? '');
      if (type === 'announce') this.announced.push(given as never);
      if (type === 'tell') this.alerts.push(`${(given.event as unknown as { readonly type: string }).type} ${given.to}`);
      if (type === 'cancelSession') this.cancels.push(given.attempt ?? 0);
    }
  }

  /** The same action at the same point, to go another way; what it announced is left behind. */
  fork(): ActionWorld {
    const other = new ActionWorld(this.context.request, this.#policy, this.#stepper);
    other.#snapshot = this.#snapshot;
    other.at = this.at;
    other.owed = [...this.owed];
    other.reminders = new Map(this.reminders);
    other.announced = [];
    return other;
  }

  get state(): ActionState {
    return (this.#snapshot as { readonly value: ActionState }).value;
  }

  get context(): ActionContext {
    return (this.#snapshot as { readonly context: ActionContext }).context;
  }

  get status() {
    return statusOf(this.context);
  }

  get snapshot(): unknown {
    return this.#snapshot;
  }

  get heard(): readonly string[] {
    return this.announced.map(({ what }) => what);
  }

  /** @param laterMs time that passes before */
  give(event: Given, laterMs = 1_000): this {
    this.at += laterMs;
    this.#take(this.#stepper.next(this.#snapshot, { ...event, at: this.at } as never));
    return this;
  }

  /** The event as the outcome of the owed session, which is owed no more. */
  end(given: SessionResult, attempt?: number): this {
    this.owed = this.owed.slice(1);
    return this.give({ type: 'session.ended', result: given, ...(attempt === undefined ? {} : { attempt }) });
  }

  /** The outcome of the owed session: ended in order before it wrote. */
  handBack(): this {
    this.owed = this.owed.slice(1);
    return this.give({ type: 'session.handed-back', octetsIn: 70, octetsOut: 30 });
  }

  /** The reminder at its time. */
  fire(name = 'attempt'): this {
    const dueAt = this.reminders.get(name);
    if (dueAt === undefined) throw new Error(`no reminder ${name}`);
    this.reminders.delete(name);
    this.at = Math.max(this.at, dueAt);
    this.#take(this.#stepper.next(this.#snapshot, { type: 'reminder', name, dueAt, at: this.at } as never));
    return this;
  }

  start(node = 'node-1'): this {
    return this.give({ type: 'attempt.started', node });
  }

  /** One whole session; where it ends in a pause, the pause too. */
  attempt(given: SessionResult): this {
    this.start().end(given);
    if (this.state === 'paused') this.fire();
    return this;
  }

  intend(offset = -203): this {
    return this.give({ type: 'write.intended', before: reading(offset) });
  }

  cancel(by = 'token-1'): this {
    return this.give({ type: 'cancel', by });
  }
}
