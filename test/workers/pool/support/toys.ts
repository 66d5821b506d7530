/** Operations for tests: some that answer, some that end their worker, and one that waits at a gate. */
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import type { Answer } from '../../../../workers/pool/answer.ts';
import type { Operation, OperationTable, Packed } from '../../../../workers/pool/operation.ts';
import { packedOctets } from '../../../../workers/pool/packing.ts';

/** Two words for each gate: how many workers have come to it, and whether it is open. */
const GATES = 16;

function gateMemory(): Int32Array {
  const known = getEnvironmentData('gates');
  if (known instanceof SharedArrayBuffer) return new Int32Array(known);
  const memory = new SharedArrayBuffer(GATES * 8);
  setEnvironmentData('gates', memory);
  return new Int32Array(memory);
}

const gates = gateMemory();
let nextGate = 0;

/** Made on the main thread before the pool. */
export class Gate {
  readonly index = nextGate++;

  /** When so many workers wait here. */
  async reached(count = 1): Promise<void> {
    for (let seen = Atomics.load(gates, this.index * 2); seen < count; seen = Atomics.load(gates, this.index * 2)) {
      await Atomics.waitAsync(gates, this.index * 2, seen).value;
    }
  }

  open(): void {
    Atomics.store(gates, this.index * 2 + 1, 1);
    Atomics.notify(gates, this.index * 2 + 1);
  }
}

export interface ToyRequest {
  readonly op: 'echo' | 'wait' | 'exit' | 'hog' | 'hang' | 'throw' | 'swell' | 'exit-once';
  readonly octets: Uint8Array;
}

const good = (consumed: number): Packed => ({ kind: 'good', consumed, leniencies: [] });

function toy(act: (octets: Uint8Array) => Uint8Array): Operation<ToyRequest, Uint8Array> {
  return {
    octets: ({ octets }) => octets.length,
    inputBytes: ({ octets }) => packedOctets(octets.length),
    answerBytes: ({ octets }) => packedOctets(octets.length),
    write: ({ octets }, out) => {
      out.octets(octets);
    },
    run(input, out) {
      const octets = input.octets();
      out.octets(act(octets));
      return good(octets.length);
    },
    read: (answer) => answer.octets(),
    direct: ({ octets }): Answer<Uint8Array> => ({ kind: 'good', value: act(octets), consumed: octets.length, leniencies: [] }),
  };
}

const kept: number[][] = [];

export const TOYS = {
  echo: toy((octets) => octets),
  wait: toy((octets) => {
    const word = (octets[0] ?? 0) * 2;
    Atomics.add(gates, word, 1);
    Atomics.notify(gates, word);
    Atomics.wait(gates, word + 1, 0);
    return octets;
  }),
  exit: toy(() => process.exit(7)),
  /** Ends the first worker that comes to its gate. */
  'exit-once': toy((octets) => (Atomics.add(gates, (octets[0] ?? 0) * 2, 1) === 0 ? process.exit(7) : octets)),
  hog: toy(() => {
    for (;;) kept.push(new Array(100_000).fill(1.5));
  }),
  hang: toy(() => {
    for (;;);
  }),
  throw: toy(() => {
    throw new RangeError('secret');
  }),
  /** A hundred times as much. */
  swell: toy((octets) => new Uint8Array(octets.length * 100).fill(octets[0] ?? 0)),
} satisfies OperationTable;
