/** The thread that a run fuzzes in, so that an input that never comes back can be seen, and named, from outside. */
import { parentPort, workerData } from 'node:worker_threads';
import { tryInput } from './run.ts';
import { loadTarget } from './targets/index.ts';

export interface FuzzWork {
  readonly codec: string;
  readonly seed: number;
  readonly from: number;
  readonly forMs: number;
  /** The index in hand. */
  readonly progress: SharedArrayBuffer;
}

const { codec, seed, from, forMs, progress } = workerData as FuzzWork;
const inHand = new Float64Array(progress);
const target = await loadTarget(codec);
if (target === undefined) throw new TypeError(`${codec}: no such codec`);

const LOOK_AT_CLOCK_EVERY = 64;
const endAt = performance.now() + forMs;
let index = from;
let finding: ReturnType<typeof tryInput>;
while (finding === undefined && (index % LOOK_AT_CLOCK_EVERY !== 0 || performance.now() < endAt)) {
  inHand[0] = index;
  finding = tryInput(target, seed, index);
  index += 1;
}
parentPort?.postMessage({ finding, inputs: index - from });
