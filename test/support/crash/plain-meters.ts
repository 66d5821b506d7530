/**
 * Sessions without a protocol: every address has a meter whose clock is off until it is written. What each session did is kept, also
 * over the lives of engines, for that is what must hold when they are cut.
 */
import type { SessionEnd, SessionOrder, SessionRegistry, SessionRunner, SessionView, SessionWatcher } from '../../../actors/meter-session/index.ts';
import type { ClockReading, SessionResult } from '../../../machines/meter-session/index.ts';

/** Where a test may step in: connected, clock read, intent committed, written. */
export type Moment = 'open' | 'read' | 'intended' | 'written';

/** What it may do there: wait for something, or end the session with a result of its own. */
export type StepIn = (moment: Moment, order: SessionOrder, live: { readonly halted: SessionEnd['halted'] }) => Promise<Partial<SessionResult> | undefined>;

/** One session that was opened. */
export interface HeldBy {
  readonly requestId: number;
  readonly attempt: number;
  readonly task: SessionOrder['task'];
  /** What was done, in order. */
  readonly deeds: ('read' | 'intend' | 'refused' | 'write')[];
}

const LIMIT_SECONDS = 20;

export class PlainMeters {
  readonly sessions: HeldBy[] = [];
  readonly #offsets = new Map<string, number>();
  readonly #offAtFirst: (address: string) => number;
  readonly #now: () => number;
  readonly #stepIn: StepIn;

  /** @param offAtFirst seconds that a meter is off before it is written */
  constructor(now: () => number, offAtFirst: (address: string) => number = () => 60, stepIn: StepIn = async () => undefined) {
    this.#now = now;
    this.#offAtFirst = offAtFirst;
    this.#stepIn = stepIn;
  }

  of(requestId: number): readonly HeldBy[] {
    return this.sessions.filter((session) => session.requestId === requestId);
  }

  runner(registry: SessionRegistry): Pick<SessionRunner, 'run'> {
    return {
      run: async (order, watcher) => {
        const held: HeldBy = { requestId: order.requestId, attempt: order.attempt, task: order.task, deeds: [] };
        this.sessions.push(held);
        const live: { halted: SessionEnd['halted'] } = { halted: null };
        registry.add(order.requestId, {
          view: () => viewOf(order),
          halt: (reason) => {
            live.halted ??= reason;
          },
          cut: () => {},
        });
        const result = await this.#hold(order, watcher, held, live);
        registry.remove(order.requestId, result.outcome);
        return { result, halted: live.halted };
      },
    };
  }

  async #hold(order: SessionOrder, watcher: SessionWatcher, { deeds }: HeldBy, live: { readonly halted: SessionEnd['halted'] }): Promise<SessionResult> {
    const address = order.target.canonicalAddress;
    const start = this.#now();
    const plain = { notes: [], octetsIn: 10, octetsOut: 10, connectionStartAt: start, connectionEndAt: start, wrote: false } as const;
    watcher.progress({ type: 'progress', stage: 'sign-on', connectionStartAt: start }, viewOf(order));
    const atOpen = await this.#stepIn('open', order, live);
    if (atOpen) return { ...plain, outcome: 'error', ...atOpen };
    deeds.push('read');
    const first = this.#read(address);
    const known = { ...plain, serialNumber: '12345678' };
    if (order.task === 'verify') {
      if (isRight(first)) return { ...known, outcome: 'success', after: first };
      return { ...known, outcome: 'partial', after: first, failure: { stage: 'clock', class: 'write', text: 'clock: the update did not take' } };
    }
    watcher.progress({ type: 'progress', stage: 'decide', connectionStartAt: start, before: first }, viewOf(order));
    const atRead = await this.#stepIn('read', order, live);
    if (atRead) return { ...known, before: first, outcome: 'error', ...atRead };
    if (isRight(first) || order.task === 'read-clock') return { ...known, outcome: 'success', before: first };
    deeds.push('intend');
    const intent = await watcher.intend(first);
    if (intent.kind === 'refused') {
      deeds.push('refused');
      return { ...known, outcome: 'cancelled', before: first };
    }
    await this.#stepIn('intended', order, live);
    if (!watcher.mayWrite()) return { ...known, before: first, outcome: 'error', failure: { stage: 'set', class: 'engine', text: 'called off' } };
    deeds.push('write');
    this.#offsets.set(address, 0);
    const atWritten = await this.#stepIn('written', order, live);
    if (atWritten) return { ...known, outcome: 'partial', wrote: true, before: first, ...atWritten };
    deeds.push('read');
    return { ...known, outcome: 'success', wrote: true, before: first, after: this.#read(address) };
  }

  #read(address: string): ClockReading {
    const offsetSeconds = this.#offsets.get(address) ?? this.#offAtFirst(address);
    const serverAt = this.#now();
    return { meterAt: serverAt + offsetSeconds * 1_000, serverAt, offsetSeconds };
  }
}

const isRight = ({ offsetSeconds }: ClockReading): boolean => Math.abs(offsetSeconds) <= LIMIT_SECONDS;

function viewOf({ requestId, attempt, target, task, priority }: SessionOrder): SessionView {
  const { meterType, remoteAddress } = target;
  return { requestId, attempt, meterType, remoteAddress, task, priority, stage: 'open', stageSince: 0, startedAt: 0, octetsIn: 0, octetsOut: 0 };
}
