/**
 * Layout, format 1. `t` is an instant or a version in six bytes, `text` a length byte and UTF-8 (long ones hashed), `id` a
 * packed actor id (see pack.ts). Values are JSON unless drawn otherwise.
 *
 *   docs      id                                        →  head (see head.ts) + document
 *   index     code │ text value │ t createdAt │ id      →  ""
 *             state: code │ text "kind|state" │ t since │ id  →  "<shard> <reason>"
 *             said: code │ t at │ id │ t version              →  ""          steps that announced something
 *   due       gate │ t fireAt │ shard │ len id │ text name    →  [actor, key, name, dueAt, fireAt, shard]
 *   effects   text channel │ t createdAt │ id │ t version │ n →  effect, body included
 *   history   len id │ t version                        →  entry
 *   slots     text name                                 →  slot
 *   expiry    t expiresAt │ text name                   →  ""
 *   counts    shard │ text kind … reason, day           →  "<n> " + [kind, state, day, reason]
 *   meta      text name                                 →  value
 *
 * Why so: documents, history and effects have keys that rise with time, so a batch of new ones touches few pages. Keys under
 * random values (MPAN, SUR, slots) hold references only. An effect is one row, body and order in one; whoever settles it
 * without naming its instant finds that in the history entry of the step.
 */
import type { ActorId, EpochMs } from '../../../machines/common/effects.ts';
import type { ActorDoc, EffectRef, PageQuery, Reminder } from '../store.ts';
import { pack16, pack48, packId, packText, packTime, unpackId } from './pack.ts';

/** Part of the stored data: a code is never given to another index. */
const INDEX_CODES: Readonly<Record<PageQuery['index'], string>> = {
  kind: '\x01',
  state: '\x02',
  requestId: '\x03',
  mpan: '\x04',
  mpanAny: '\x05',
  sur: '\x06',
  correlationId: '\x07',
  mpid: '\x08',
  mpidStatus: '\x09',
  requestReference: '\x0a',
  serialNumber: '\x0b',
  about: '\x0c',
  gate: '\x0d',
};

/** Of the index of steps that announced something; never given to another index, as those above. */
export const SAID = '\x0e';

const GATES = { none: '\x00', dip: '\x01' } as const;

/** Behind every key that starts with the same prefix: no instant begins with six such bytes. */
export const LAST = '\xff\xff\xff\xff\xff\xff\xff';

export function indexPrefix(index: PageQuery['index'], value: string): string {
  return INDEX_CODES[index] + packText(value);
}

export function indexId(key: string, prefixLength: number): ActorId {
  return unpackId(key, prefixLength + 6, key.length);
}

export function stateValue(doc: ActorDoc): string {
  return `${doc.kind}|${doc.state}`;
}

/** All rows of the `state` index. */
export const STATE_RANGE = { start: INDEX_CODES.state, end: INDEX_CODES.requestId } as const;

export function fireAt(reminder: Reminder): EpochMs {
  return reminder.retryAt ?? reminder.dueAt;
}

export function duePrefix(gate: Reminder['gate'], at: EpochMs): string {
  return GATES[gate ?? 'none'] + packTime(at);
}

export function dueKey(gate: Reminder['gate'], at: EpochMs, shard: number, packedId: string, name: string): string {
  return duePrefix(gate, at) + pack16(shard) + pack16(packedId.length) + packedId + packText(name);
}

/** Offset of the shard in a key of `due`. */
export const DUE_SHARD = 7;

export function effectKey(channel: string, createdAt: EpochMs, suffix: string): string {
  return packText(channel) + packTime(createdAt) + suffix;
}

/** What identifies an effect within its channel. */
export function effectSuffix(packedId: string, version: number, n: number): string {
  return packedId + pack48(version) + pack16(n);
}

export function refSuffix(ref: Pick<EffectRef, 'actor' | 'version' | 'n'>): string {
  return effectSuffix(packId(ref.actor), ref.version, ref.n);
}

export function historyPrefix(packedId: string): string {
  return pack16(packedId.length) + packedId;
}

export function historyKey(packedId: string, version: number): string {
  return historyPrefix(packedId) + pack48(version);
}

/** Where a step that announced something is found by its instant. Written once and never moved, so a batch touches the last page only. */
export function saidKey(at: EpochMs, packedId: string, version: number): string {
  return saidPrefix(at) + packedId + pack48(version);
}

export function saidPrefix(at: EpochMs): string {
  return SAID + packTime(at);
}

/** Key of the history entry that a key of the index `said` is about. */
export function saidStep(key: string): { readonly actor: ActorId; readonly history: string } {
  const packedId = key.slice(SAID.length + 6, -6);
  return { actor: unpackId(packedId, 0, packedId.length), history: historyPrefix(packedId) + key.slice(-6) };
}

export function expiryKey(at: EpochMs, packedName: string): string {
  return packTime(at) + packedName;
}

const days = new Map<number, string>();

/** UTC day as `YYYY-MM-DD`. */
export function dayOf(at: EpochMs): string {
  const number = Math.floor(at / 86_400_000);
  let day = days.get(number);
  if (day === undefined) {
    if (days.size > 4_000) days.clear();
    day = new Date(number * 86_400_000).toISOString().slice(0, 10);
    days.set(number, day);
  }
  return day;
}

export function countKey(shard: number, kind: string, state: string, day: string, reason: string): string {
  return pack16(shard) + packText(kind) + packText(state) + day + packText(reason);
}
