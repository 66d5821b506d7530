/**
 * The channels `meter`, which holds the sessions that actions ask for, and `meter-control`, which ends them.
 *
 *   effect ─► slot ─► attempt.started ─► session ─► session.ended
 *                        (committed; by the puller already where a slot was free)
 *                                           └─ progress, write.intended (committed before the write)
 *
 * Invariants
 * - A1 Nothing is opened for an attempt that is not committed; nothing is written whose intent is not committed.
 * - A2 One session at a time per address (ordering `key`), within the limits of `Slots`.
 * - A3 A session that was cut by a stop before it wrote leaves its effect owed: it is done again as a new attempt, which reads first.
 * - A4 A refused password is remembered before its result is, and so is a log-in in which the meter hung up.
 */
import type { Intent, MeterTarget, SessionResult } from '../../machines/meter-session/index.ts';
import type { CancelSessionParams, SessionParams } from '../../machines/time-update/index.ts';
import type { Channel, EffectResult } from '../engine/definition.ts';
import type { EngineFace } from '../engine/face.ts';
import type { Ports } from '../engine/ports.ts';
import { OverloadedError } from '../errors/error.ts';
import { PortError, type SessionEnd, type SessionRegistry, type SessionRunner, type SessionView } from '../meter-session/index.ts';
import type { Effect } from '../store/store.ts';
import type { EarlyStarts } from './early-starts.ts';
import type { AttemptReply, IntendReply, IntentKnown, ProgressPayload } from './handlers.ts';
import { type Known, Noter } from './noter.ts';
import { onAbort } from './on-abort.ts';
import type { ActionsOptions } from './options.ts';
import type { Slots } from './slots.ts';
import type { StopSwitch } from './stop-switch.ts';
import { lastWindow, openWindow } from './window.ts';

export const METER_CHANNEL = 'meter';
export const METER_CONTROL_CHANNEL = 'meter-control';

export interface MeterChannelSetup {
  readonly options: Pick<ActionsOptions, 'sessionsWaiting' | 'refusedPasswordMs' | 'hangUpsAsRefusal' | 'stopGraceMs' | 'window'>;
  readonly ports: Pick<Ports, 'clock' | 'random' | 'log' | 'ids'>;
  /** Channels are made before the engine. */
  readonly engine: () => Pick<EngineFace, 'command'>;
  readonly runner: Pick<SessionRunner, 'run'>;
  readonly registry: SessionRegistry;
  readonly slots: Pick<Slots, 'classes' | 'limit' | 'acquire' | 'release'>;
  readonly stopSwitch: StopSwitch;
  /** Actions in hand at most. Default: all slots there are, and those that may wait for each class of them. */
  readonly capacity?: number;
  /** Class of slots that a meter is reached by. */
  readonly classOf: (target: MeterTarget) => string;
  /** Name of this node, as kept with the attempt. */
  readonly node: string;
  /** Attempts that the puller has begun already. Default: none. */
  readonly earlyStarts?: EarlyStarts;
  /** Every stage of every session, for those who look on. */
  readonly onProgress?: (view: SessionView) => void;
}

/** Pause before an action that found no room is offered again, milliseconds, and as much again by chance. */
const FULL_RETRY_MS = 2_000;
const STOP_RETRY_MS = 1_000;
const REMEMBER_TRIES = 3;

export function createMeterChannel(setup: MeterChannelSetup): Channel {
  const { ports, slots, options, registry } = setup;
  const waitingRoom = setup.capacity ?? slots.classes.reduce((sum, name) => sum + slots.limit(name) + options.sessionsWaiting, 0);

  const command = <T>(target: MeterTarget, type: string, payload: object): Promise<T> =>
    setup.engine().command<T>({ key: target.canonicalAddress, type, payload, origin: 'caller', id: ports.ids.uuid() });

  async function hold(params: SessionParams, signal: AbortSignal): Promise<EffectResult> {
    const { requestId, target } = params;
    const missed = missedWindow(params);
    const begun = await setup.earlyStarts?.take(requestId);
    const began = await command<AttemptReply>(target, 'action.attempt', {
      requestId,
      node: setup.node,
      ...(missed === undefined ? {} : { missed }),
      ...(begun === undefined ? {} : { begun }),
    });
    if (began.kind === 'none') return { kind: 'done' };
    const { attempt, task, hangUps } = began;
    const order = { requestId, attempt, target, task, priority: params.priority, trace: params.trace };
    const stop = stopper(requestId, signal);
    const noter = noterOf(params, attempt);
    const end = await setup.runner.run(
      { ...order, ...(params.sealedPassword === undefined ? {} : { sealedPassword: params.sealedPassword }) },
      {
        progress: ({ type: _, ...known }, view) => {
          setup.onProgress?.(view);
          noter.reached(known);
        },
        intend: (before) => intend(params, attempt, { before, connectionStartAt: noter.carried()?.connectionStartAt }, signal),
      },
    );
    stop();
    noter.carried();
    if (end.trace !== undefined) await keepTrace(target, requestId, attempt, end.trace);
    if (wasCut(end, signal)) return { kind: 'retry', delayMs: STOP_RETRY_MS, text: 'stopped before its end' };
    await rememberPassword(params, attempt, hangUps, end.result);
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

  /** Keeps what its stages bring. */
  function noterOf({ target, requestId }: SessionParams, attempt: number): Noter {
    const commit = (known: Known): void => {
      const payload: ProgressPayload = { requestId, attempt, ...known };
      command(target, 'action.progress', payload).catch((error: unknown) =>
        ports.log.warn({ err: error, action: requestId }, 'progress of a session could not be noted'),
      );
    };
    return new Noter({ clock: ports.clock, commit });
  }

  async function intend({ target, requestId }: SessionParams, attempt: number, known: IntentKnown, signal: AbortSignal): Promise<Intent> {
    if (setup.stopSwitch.on) return { kind: 'refused', reason: 'stop-switch' };
    if (signal.aborted) return { kind: 'refused', reason: 'cancelled' };
    let reply: IntendReply;
    try {
      reply = await command<IntendReply>(target, 'action.intend', { requestId, attempt, ...known });
    } catch (error) {
      throw new PortError('engine', 'the intent to write could not be committed', { cause: error });
    }
    // The switch may have been set while it was being committed.
    return reply.kind === 'go' && setup.stopSwitch.on ? { kind: 'refused', reason: 'stop-switch' } : reply;
  }

  /** What the session found out about the password. @param hangUps of the sessions before this one */
  async function rememberPassword({ target, requestId, passwordMark }: SessionParams, attempt: number, hangUps: number, result: SessionResult): Promise<void> {
    if (passwordMark === undefined || options.refusedPasswordMs === 0) return;
    const until = ports.clock.now() + options.refusedPasswordMs;
    const of = { target, passwordMark };
    if (result.passwordRefused === true) await insist(requestId, target, 'action.password-refused', { ...of, until });
    else if (result.hungUpInLogIn === true) {
      await insist(requestId, target, 'action.hung-up', { ...of, session: `${requestId}/${attempt}`, most: options.hangUpsAsRefusal, until });
    } else if (hangUps > 0 && wasLoggedIn(result)) await insist(requestId, target, 'action.password-taken', of);
  }

  async function insist(requestId: number, target: MeterTarget, type: string, payload: object): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        await command(target, type, payload);
        return;
      } catch (error) {
        ports.log.error({ err: error, action: requestId, type }, 'what a meter said to its password could not be noted');
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

/** Readings come after the log-in. */
function wasLoggedIn({ serialNumber, before, after }: SessionResult): boolean {
  return serialNumber !== undefined || before !== undefined || after !== undefined;
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
