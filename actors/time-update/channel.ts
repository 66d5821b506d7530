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
 * - A3 A session that was ended before it wrote, because the process stops or its shard is given away, is handed back: another one is
 *   owed at once and no attempt is spent. One of which it is not known whether it wrote leaves its effect owed: it is done again as a
 *   new attempt, which reads first.
 * - A4 From the write on a session goes on while its shard is given away, for `stopGraceMs` at most; then, or when the engine wants so, it is cut.
 * - A5 A refused password is remembered before its result is, and so is a log-in in which the meter hung up.
 */
import type { Intent, MeterTarget, SessionResult } from '../../machines/meter-session/index.ts';
import type { CancelSessionParams, SessionParams } from '../../machines/time-update/index.ts';
import type { Channel, Command, EffectResult } from '../engine/definition.ts';
import type { EngineFace } from '../engine/face.ts';
import type { Ports, Timer } from '../engine/ports.ts';
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
  /** Takes what a live session has to say to its own action, also while its shard is given away. Default: as any command. */
  readonly takeUnderWay?: <T>(command: Command) => Promise<T>;
  /** Whether this node may write for a key at this instant. Default: always, being alone. */
  readonly owns?: (key: string) => boolean;
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

/** What ends a session from outside. */
interface Ends {
  /** At once where `leaving` has fired before; else in order. */
  readonly cut: AbortSignal;
  /** In order, since the shard is given away. Fires with `cut` at the latest. */
  readonly leaving: AbortSignal;
}

/** Pause before an action that found no room is offered again, milliseconds, and as much again by chance. */
const FULL_RETRY_MS = 2_000;
const STOP_RETRY_MS = 1_000;
const REMEMBER_TRIES = 3;

export function createMeterChannel(setup: MeterChannelSetup): Channel {
  const { ports, slots, options, registry } = setup;
  const waitingRoom = setup.capacity ?? slots.classes.reduce((sum, name) => sum + slots.limit(name) + options.sessionsWaiting, 0);

  const asCommand = (target: MeterTarget, type: string, payload: object): Command => ({
    key: target.canonicalAddress,
    type,
    payload,
    origin: 'caller',
    id: ports.ids.uuid(),
  });
  /** Of a session that is live. */
  const command = <T>(target: MeterTarget, type: string, payload: object): Promise<T> => {
    const said = asCommand(target, type, payload);
    return setup.takeUnderWay ? setup.takeUnderWay<T>(said) : setup.engine().command<T>(said);
  };

  async function hold(params: SessionParams, { cut, leaving }: Ends): Promise<EffectResult> {
    const { requestId, target } = params;
    const missed = missedWindow(params);
    const begun = await setup.earlyStarts?.take(requestId);
    const payload = { requestId, node: setup.node, ...(missed === undefined ? {} : { missed }), ...(begun === undefined ? {} : { begun }) };
    const began = await setup.engine().command<AttemptReply>(asCommand(target, 'action.attempt', payload));
    if (began.kind === 'none') return { kind: 'done' };
    const { attempt, task, hangUps } = began;
    if (leaving.aborted) return handedBack(attempt);
    const order = { requestId, attempt, target, task, priority: params.priority, trace: params.trace };
    const noter = noterOf(params, attempt);
    const stop = stopper(requestId, { cut, leaving }, () => noter.carried());
    const end = await setup.runner.run(
      { ...order, ...(params.sealedPassword === undefined ? {} : { sealedPassword: params.sealedPassword }) },
      {
        progress: ({ type: _, ...known }, view) => {
          setup.onProgress?.(view);
          noter.reached(known);
        },
        intend: (before) => intend(params, attempt, { before, connectionStartAt: noter.carried()?.connectionStartAt }, leaving),
        mayWrite: () => setup.owns?.(target.canonicalAddress) ?? true,
      },
    );
    stop();
    noter.carried();
    if (end.trace !== undefined) await keepTrace(target, requestId, attempt, end.trace);
    if (end.lost) return { kind: 'retry', delayMs: STOP_RETRY_MS, text: 'lost after its intent to write' };
    if (wasEndedEarly(end, leaving)) return handedBack(attempt, end.result);
    await rememberPassword(params, attempt, hangUps, end.result);
    return ended(attempt, end.result);
  }

  /** An overnight one whose window was over before its session could begin, because the engine was down: no session by day. */
  function missedWindow({ priority }: SessionParams): string | undefined {
    const now = ports.clock.now();
    if (priority === 'immediate' || openWindow(now, options.window)) return undefined;
    return lastWindow(now, options.window).label;
  }

  /**
   * While a session runs: the end of the engine, a shard that is given away, and the stop switch end it in order; after the grace it is
   * cut, and at once where its shard cannot wait any longer.
   */
  function stopper(requestId: number, { cut, leaving }: Ends, onHalt: () => void): () => void {
    let grace: Timer | undefined;
    let leaves = false;
    const halt = (): void => {
      onHalt();
      registry.halt(requestId, 'stopping');
      grace ??= ports.clock.after(options.stopGraceMs, () => registry.cut(requestId));
    };
    const unwatch = setup.stopSwitch.gate.onChange((open) => {
      if (!open) halt();
    });
    const deafen = [
      onAbort(leaving, () => {
        leaves = true;
        halt();
      }),
      ...(cut === leaving ? [] : [onAbort(cut, () => (leaves ? registry.cut(requestId) : halt()))]),
    ];
    // The session is not there before the next turn.
    if (setup.stopSwitch.on) ports.clock.soon(halt);
    return () => {
      grace?.cancel();
      unwatch();
      for (const stop of deafen) stop();
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

  async function intend({ target, requestId }: SessionParams, attempt: number, known: IntentKnown, leaving: AbortSignal): Promise<Intent> {
    if (setup.stopSwitch.on) return { kind: 'refused', reason: 'stop-switch' };
    if (leaving.aborted) return { kind: 'refused', reason: 'cancelled' };
    let reply: IntendReply;
    try {
      reply = await command<IntendReply>(target, 'action.intend', { requestId, attempt, ...known });
    } catch (error) {
      throw new PortError('engine', 'the intent to write could not be committed', { cause: error });
    }
    // While it was being committed the switch may have been set, or the shard have been asked for.
    if (reply.kind === 'go' && setup.stopSwitch.on) return { kind: 'refused', reason: 'stop-switch' };
    return reply.kind === 'go' && leaving.aborted ? { kind: 'refused', reason: 'cancelled' } : reply;
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
    async perform(effect: Effect, _attempt, cut, leaving = cut): Promise<EffectResult> {
      const params = effect.data as unknown as SessionParams;
      const { requestId, target, priority } = params;
      const request = { requestId, key: target.canonicalAddress, class: setup.classOf(target), immediate: priority === 'immediate' };
      const slot = await slots.acquire(request, leaving);
      if (slot === 'full') return { kind: 'retry', delayMs: Math.ceil(FULL_RETRY_MS * (1 + ports.random.next())), text: 'all sessions are in use' };
      if (slot === 'aborted') {
        const begun = await setup.earlyStarts?.take(requestId);
        return begun === undefined ? { kind: 'retry', delayMs: STOP_RETRY_MS, text: 'stopping' } : handedBack(begun);
      }
      try {
        return await hold(params, { cut, leaving });
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
function wasEndedEarly({ result, halted }: SessionEnd, leaving: AbortSignal): boolean {
  if (result.wrote || halted === 'cancelled') return false;
  if (result.failure?.guard === 'stop-switch') return true;
  return (halted === 'stopping' || leaving.aborted) && (result.outcome === 'cancelled' || result.failure?.class === 'engine');
}

/** As if it had not been begun. */
function handedBack(attempt: number, { octetsIn, octetsOut }: Pick<SessionResult, 'octetsIn' | 'octetsOut'> = { octetsIn: 0, octetsOut: 0 }): EffectResult {
  return { kind: 'done', event: { type: 'session.handed-back', attempt, octetsIn, octetsOut } };
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
