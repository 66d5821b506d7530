/**
 * The actor system that all sessions of a process share: XState makes one for every root actor, some twenty functions and maps for each
 * of thousands of sessions, with timers kept in objects that grow and shrink (benches `sessions`, `overnight`).
 *
 *   supervisor (no actor of its own) ─► session ─► port that is being called
 *        └ system: timers by actor, nobody inspects, no names
 *
 * Sessions are children of a supervisor that hears nothing: whoever runs a session looks at it.
 */
import { type Actor, type AnyActorRef, createActor } from 'xstate';
import type { MeterSessionMachine, SessionInput } from '../../machines/meter-session/index.ts';
import type { Clock, Timer } from '../engine/ports.ts';

/** What of an actor the system touches. */
interface Target {
  _send(event: unknown): void;
}

const nothing = (): void => {};

/** Given to `createActor` as the parent of every session. */
export interface SessionSupervisor {
  readonly system: object;
  _send(event: unknown): void;
}

/** @param clock of the sessions' deadlines */
export function createSessionSupervisor(clock: Clock): SessionSupervisor {
  /** By whom they were set; only of actors that have some. */
  const timers = new Map<object, Map<string, Timer>>();
  let actors = 0;

  const scheduler = {
    schedule(source: object, target: Target, event: unknown, delayMs: number, id: string): void {
      let own = timers.get(source);
      if (own === undefined) {
        own = new Map();
        timers.set(source, own);
      }
      const set = own;
      const timer = clock.after(delayMs, () => {
        set.delete(id);
        target._send(event);
      });
      set.set(id, timer);
    },
    cancel(source: object, id: string): void {
      const own = timers.get(source);
      own?.get(id)?.cancel();
      own?.delete(id);
    },
    cancelAll(source: object): void {
      const own = timers.get(source);
      if (own === undefined) return;
      for (const timer of own.values()) timer.cancel();
      timers.delete(source);
    },
  };
  const system = {
    scheduler,
    _bookId: () => `session:${actors++}`,
    _register: (id: string) => id,
    _unregister: nothing,
    _sendInspectionEvent: nothing,
    _relay: (_source: unknown, target: Target, event: unknown) => target._send(event),
    _set: nothing,
    get: nothing,
    getAll: () => ({}),
    inspect: () => ({ unsubscribe: nothing }),
    getSnapshot: () => ({ _scheduledEvents: {} }),
    start: nothing,
    _clock: undefined,
    _logger: nothing,
  };
  return { system, _send: nothing };
}

/** A session that has not begun yet. */
export function superviseSession(supervisor: SessionSupervisor, machine: MeterSessionMachine, input: SessionInput): Actor<MeterSessionMachine> {
  return createActor(machine, { input, parent: supervisor as unknown as AnyActorRef });
}

/** An actor that has a supervisor is stopped by it alone. */
export function stopSession(session: Actor<MeterSessionMachine>): void {
  (session as unknown as { _stop(): void })._stop();
}
