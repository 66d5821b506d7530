import { workerData } from 'node:worker_threads';
import { makeRunner } from '../../../../workers/pool/runner.ts';
import { TOYS } from './toys.ts';

export default makeRunner(workerData, TOYS);
