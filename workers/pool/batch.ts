/**
 * What lies in a slot: one batch of requests, and the answers that the worker packs behind them.
 *
 * ```
 *   octet  0  progress (4)   -1: not begun; n: request n is being run; count: all are answered
 *          4  count (4)
 *          8  inputs at (4)      all places are octets from the start of the slot
 *         12  answers at (4)
 *         16  answers end (4)    written by the worker with each answer
 *         20  end of the slot (4)
 *         24  -
 *         32  table, 32 octets a request:
 *                operation (4), input at (4)                                  by the main thread
 *                status (4), answer at (4), needed (4), run ns (4), consumed (4), leniencies (4)    by the worker
 *         ..  inputs, each from a multiple of 8
 *         ..  answers, likewise
 * ```
 *
 * I1 The worker stores `progress` = n only after everything of request n - 1 is in place, so whoever finds a dead worker's slot may
 *    trust the answers below `progress`, and knows which request it died in.
 * I2 Request n reads its input only from the worker's own copy: nothing that it packs can change an input.
 */
import { LENIENCIES, type LeniencyName } from '../codec/common/index.ts';
import { type Answer, type BadAnswer, poolError } from './answer.ts';
import type { Operation, PoolRequest, Tools } from './operation.ts';
import { aligned8, Packer, Unpacker, type Views } from './packing.ts';
import type { Slot } from './ring.ts';

export const HEAD_BYTES = 32;
export const ENTRY_BYTES = 32;
/** Room of an answer that is an error. */
export const ERROR_BYTES = 256;

const NOT_BEGUN = -1;
const [COUNT, INPUTS_AT, ANSWERS_AT, ANSWERS_END, END] = [1, 2, 3, 4, 5];
const [OPERATION, INPUT_AT, STATUS, ANSWER_AT, NEEDED, RUN_NS, CONSUMED, LENIENCY] = [0, 1, 2, 3, 4, 5, 6, 7];
const [NONE, GOOD, BAD, OVERFLOW] = [0, 1, 2, 3];
const MOST_WORD = 2 ** 31 - 1;

const LENIENCY_NAMES = Object.keys(LENIENCIES) as LeniencyName[];
const NO_LENIENCIES: readonly LeniencyName[] = [];

/** A request as the batch sees it. */
export interface Item {
  readonly request: PoolRequest;
  readonly operation: Operation;
  /** Place of the operation in the table that both threads share. */
  readonly code: number;
}

/** Writes requests into a slot, which the caller has made large enough. Gives those that could not be written, and why. */
export function writeBatch<J extends Item>(
  views: Views,
  packer: Packer,
  slot: Slot,
  jobs: readonly J[],
): readonly { readonly job: J; readonly error: unknown }[] {
  const { i32 } = views;
  const head = slot.at >> 2;
  const failed: { job: J; error: unknown }[] = [];
  let at = slot.at + HEAD_BYTES + jobs.length * ENTRY_BYTES;
  i32[head + COUNT] = jobs.length;
  i32[head + INPUTS_AT] = at - slot.at;
  for (const [index, job] of jobs.entries()) {
    const { request, operation, code } = job;
    const entry = entryOf(slot.at, index);
    i32[entry + OPERATION] = code;
    i32[entry + INPUT_AT] = at - slot.at;
    i32[entry + STATUS] = NONE;
    packer.start(at, slot.at + slot.bytes);
    try {
      operation.write(request, packer);
      if (packer.overflowed) throw new Error('the operation packed more than it said');
      at = aligned8(packer.at);
    } catch (error) {
      i32[entry + OPERATION] = -1;
      failed.push({ job, error });
    }
  }
  i32[head + ANSWERS_AT] = at - slot.at;
  i32[head + ANSWERS_END] = at - slot.at;
  i32[head + END] = slot.bytes;
  Atomics.store(i32, head, NOT_BEGUN);
  return failed;
}

export function progressOf(views: Views, slot: Slot): number {
  return Atomics.load(views.i32, slot.at >> 2);
}

/** `again`: the answer found no room and needs so many octets. */
export type ReadAnswer = { readonly kind: 'answer'; readonly answer: Answer<unknown> } | { readonly kind: 'again'; readonly needed: number };

/** Answers of a slot in memory of their own. The answers of one batch share it. */
export interface TakenAnswers {
  read(index: number, item: Item): ReadAnswer;
  /** Nanoseconds that the worker took for a request. */
  runNs(index: number): number;
}

/** Copies table and answers out, once; the slot is not looked at afterwards. */
export function takeAnswers(views: Views, slot: Slot, count: number): TakenAnswers {
  const head = slot.at >> 2;
  const table = views.i32.slice(entryOf(slot.at, 0), entryOf(slot.at, count));
  const from = views.i32[head + ANSWERS_AT] ?? 0;
  const to = views.i32[head + ANSWERS_END] ?? 0;
  // Not zeroed first: all of it is written at once (bench `pool`).
  const octets = Buffer.allocUnsafeSlow(aligned8(to - from));
  Buffer.from(views.u8.buffer, slot.at + from, to - from).copy(octets);
  const packed = new Unpacker(octets.buffer);
  const word = (index: number, name: number): number => table[index * 8 + name] ?? 0;
  return {
    runNs: (index) => word(index, RUN_NS),
    read(index, { request, operation }) {
      const status = word(index, STATUS);
      if (status === OVERFLOW) return { kind: 'again', needed: word(index, NEEDED) };
      packed.start(word(index, ANSWER_AT) - from);
      if (status === BAD) return { kind: 'answer', answer: readBad(packed) };
      const value = operation.read(packed, request);
      return { kind: 'answer', answer: { kind: 'good', value, consumed: word(index, CONSUMED), leniencies: leniencyNames(word(index, LENIENCY)) } };
    },
  };
}

/** The worker's side: runs every request of a slot and packs its answer. */
export function makeBatchRunner(views: Views, operations: readonly Operation[], tools: Tools, nowMs: () => number): (at: number) => void {
  const { i32, u8 } = views;
  const packer = new Packer(views);
  let own = new Uint8Array(0);
  let input = new Unpacker(own.buffer);
  return (at) => {
    const head = at >> 2;
    const count = i32[head + COUNT] ?? 0;
    const inputsAt = i32[head + INPUTS_AT] ?? 0;
    const inputs = u8.subarray(at + inputsAt, at + (i32[head + ANSWERS_AT] ?? 0));
    if (own.length < inputs.length) {
      own = new Uint8Array(aligned8(inputs.length * 2));
      input = new Unpacker(own.buffer);
    }
    own.set(inputs);
    let answersEnd = at + (i32[head + ANSWERS_END] ?? 0);
    const end = at + (i32[head + END] ?? 0);
    let since = nowMs();
    for (let index = 0; index < count; index++) {
      Atomics.store(i32, head, index);
      const entry = entryOf(at, index);
      packer.start(answersEnd, end);
      const operation = operations[i32[entry + OPERATION] ?? -1];
      i32[entry + STATUS] = operation === undefined ? NONE : runOne(operation, input.start((i32[entry + INPUT_AT] ?? 0) - inputsAt), packer, tools, i32, entry);
      i32[entry + ANSWER_AT] = answersEnd - at;
      i32[entry + NEEDED] = packer.needed;
      if (!packer.overflowed) answersEnd = aligned8(packer.at);
      const now = nowMs();
      i32[entry + RUN_NS] = Math.min(MOST_WORD, (now - since) * 1e6);
      i32[head + ANSWERS_END] = answersEnd - at;
      since = now;
    }
    Atomics.store(i32, head, count);
  };
}

function runOne(operation: Operation, input: Unpacker, packer: Packer, tools: Tools, i32: Int32Array, entry: number): number {
  const from = packer.at;
  let packed: ReturnType<Operation['run']>;
  try {
    packed = operation.run(input, packer, tools);
  } catch (error) {
    packed = failedAnswer(error);
  }
  if (packed.kind === 'bad') packBad(packer.restart(from), packed);
  if (packer.overflowed) return OVERFLOW;
  if (packed.kind === 'bad') return BAD;
  i32[entry + CONSUMED] = packed.consumed;
  i32[entry + LENIENCY] = leniencyBits(packed.leniencies);
  return GOOD;
}

/** The name of the thrown thing only: a message could hold octets of the request. */
export function failedAnswer(error: unknown): BadAnswer {
  return poolError('pool_failed', 'operation: must not throw', error instanceof Error ? error.name : typeof error);
}

function packBad(packer: Packer, { error }: BadAnswer): void {
  packer.text(error.code).word(error.offset).text(error.rule).text(error.got);
}

function readBad(packed: Unpacker): BadAnswer {
  const code = packed.text();
  const offset = packed.word();
  const rule = packed.text();
  const got = packed.text();
  // A code that the same program packed.
  return { kind: 'bad', error: { code, offset, rule, got } as BadAnswer['error'] };
}

function leniencyBits(names: readonly LeniencyName[]): number {
  let bits = 0;
  for (const name of names) bits |= 1 << LENIENCY_NAMES.indexOf(name);
  return bits;
}

function leniencyNames(bits: number): readonly LeniencyName[] {
  if (bits === 0) return NO_LENIENCIES;
  return LENIENCY_NAMES.filter((_, index) => (bits & (1 << index)) !== 0);
}

function entryOf(slotAt: number, index: number): number {
  return (slotAt + HEAD_BYTES + index * ENTRY_BYTES) >> 2;
}
