/** Where tests make a store fail or wait. Never given in production. */
export interface StoreFaults {
  /** Before a batch is written. A rejection stands for a failed sync: nothing of the batch is applied, nobody is told `ok`. */
  beforeWrite?(batch: { readonly ops: number }): void | Promise<void>;
  /** The batch is on stable storage, nobody knows yet. A rejection leaves it applied and not acknowledged. */
  beforeAcknowledge?(): void | Promise<void>;
}
