/** One session on scripted ports under a simulated clock: what each port does is said call by call; unsaid calls go well. */
import { createActor, SimulatedClock } from 'xstate';
import {
  type ClockSampleData,
  createMeterSessionMachine,
  DEFAULT_SESSION_POLICY,
  type SessionInput,
  type SessionPolicy,
  type SessionPorts,
  type SessionProgress,
  type SessionResult,
} from '../../../machines/meter-session/index.ts';

export type PortName = keyof SessionPorts;
/** `hang`: never settles. A function: what to answer, or to throw, or what to do first. */
export type Act = 'hang' | (() => unknown);

/** 10:10:00 UTC: far from any half hour. */
export const T0 = Date.UTC(2026, 2, 24, 10, 10, 0);

export const fail = (kind: string, message = `${kind} trouble`, more: object = {}) => {
  return () => {
    throw Object.assign(new Error(message), { class: kind, ...more });
  };
};

type Partial2<T> = { readonly [K in keyof T]?: T[K] extends object | null ? Partial2<T[K]> : T[K] };

function merged<T>(base: T, change: Partial2<T> | undefined): T {
  if (change === undefined) return base;
  const out: Record<string, unknown> = { ...(base as object) };
  for (const [name, value] of Object.entries(change)) {
    const was = out[name];
    out[name] = typeof value === 'object' && value !== null && typeof was === 'object' && was !== null ? merged(was, value) : value;
  }
  return out as T;
}

export interface Setup {
  readonly policy?: Partial2<SessionPolicy>;
  readonly input?: Partial<Omit<SessionInput, 'ports' | 'target'>> & { readonly target?: Partial<SessionInput['target']> };
  /** Seconds that the meter is ahead at the start. */
  readonly offset?: number;
  /** Behaviour of the n-th call of a port; calls beyond go well. */
  readonly script?: Partial<Record<PortName, readonly Act[]>>;
  readonly startedAt?: number;
}

export class SessionWorld {
  readonly calls: PortName[] = [];
  readonly progress: SessionProgress[] = [];
  readonly clock = new SimulatedClock();
  readonly signals = new Map<PortName, AbortSignal>();
  readonly actor;
  offsetMs: number;
  readonly #startedAt: number;
  readonly #script: Partial<Record<PortName, Act[]>>;

  constructor(setup: Setup = {}) {
    this.#startedAt = setup.startedAt ?? T0;
    this.offsetMs = (setup.offset ?? 60) * 1_000;
    this.#script = Object.fromEntries(Object.entries(setup.script ?? {}).map(([name, acts]) => [name, [...acts]]));
    const machine = createMeterSessionMachine(merged(DEFAULT_SESSION_POLICY, setup.policy));
    const { target, ...input } = setup.input ?? {};
    this.actor = createActor(machine, {
      clock: this.clock,
      input: {
        ports: this.#ports(),
        task: 'time-update',
        serialPrefixes: [],
        allowZone: false,
        startedAt: this.#startedAt,
        ...input,
        target: { meterType: 'ELSTERA1700', remoteAddress: 'm:1', canonicalAddress: 'tcp:m:1', serialNumber: '12345678', ...target },
      },
    });
    this.actor.on('progress', (event) => this.progress.push(event));
  }

  get now(): number {
    return this.#startedAt + this.clock.now();
  }

  /** What the meter answers now. */
  sample(change: Partial<ClockSampleData> = {}, tripMs = 200): ClockSampleData {
    const at = (ms: number) => ({ wallMs: this.now + ms, monotonicMs: this.clock.now() + ms });
    return {
      meterAt: this.now + tripMs / 2 + this.offsetMs,
      wholeSeconds: false,
      sentAt: at(0),
      firstAt: at(tripMs),
      repeated: false,
      flags: [],
      ...change,
    };
  }

  /** What a port does when nothing else is said. */
  good(name: PortName): unknown {
    switch (name) {
      case 'open':
        return { openedAt: { wallMs: this.now, monotonicMs: this.clock.now() } };
      case 'identify':
        return '/GEC5';
      case 'readSerial':
        return '12345678';
      case 'readClock':
        return this.sample();
      case 'conditions':
        return { hostClock: { good: true }, stopped: false };
      case 'intend':
        return { kind: 'go' };
      case 'setClock':
        this.offsetMs = 0;
        return { value: this.now };
      case 'close':
        return { closedAt: this.now, octetsIn: 100, octetsOut: 50 };
      default:
        return undefined;
    }
  }

  #ports(): SessionPorts {
    const port = (name: PortName) => async (_: unknown, signal: AbortSignal) => {
      this.calls.push(name);
      this.signals.set(name, signal);
      const act = this.#script[name]?.shift();
      if (act === 'hang') return new Promise<never>(() => {});
      return act ? await act() : this.good(name);
    };
    const names: PortName[] = [
      'open',
      'signOn',
      'identify',
      'logIn',
      'readSerial',
      'readClock',
      'conditions',
      'intend',
      'setClock',
      'keepAlive',
      'logOff',
      'close',
    ];
    return Object.fromEntries(names.map((name) => [name, port(name)])) as unknown as SessionPorts;
  }

  /** Let everything that is not waiting for time happen. */
  async settle(): Promise<void> {
    let quiet = 0;
    for (let seen = this.calls.length; quiet < 20; quiet++) {
      await Promise.resolve();
      if (this.calls.length === seen) continue;
      seen = this.calls.length;
      quiet = 0;
    }
  }

  /** Start and go on until this port was called so often. */
  async until(name: PortName, times = 1): Promise<this> {
    this.actor.start();
    await this.settle();
    while (this.calls.filter((call) => call === name).length < times && this.actor.getSnapshot().status === 'active') await this.pass(500);
    return this;
  }

  async pass(ms: number): Promise<void> {
    this.clock.increment(ms);
    await this.settle();
  }

  async cancel(reason: 'cancelled' | 'stopping' = 'cancelled'): Promise<SessionResult> {
    this.actor.send({ type: 'cancel', reason });
    return this.end();
  }

  /** Run to the end; time passes by the half second. */
  async end(): Promise<SessionResult> {
    this.actor.start();
    await this.settle();
    for (let passed = 0; this.actor.getSnapshot().status === 'active'; passed += 500) {
      if (passed > 900_000) throw new Error(`the session hangs in ${JSON.stringify(this.actor.getSnapshot().value)}`);
      await this.pass(500);
    }
    return this.actor.getSnapshot().output as SessionResult;
  }

  count(name: PortName): number {
    return this.calls.filter((call) => call === name).length;
  }
}

export const run = async (setup: Setup = {}): Promise<{ readonly world: SessionWorld; readonly result: SessionResult }> => {
  const world = new SessionWorld(setup);
  return { world, result: await world.end() };
};
