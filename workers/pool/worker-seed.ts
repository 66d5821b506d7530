/** What a worker is given at its start. */
export interface WorkerSeed {
  readonly ring: SharedArrayBuffer;
  readonly keys: SharedArrayBuffer;
}
