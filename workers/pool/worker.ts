/** The entry of a worker thread. */
import { workerData } from 'node:worker_threads';
import { OPERATIONS } from './operations.ts';
import { makeRunner } from './runner.ts';
import type { WorkerSeed } from './worker-seed.ts';

const seed: WorkerSeed = workerData;

export default makeRunner(seed, OPERATIONS);
