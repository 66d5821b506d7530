/**
 * The channels `meter`, which holds the sessions that actions ask for, and `meter-control`, which ends them.
 *
 *   effect ─► slot ─► attempt.started ─► session ─► session.ended
 *                        (committed)        └─ progress, write.intended (committed before the write)
 *
 * Invariants
 * - A1 Nothing is opened for an attempt that is not committed; nothing is written whose intent is not committed.
 * - A2 One session at a time per address (ordering `key`), within the limits of `Slots`.
 * - A3 A session that was cut by a stop before it wrote leaves its effect owed: it is done again as a new attempt, which reads first.
 * - A4 A refused password is remembered before its result is.
 */
import type { ClockReading, Intent, MeterTarget, SessionProgress, SessionResult, Stage } from '../../machines/meter-session/index.ts';
import type { CancelSessionParams, SessionParams } from '../../machines/time-update/index.ts';
import type { Channel, EffectResult } from '../engine/definition.ts';
import type { EngineFace } from '../engine/face.ts';
import type { Ports, Timer } from '../engine/ports.ts';
import { OverloadedError } from '../errors/error.ts';
import { PortError, type SessionEnd, type SessionRegistry, type SessionRunner, type SessionView } from '../meter-session/index.ts';
import type { Effect } from '../store/store.ts';
import type { AttemptReply, IntendReply, ProgressPayload } from './handlers.ts';
import { onAbort } from './on-abort.ts';
import type { ActionsOptions } from './options.ts';
import type { Slots } from './slots.ts';
import type { StopSwitch } from './stop-switch.ts';
import { lastWindow, openWindow } from './window.ts';

export const METER_CHANNEL = 'meter';
export const METER_CONTROL_CHANNEL = 'meter-control';

export interface MeterChannelSetup {
  readonly options: Pick<ActionsOptions, 'sessionsWaiting' | 'refusedPasswordMs' | 'stopGraceMs' | 'window'>;
  readonly ports: Pick<Ports, 'clock' | 'random' | 'log' | 'ids'>;
  /** Channels are made before the engine. */
  readonly engine: () => Pick<EngineFace, 'command'>;
  readonly runner: Pick<SessionRunner, 'run'>;
  readonly registry: SessionRegistry;
  readonly slots: Slots;
  readonly stopSwitch: StopSwitch;
  /** Class of slots that a meter is reached by. */
  readonly classOf: (target: MeterTarget) => string;
  /** Name of this node, as kept with the attempt. */
  readonly node: string;
  /** Every stage of every session, for those who look on. */
  readonly onProgress?: (view: SessionView) => void;
}

/**
 * Stages at whose beginning something is known that is worth a commit, and how long that waits, milliseconds: connected at once; the
 * clock as read only where the session rests then, since an intent or an end has it too.
 */
const NOTED_AFTER_MS: Readonly<Partial<Record<Stage, number>>> = { 'sign-on': 0, decide: 1_000 };
/** Pause before an action that found no room is offered again, milliseconds, and as much again by chance. */
const FULL_RETRY_MS = 2_000;
const STOP_RETRY_MS = 1_000;
const REMEMBER_TRIES = 3;

export function createMeterChannel(setup: MeterChannelSetup): Channel {
  const { ports, slots, options, registry } = setup;
  const waitingRoom = slots.classes.reduce((sum, name) => sum + slots.limit(name) + options.sessionsWaiting, 0);

  const command = <T>(target: MeterTarget, type: string, payload: object): Promise<T> =>
    setup.engine().command<T>({ key: target.canonicalAddress, type, payload, origin: 'caller', id: ports.ids.uuid() });

  async function hold(params: SessionParams, signal: AbortSignal): Promise<EffectResult> {
    const { requestId, target } = params;
    const missed = missedWindow(params);
    const began = await command<AttemptReply>(target, 'action.attempt', { requestId, node: setup.node, ...(missed === undefined ? {} : { missed }) });
    if (began.kind === 'none') return { kind: 'done' };
    const { attempt, task } = began;
    const order = { requestId, attempt, target, task, priority: params.priority, trace: params.trace };
    const stop = stopper(requestId, signal);
    const note = noter(params, attempt);
    const end = await setup.runner.run(
      { ...order, ...(params.sealedPassword === undefined ? {} : { sealedPassword: params.sealedPassword }) },
      {
        progress: (progress, view) => {
          setup.onProgress?.(view);
          note(progress);
        },
        intend: (before) => intend(params, attempt, before, signal),
      },
    );
    stop();
    if (end.trace !== undefined) await keepTrace(target, requestId, attempt, end.trace);
    if (wasCut(end, signal)) return { kind: 'retry', delayMs: STOP_RETRY_MS, text: 'stopped before its end' };
    if (end.result.passwordRefused === true) await rememberPassword(params);
    return ended(attempt, end.result);
  }

  /** An overnight one whose window was over before its session could begin, because the engine was down: no session by day. */
  function missedWindow({ priority, attempt }: SessionParams): string | undefined {
    const now = ports.clock.now();
    if (priority === 'immediate' || attempt > 1 || openWindow(now, options.window)) return undefined;
    return lastWindow(now, options.window).label;
  }

  /** While a session runs: the end of the engine, and the stop switch, end it in order; after the grace it is cut. */
  function stopper(requestId: number, signal: AbortSignal): () => void {
    let grace: { cancel(): void } | undefined;
    const halt = (): void => {
      registry.halt(requestId, 'stopping');
      grace ??= ports.clock.after(options.stopGraceMs, () => registry.cut(requestId));
    };
    const unwatch = setup.stopSwitch.gate.onChange((open) => {
      if (!open) halt();
    });
    const deafen = onAbort(signal, halt);
    // The session is not there before the next turn.
    if (signal.aborted || setup.stopSwitch.on) ports.clock.soon(halt);
    return () => {
      grace?.cancel();
      unwatch();
      deafen();
    };
  }

  /** Commits what a stage brought; what waits to be is forgotten at the next stage. */
  function noter({ target, requestId }: SessionParams, attempt: number): (progress: SessionProgress) => void {
    let waiting: Timer | undefined;
    const commit = (payload: ProgressPayload): void => {
      command(target, 'action.progress', payload).catch((error: unknown) =>
        ports.log.warn({ err: error, action: requestId }, 'progress of a session could not be noted'),
      );
    };
    return ({ type: _, ...known }) => {
      waiting?.cancel();
      const delayMs = NOTED_AFTER_MS[known.stage];
      const payload: ProgressPayload = { requestId, attempt, ...known };
      if (delayMs === 0) commit(payload);
      else if (delayMs !== undefined) waiting = ports.clock.after(delayMs, () => commit(payload));
    };
  }

  async function intend({ target, requestId }: SessionParams, attempt: number, before: ClockReading, signal: AbortSignal): Promise<Intent> {
    if (setup.stopSwitch.on) return { kind: 'refused', reason: 'stop-switch' };
    if (signal.aborted) return { kind: 'refused', reason: 'cancelled' };
    let reply: IntendReply;
    try {
      reply = await command<IntendReply>(target, 'action.intend', { requestId, attempt, before });
    } catch (error) {
      throw new PortError('engine', 'the intent to write could not be committed', { cause: error });
    }
    // The switch may have been set while it was being committed.
    return reply.kind === 'go' && setup.stopSwitch.on ? { kind: 'refused', reason: 'stop-switch' } : reply;
  }

  async function rememberPassword({ target, requestId, passwordMark }: SessionParams): Promise<void> {
    if (passwordMark === undefined || options.refusedPasswordMs === 0) return;
    const payload = { target, passwordMark, until: ports.clock.now() + options.refusedPasswordMs };
    for (let tries = 1; ; tries++) {
      try {
        await command(target, 'action.password-refused', payload);
        return;
      } catch (error) {
        ports.log.error({ err: error, action: requestId }, 'a refused password could not be noted');
        if (tries >= REMEMBER_TRIES) return;
      }
    }
  }

  async function keepTrace(target: MeterTarget, requestId: number, attempt: number, text: string): Promise<void> {
    await command(target, 'action.trace', { requestId, attempt, text }).catch((error: unknown) =>
      ports.log.warn({ err: error, action: requestId }, 'a byte trace could not be kept'),
    );
  }

  return {
    name: METER_CHANNEL,
    capacity: waitingRoom,
    ordering: 'key',
    gate: setup.stopSwitch.gate,
    async perform(effect: Effect, _attempt, signal): Promise<EffectResult> {
      const params = effect.data as unknown as SessionParams;
      const { requestId, target, priority } = params;
      const request = { requestId, key: target.canonicalAddress, class: setup.classOf(target), immediate: priority === 'immediate' };
      const slot = await slots.acquire(request, signal);
      if (slot === 'full') return { kind: 'retry', delayMs: Math.ceil(FULL_RETRY_MS * (1 + ports.random.next())), text: 'all sessions are in use' };
      if (slot === 'aborted') return { kind: 'retry', delayMs: STOP_RETRY_MS, text: 'stopping' };
      try {
        return await hold(params, signal);
      } catch (error) {
        if (error instanceof OverloadedError) return { kind: 'retry', delayMs: error.retryAfterMs, text: error.message };
        throw error;
      } finally {
        // `none`: there is no such line; the session says so.
        if (slot === 'go') slots.release(requestId);
      }
    },
  };
}

/** Ended from outside before anything was written: what it found is not the action's end. */
function wasCut({ result, halted }: SessionEnd, signal: AbortSignal): boolean {
  if (result.wrote || halted === 'cancelled') return false;
  if (result.failure?.guard === 'stop-switch') return true;
  return (halted === 'stopping' || signal.aborted) && (result.outcome === 'cancelled' || result.failure?.class === 'engine');
}

function ended(attempt: number, result: SessionResult): EffectResult {
  // A result is plain JSON; its type has no index signature.
  return { kind: 'done', event: { type: 'session.ended', attempt, result: { ...result, failure: result.failure && { ...result.failure } } as never } };
}

/** The way of a cancel to a live session; one that is not there (any more) needs none. */
export function createMeterControlChannel(registry: Pick<SessionRegistry, 'find' | 'halt'>): Channel {
  return {
    name: METER_CONTROL_CHANNEL,
    capacity: 1_000,
    ordering: 'actor',
    async perform(effect): Promise<EffectResult> {
      const { requestId, attempt } = effect.data as unknown as CancelSessionParams;
      if (registry.find(requestId)?.attempt === attempt) registry.halt(requestId, 'cancelled');
      return { kind: 'done' };
    },
  };
}
