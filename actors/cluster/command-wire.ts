/**
 * Commands for the owner of a shard, and their answers, as they are on `<prefix>.cmd.<shard>` (interfaces 5). Within the frame:
 *
 *   batch    {"cluster": id, "from": node, "shard": s, "shards": S, "commands": [{"id","key","type","origin","payload","take"?}, …]}
 *   answers  {"answers": [[index, reply], [index, null, error], [index], …]}    several messages, as the commands end
 *   refusal  {"refused": error}                                                for the whole batch
 *
 * Commands and replies are plain JSON: what `JSON.parse(JSON.stringify(x))` leaves as it is. An absent reply is `undefined`.
 */
import type { Command } from '../engine/definition.ts';
import type { MeterwrightError } from '../errors/error.ts';
import { fromWireError, toWireError } from './wire-errors.ts';
import { decodeFrame, encodeFrame, type Frame, frameError } from './wire-frame.ts';

/** `take`: of an engine itself; it is never refused for want of room. */
export type WireCommand = Command & { readonly take?: true };

export interface CommandBatch {
  /** Identity of the sender's cluster; versions before it was told leave it out. */
  readonly cluster?: string | undefined;
  readonly from: string;
  readonly shard: number;
  readonly shards: number;
  readonly commands: readonly WireCommand[];
}

export const commandSubject = (prefix: string, shard: number): string => `${prefix}.cmd.${shard}`;

/** @throws TypeError when the payload is no JSON (a cycle, a bigint) */
export function encodeCommand({ id, key, type, origin, payload }: Command, take: boolean): string {
  return JSON.stringify(take ? { id, key, type, origin, take, payload } : { id, key, type, origin, payload });
}

/** @param texts as `encodeCommand` made them */
export function encodeBatch(head: Omit<CommandBatch, 'commands'>, texts: readonly string[]): Buffer {
  const cluster = head.cluster === undefined ? '' : `"cluster":${JSON.stringify(head.cluster)},`;
  return encodeFrame(`{${cluster}"from":${JSON.stringify(head.from)},"shard":${head.shard},"shards":${head.shards},"commands":[${texts.join(',')}]}`);
}

export type Decoded<T> = { readonly kind: 'ok'; readonly value: T } | { readonly kind: 'error'; readonly error: MeterwrightError };

const invalid = (rule: string): { readonly kind: 'error'; readonly error: MeterwrightError } => ({
  kind: 'error',
  error: frameError({ kind: 'invalid', rule }),
});

/** Never throws, whatever the bytes are. */
export function decodeBatch(data: Uint8Array): Decoded<CommandBatch> {
  const frame: Frame = decodeFrame(data);
  if (frame.kind !== 'ok') return { kind: 'error', error: frameError(frame) };
  const batch = frame.value as Partial<CommandBatch> | null;
  if (typeof batch !== 'object' || batch === null) return invalid('must be an object');
  if (typeof batch.from !== 'string' || !Number.isInteger(batch.shard) || !Number.isInteger(batch.shards)) return invalid('must name node, shard and shards');
  if (batch.cluster !== undefined && typeof batch.cluster !== 'string') return invalid('must name its cluster in text');
  if (!Array.isArray(batch.commands) || batch.commands.length === 0) return invalid('must have commands');
  return batch.commands.every(isCommand) ? { kind: 'ok', value: batch as CommandBatch } : invalid('has a command without id, key, type or origin');
}

function isCommand(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { id, key, type, origin } = value as Partial<Command>;
  return typeof id === 'string' && typeof key === 'string' && typeof type === 'string' && (origin === 'caller' || origin === 'durable');
}

/** An answer without its index, so that it can be kept and given again. */
export function encodeReply(reply: unknown): string {
  const text = JSON.stringify(reply) as string | undefined;
  return text === undefined ? ']' : `,${text}]`;
}

export function encodeFailure(error: unknown): string {
  return `,null,${JSON.stringify(toWireError(error))}]`;
}

/** @param answers each an index in front of what `encodeReply` or `encodeFailure` made */
export function encodeAnswers(answers: readonly string[]): Buffer {
  return encodeFrame(`{"answers":[${answers.join(',')}]}`);
}

export const answerAt = (index: number, rest: string): string => `[${index}${rest}`;

export function encodeRefusal(error: unknown): Buffer {
  return encodeFrame(`{"refused":${JSON.stringify(toWireError(error))}}`);
}

export type Answer =
  | { readonly index: number; readonly reply: unknown; readonly error?: undefined }
  | { readonly index: number; readonly error: MeterwrightError };

export type Answers = { readonly kind: 'answers'; readonly answers: readonly Answer[] } | { readonly kind: 'refused'; readonly error: MeterwrightError };

/** Never throws; an answer that cannot be read refuses the batch. */
export function decodeAnswers(data: Uint8Array): Answers {
  const frame = decodeFrame(data);
  if (frame.kind !== 'ok') return { kind: 'refused', error: frameError(frame) };
  const value = frame.value as { readonly answers?: unknown; readonly refused?: unknown } | null;
  if (typeof value === 'object' && value !== null) {
    if (value.refused !== undefined) return { kind: 'refused', error: fromWireError(value.refused) };
    if (Array.isArray(value.answers)) return { kind: 'answers', answers: value.answers.flatMap(toAnswer) };
  }
  return { kind: 'refused', error: invalid('must have answers').error };
}

function toAnswer(value: unknown): Answer[] {
  if (!Array.isArray(value) || !Number.isInteger(value[0])) return [];
  const index = value[0] as number;
  return [value.length > 2 ? { index, error: fromWireError(value[2]) } : { index, reply: value[1] }];
}
