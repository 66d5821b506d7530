/** The engine's own commands: outcomes of effects, tells, reminders, and what operators may do to any actor. */
import type { ActorId, EpochMs, Json } from '../../machines/common/effects.ts';
import { MeterwrightError, RefusedError } from '../errors/error.ts';
import type { Effect, EffectRef } from '../store/store.ts';
import type { Command, MachineEvent } from './definition.ts';
import { LATE_TELL, quarantineRecord, redrive, TELL } from './quarantine.ts';
import type { ReindexPayload } from './reindex.ts';
import type { DropPayload } from './sweeps.ts';
import type { KeyTurn } from './turn.ts';

type KeyHandler = (turn: KeyTurn, payload: unknown) => Promise<unknown>;

export interface OutcomePayload {
  readonly actor: ActorId;
  readonly ref: EffectRef;
  readonly event: { readonly type: string; readonly [member: string]: Json | undefined } | null;
}

export interface TellPayload {
  /** A carried tell, from the outbox. */
  readonly effect: Effect;
}

export interface ReminderPayload {
  readonly actor: ActorId;
  readonly name: string;
  readonly dueAt: EpochMs;
}

export interface OperatorPayload {
  readonly actor: ActorId;
  readonly by: string;
  readonly reason: string;
}

export interface BuiltinWorld {
  readonly reminderRetryMs: number;
  handler(type: string): KeyHandler | undefined;
}

/** Errors that pass by themselves are the caller's to repeat; all others of a pure step would come again. */
function passes(error: unknown): boolean {
  return error instanceof MeterwrightError && error.retry !== 'never';
}

/** An effect was done: its event and the settling of it are one commit. */
const outcome: KeyHandler = async (turn, payload) => {
  const { actor, ref, event } = payload as OutcomePayload;
  const ids = [`outcome:${ref.key}`];
  try {
    if (event === null) return await turn.settle(actor, ref);
    const applied = await turn.deliver(actor, event, { ids, settle: ref });
    return applied.kind;
  } catch (error) {
    if (passes(error)) throw error;
    turn.set.undo();
    const command: Command = { key: turn.key, type: 'engine.event', payload: { actor, event, ids }, origin: 'durable', id: ref.key };
    await quarantineRecord(turn, command, error);
    await turn.settle(actor, ref);
    return 'quarantined';
  }
};

/** An event for an actor, as quarantined outcomes are driven again. */
const event: KeyHandler = async (turn, payload) => {
  const { actor, event: body, ids } = payload as { actor: ActorId; event: MachineEvent; ids: readonly string[] };
  return (await turn.deliver(actor, body, { ids })).kind;
};

function tell(late: boolean): KeyHandler {
  return async (turn, payload) => {
    const { effect } = payload as TellPayload;
    const { to, event: body } = effect.data as unknown as { to: ActorId; event: MachineEvent };
    const { actor, version, n } = effect;
    const applied = await turn.tell(to, body, late ? { ids: [`tell:${effect.key}`] } : { from: { actor, version, n } });
    return applied.kind;
  };
}

function reminder(world: BuiltinWorld): KeyHandler {
  return async (turn, payload) => {
    const { actor, name, dueAt } = payload as ReminderPayload;
    try {
      const applied = await turn.deliver(actor, { type: 'reminder', name, dueAt }, { reminder: { name, dueAt } });
      return applied.kind;
    } catch (error) {
      if (passes(error)) throw error;
      turn.set.undo();
      const text = error instanceof Error ? error.message : String(error);
      await turn.postpone(actor, name, turn.at + world.reminderRetryMs, `reminder ${name}: ${text}`);
      return 'postponed';
    }
  };
}

const park: KeyHandler = async (turn, payload) => {
  const { actor, by, reason } = payload as OperatorPayload;
  return { version: (await turn.park(actor, reason, by)).version };
};

const unpark: KeyHandler = async (turn, payload) => {
  const { actor, by, reason } = payload as OperatorPayload;
  return { version: (await turn.unpark(actor, reason, by)).version };
};

const nudge: KeyHandler = async (turn, payload) => {
  const { actor, by, reason } = payload as OperatorPayload;
  return { version: (await turn.nudge(actor, reason, by)).version };
};

function drive(world: BuiltinWorld): KeyHandler {
  return (turn, payload) => {
    const { id, by } = payload as { id: ActorId; by: string };
    return redrive(turn, id, by, async (command) => {
      const handler = world.handler(command.type);
      if (!handler) throw new RefusedError('unknown_command', `type: no handler for ${command.type}`);
      return handler(turn, command.payload);
    });
  };
}

/** `alert.raise`, `alert.clear`: conditions of the installation itself, not of an actor; key `directory`. */
const raise: KeyHandler = async (turn, payload) => {
  const { code, about, text } = payload as { code: string; about: string; text: string };
  await turn.raise(code, about, text);
  return null;
};
const clear: KeyHandler = async (turn, payload) => {
  const { code, about } = payload as { code: string; about: string };
  await turn.clear(code, about);
  return null;
};

/** Retention: drop a document unless it changed since it was looked at. */
const drop: KeyHandler = async (turn, payload) => {
  const { id, version } = payload as DropPayload;
  const doc = await turn.get(id);
  if (doc?.version === version && doc.owed.length === 0) await turn.remove(id);
  return null;
};

/** See `Reindex`. */
const reindex: KeyHandler = async (turn, payload) => turn.reindex((payload as ReindexPayload).actor);

/** All of them, by command type. */
export function builtinHandlers(world: BuiltinWorld): ReadonlyMap<string, KeyHandler> {
  return new Map([
    ['engine.outcome', outcome],
    ['engine.event', event],
    [TELL, tell(false)],
    [LATE_TELL, tell(true)],
    ['engine.reminder', reminder(world)],
    ['engine.park', park],
    ['engine.unpark', unpark],
    ['engine.nudge', nudge],
    ['engine.redrive', drive(world)],
    ['engine.drop', drop],
    ['engine.reindex', reindex],
    ['alert.raise', raise],
    ['alert.clear', clear],
  ]);
}
