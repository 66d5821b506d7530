/**
 * Quarantine: a message whose pure step threw would throw again, so it is put aside whole, with its error, and the key goes
 * on. An operator may have it driven again; it is then a late message, and the machine's own rules for lateness decide.
 */
import type { ActorId, EpochMs, Json } from '../../machines/common/effects.ts';
import { MeterwrightError, RefusedError } from '../errors/error.ts';
import type { Command } from './definition.ts';
import type { KeyTurn } from './turn.ts';
import { QUARANTINE_KIND } from './working-set.ts';

/** Record of a quarantined message: `quarantine:<id of the message>`, state `held`, `redriven` or `discarded`. */
export interface Quarantined {
  readonly [member: string]: Json | undefined;
  readonly id: string;
  readonly key: string;
  readonly type: string;
  readonly payload: Json;
  readonly error: string;
  readonly code: string | null;
  readonly at: EpochMs;
  readonly by: string | null;
  readonly endedAt: EpochMs | null;
}

/** A tell, and one that is driven again: later tells of its sender do not make it a repetition. */
export const TELL = 'engine.tell';
export const LATE_TELL = 'engine.late-tell';

/** Put a message aside. Named after the message, so that one which is said again is not kept twice. */
export async function quarantineRecord(turn: KeyTurn, command: Command, error: unknown): Promise<void> {
  const id: ActorId = `quarantine:${command.id}`;
  if ((await turn.get(id))?.state === 'held') return;
  const record: Quarantined = {
    id: command.id,
    key: command.key,
    type: command.type === TELL ? LATE_TELL : command.type,
    payload: JSON.parse(JSON.stringify(command.payload ?? null)) as Json,
    error: error instanceof Error ? error.message : String(error),
    code: error instanceof MeterwrightError ? error.code : null,
    at: turn.at,
    by: null,
    endedAt: null,
  };
  await turn.put({ id, kind: QUARANTINE_KIND, state: 'held', indexes: { about: [command.key] }, record });
  await turn.raise('message_quarantined', id, record.error, id);
}

/** Drive a quarantined message again, in its key's turn. */
export async function redrive(turn: KeyTurn, id: ActorId, by: string, run: (command: Command) => Promise<unknown>): Promise<unknown> {
  const doc = await turn.get(id);
  if (doc?.kind !== QUARANTINE_KIND) throw new RefusedError('no_such_message', `id: no quarantined message: ${id}`);
  if (doc.state !== 'held') throw new RefusedError('message_ended', `id: was ${doc.state} already: ${id}`);
  const record = doc.snapshot as unknown as Quarantined;
  const reply = await run({ key: record.key, type: record.type, payload: record.payload, origin: 'caller', id: record.id });
  const ended: Quarantined = { ...record, by, endedAt: turn.at };
  await turn.put({ id, kind: QUARANTINE_KIND, state: 'redriven', indexes: doc.indexes, record: ended });
  await turn.clear('message_quarantined', id, id);
  return reply;
}
