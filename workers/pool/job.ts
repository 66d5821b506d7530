/** A request on its way, and the call that it belongs to. Only the dispatcher changes them. */
import type { Answer } from './answer.ts';
import type { Item } from './batch.ts';

export type Priority = 'live' | 'bulk';

export interface Job extends Item {
  readonly call: Call;
  /** Place among the requests of the call. */
  readonly index: number;
  readonly octets: number;
  /** In the slot, to a multiple of 8; so is the room. */
  readonly inputBytes: number;
  /** Octets kept for the answer. */
  room: number;
  state: 'waiting' | 'running' | 'settled';
  /** Workers that were lost while they ran this request. */
  deaths: number;
  /** Workers that were lost with this request in their batch before they began any. */
  strays: number;
  /** Runs in a batch of its own: it was running when a worker was lost. */
  alone: boolean;
}

export interface Call {
  readonly jobs: Job[];
  /** Filled as the requests are settled. */
  readonly answers: Answer<unknown>[];
  /** Milliseconds of the pool's clock. */
  readonly since: number;
  readonly dueAt: number;
  left: number;
  /** Where the ledger keeps it. */
  place: number;
  readonly finish: () => void;
}
