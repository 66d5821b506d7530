/**
 * What the pool can run. An operation knows how its request and its value lie in shared memory, and how to do the work there or
 * inline. The pool itself knows no protocol.
 */
import type { Answer } from './answer.ts';
import type { KeyReader } from './key-table.ts';
import type { Packer, Unpacker } from './packing.ts';

export interface PoolRequest {
  readonly op: string;
}

/** What an operation may use besides its request. */
export interface Tools {
  readonly keys: KeyReader;
}

/** The outcome of {@link Operation.run}: the value itself went into the packer. */
export type Packed = Omit<Extract<Answer<unknown>, { kind: 'good' }>, 'value'> | Extract<Answer<unknown>, { kind: 'bad' }>;

/** Methods, not functions: one table holds operations of many requests. */
export interface Operation<R extends PoolRequest = PoolRequest, V = unknown> {
  /** What counts against the threshold and the queue, and what the rate is measured by. */
  octets(request: R): number;
  /** Octets that `write` packs, exactly or more. */
  inputBytes(request: R): number;
  /** Octets that `run` will usually pack; an answer that needs more is run again with as much room as it said. */
  answerBytes(request: R): number;
  write(request: R, out: Packer): void;
  /** In the worker. The input is the worker's own copy and is overwritten by the next batch. */
  run(input: Unpacker, out: Packer, tools: Tools): Packed;
  /** On the main thread. The packed answer is the caller's own copy. */
  read(packed: Unpacker, request: R): V;
  /** The same without the hop. */
  direct(request: R, tools: Tools): Answer<V>;
}

export type OperationTable = Readonly<Record<string, Operation>>;

/** @throws TypeError for a name that the table does not have: a bug of the caller */
export function operationOf(table: OperationTable, { op }: PoolRequest): Operation {
  const operation = table[op];
  if (operation === undefined) throw new TypeError(`op: must be an operation of the pool: ${op}`);
  return operation;
}
