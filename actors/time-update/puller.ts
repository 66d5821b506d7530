/**
 * Lets overnight actions go while the window is open, as slots free up, and tells those that did not start when it is over.
 *
 *   window open ─► gate (by bucket, oldest first) ─► slot reserved ─► action.release ─► queued ─► channel `meter`
 *   window over ─► gate, all buckets, metered      ─► action.window-missed
 *
 * Invariants
 * - W1 Nothing is let go outside the window, before its bucket's turn, or while the stop switch is on.
 * - W2 Nothing is let go without a slot, nor while its address is busy.
 * - W3 An action that waited through a whole window is told once that it missed it, also when the process was down at its end.
 * - W4 What is in memory is bounded, however many actions wait.
 */
import type { EpochMs } from '../../machines/common/effects.ts';
import type { MeterTarget } from '../../machines/meter-session/index.ts';
import type { EngineFace } from '../engine/face.ts';
import type { Ports, Timer } from '../engine/ports.ts';
import { OverloadedError } from '../errors/error.ts';
import type { EarlyStarts } from './early-starts.ts';
import { GATE_BUCKETS, GATE_KINDS } from './gate.ts';
import { type Candidate, GateReader } from './gate-reader.ts';
import type { ReleaseReply } from './handlers.ts';
import { MissedSweep } from './missed-sweep.ts';
import { contextOf } from './names.ts';
import type { ActionsOptions } from './options.ts';
import { reaches } from './slot-classes.ts';
import type { SlotRequest, Slots } from './slots.ts';
import type { StopSwitch } from './stop-switch.ts';
import { bucketsOpen, type NightWindow, nextWindow, openWindow } from './window.ts';

export interface PullerSetup {
  readonly options: ActionsOptions;
  readonly ports: Pick<Ports, 'clock' | 'log' | 'ids'>;
  readonly engine: Pick<EngineFace, 'command' | 'store'>;
  readonly slots: Slots;
  readonly stopSwitch: StopSwitch;
  readonly classOf: (target: MeterTarget) => string;
  /** Where attempts are told that are begun as their action is let go, and the name of this node. Default: the channel begins them. */
  readonly early?: {
    readonly starts: EarlyStarts;
    readonly node: string;
    /** Whether those of a class may begin so early: what still has to wait for a line may not. Default: all. */
    readonly fits?: (className: string) => boolean;
  };
  /** Among many nodes: shards whose actions this one lets go. Default: all. */
  readonly serves?: (shard: number) => boolean;
  /** Among many nodes: whether this one tells those that missed their window; one does it for all. Default: yes. */
  readonly leads?: () => boolean;
}

const MAX_ASIDE = 5_000;
/** Longest sleep: the wall clock may be set meanwhile. */
const MAX_SLEEP_MS = 60_000;
/** So that looking through what is busy does not take the processor. */
const BUSY_PAGE_PAUSE_MS = 25;
/** Let go in one turn of the event loop: what callers want comes between (bench `overnight`). */
const RELEASED_AT_ONCE = 16;
/** A round of the event loop that is no longer than this holds nobody up. */
const EASY_ROUND_MS = 8;
/** Rest after a longer one, by its own length, and at most. */
const REST_FOR_ROUND = 1;
const MAX_REST_MS = 100;

const attemptOf = (reply: ReleaseReply): number | undefined => (reply.kind === 'released' ? reply.attempt : undefined);

export class Puller {
  readonly #setup: PullerSetup;
  readonly #readers: readonly GateReader[];
  readonly #sweep: MissedSweep;
  #timer: Timer | undefined;
  #stopped = true;
  #running: Promise<void> | undefined;
  #poked = false;
  #inFlight = 0;
  /** Monotonic instants before which a reader begins no new pass. Each goes by itself: one whose lines are all busy must not hold up the others. */
  readonly #nextPassAt = new Map<GateReader, number>();
  readonly #pauses = new Set<() => void>();
  #unwatch: readonly (() => void)[] = [];
  #released = 0;

  constructor(setup: PullerSetup) {
    this.#setup = setup;
    const { engine, options, classOf, serves = () => true } = setup;
    this.#readers = GATE_KINDS.map(
      (kind) =>
        new GateReader({
          store: { page: (query) => engine.store.page(query) },
          kind,
          pageSize: options.pullPage,
          classOf: (doc) => classOf(contextOf(doc).request.target),
          maxAside: MAX_ASIDE,
          serves,
        }),
    );
    this.#sweep = new MissedSweep(setup);
  }

  /** Actions let go since the start. */
  get released(): number {
    return this.#released;
  }

  start(): void {
    this.#stopped = false;
    const { slots, stopSwitch } = this.#setup;
    this.#unwatch = [slots.onFree((freed) => this.#freed(freed)), stopSwitch.gate.onChange(() => this.poke())];
    this.#sweep.start();
    this.poke();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    for (const unwatch of this.#unwatch) unwatch();
    for (const end of [...this.#pauses]) end();
    await this.#sweep.stop();
    await this.#running;
  }

  /** Look now. */
  poke(): void {
    this.#poked = true;
    if (this.#stopped || this.#running) return;
    this.#timer?.cancel();
    this.#running = this.#round()
      .catch((error: unknown) => this.#setup.ports.log.error({ err: error }, 'the waiting actions could not be looked through'))
      .finally(() => {
        this.#running = undefined;
        this.#plan();
      });
  }

  #plan(): void {
    if (this.#stopped) return;
    const { ports, options } = this.#setup;
    const now = ports.clock.now();
    const delayMs = openWindow(now, options.window) ? options.pullIntervalMs : Math.min(MAX_SLEEP_MS, nextWindow(now, options.window).startAt - now);
    this.#timer?.cancel();
    this.#timer = ports.clock.after(delayMs, () => this.poke());
  }

  async #round(): Promise<void> {
    const { ports, options } = this.#setup;
    // Whoever pokes while a pass runs is heard by its next look at the slots.
    do {
      this.#poked = false;
      const window = openWindow(ports.clock.now(), options.window);
      if (!window) {
        this.#nextPassAt.clear();
        this.#sweep.look();
        return;
      }
      if (this.#setup.stopSwitch.on) return;
      this.#beginPass(window);
      await Promise.all(this.#readers.map((reader) => this.#pull(reader, window)));
    } while (this.#poked && !this.#stopped && this.#readers.some((reader) => !reader.over && this.#hasRoom(reader)));
  }

  #beginPass(window: NightWindow): void {
    const { ports, options } = this.#setup;
    const now = ports.clock.monotonic();
    const open = this.#bucketsOpen(ports.clock.now(), window);
    for (const reader of this.#readers) {
      if (!reader.over) reader.join(open);
      else if (now >= (this.#nextPassAt.get(reader) ?? now)) {
        this.#nextPassAt.set(reader, now + options.pullIntervalMs);
        reader.begin(open);
      }
    }
  }

  #bucketsOpen(now: EpochMs, window: NightWindow): number {
    return bucketsOpen(now, window, this.#setup.options.windowSpreadMs, GATE_BUCKETS);
  }

  /** A slot is free for some address of the kind. */
  #hasRoom({ kind }: GateReader): boolean {
    const { slots } = this.#setup;
    return slots.classes.some((name) => reaches(name, kind) && slots.free(name) > 0);
  }

  async #pull(reader: GateReader, window: NightWindow): Promise<void> {
    let idle = false;
    let atOnce = 0;
    while (this.#mayRelease(window) && this.#hasRoom(reader) && this.#inFlight < this.#setup.options.releasesInFlight) {
      const next = reader.take((candidate) => this.#reserve(candidate));
      if (next) {
        this.#release(next);
        idle = false;
        if (++atOnce % RELEASED_AT_ONCE === 0) await this.#breathe();
        continue;
      }
      if (reader.over) return;
      if (idle) await this.#pause(BUSY_PAGE_PAUSE_MS);
      if (this.#stopped) return;
      idle = (await reader.read()) > 0;
    }
  }

  /** The loop goes round, and callers are heard. A round that took long says that it has more to do than it can: then most of it is theirs. */
  async #breathe(): Promise<void> {
    const { clock } = this.#setup.ports;
    const from = clock.monotonic();
    await new Promise<void>((resolve) => clock.soon(resolve));
    const roundMs = clock.monotonic() - from;
    if (roundMs > EASY_ROUND_MS && !this.#stopped) await this.#pause(Math.min(MAX_REST_MS, roundMs * REST_FOR_ROUND));
  }

  /** A stop ends it. */
  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        timer.cancel();
        this.#pauses.delete(end);
        resolve();
      };
      const timer = this.#setup.ports.clock.after(delayMs, end);
      this.#pauses.add(end);
    });
  }

  #mayRelease(window: NightWindow): boolean {
    return !this.#stopped && !this.#setup.stopSwitch.on && this.#setup.ports.clock.now() < window.endAt;
  }

  #reserve(candidate: Candidate): boolean {
    return this.#setup.slots.reserve({ ...candidate, immediate: false });
  }

  #release(candidate: Candidate): void {
    const { engine, ports, slots } = this.#setup;
    const { requestId, key } = candidate;
    this.#inFlight++;
    this.#released++;
    const { early: starts } = this.#setup;
    const early = slots.inPace && (starts?.fits?.(candidate.class) ?? true) ? starts : undefined;
    const payload = { requestId, ...(early ? { node: early.node } : {}) };
    const released = engine.command<ReleaseReply>({ key, type: 'action.release', payload, origin: 'caller', id: ports.ids.uuid() });
    early?.starts.expect({ requestId, attempt: released.then(attemptOf, () => undefined) });
    released
      .then(({ kind }) => {
        if (kind !== 'released') this.#giveBack(candidate);
      })
      .catch((error: unknown) => {
        this.#giveBack(candidate);
        // It still waits, and is found by the next pass.
        if (!(error instanceof OverloadedError)) ports.log.warn({ err: error, action: requestId }, 'an action could not be let go');
      })
      .finally(() => {
        this.#inFlight--;
        if (this.#inFlight <= this.#setup.options.releasesInFlight / 2) this.poke();
      });
  }

  #giveBack(candidate: Candidate): void {
    this.#setup.slots.unreserve(candidate);
    this.#setup.early?.starts.forget(candidate.requestId);
  }

  /** A session has ended: first whoever waits for the same address, then for the same lines. */
  #freed(freed: SlotRequest): void {
    const window = openWindow(this.#setup.ports.clock.now(), this.#setup.options.window);
    const next = window && this.#mayRelease(window) ? this.#nextAside(freed) : undefined;
    if (next) this.#release(next);
    else this.poke();
  }

  #nextAside({ key, class: name }: SlotRequest): Candidate | undefined {
    const fits = (candidate: Candidate): boolean => candidate.class === name && this.#reserve(candidate);
    for (const reader of this.#readers) {
      const next = reader.takeAside(key, fits) ?? (name === 'tcp' ? undefined : reader.takeAnyAside(fits));
      if (next) return next;
    }
    return undefined;
  }
}
