/** Every error code that the pool adds to those of the codecs, stable: programs branch on them. `docs/errors.md` shows this list. */
export const POOL_ERRORS = {
  pool_busy: {
    text: 'The queue of the codec pool is full, in requests or in octets.',
    remedy: 'Slow down and try again; raise `queueRequests` or `queueBytes`.',
  },
  pool_deadline: { text: 'The request was not answered before its deadline.', remedy: 'Give it more time, or look at the depth and wait of the pool.' },
  pool_aborted: { text: 'The caller aborted the request.', remedy: 'None: it was asked for.' },
  pool_poisoned: {
    text: 'The request ended or hung two workers and is not tried again.',
    remedy: 'Keep the octets and report them: a codec has a fault, or a limit is too high for `heapMb`.',
  },
  pool_too_large: { text: 'The request or its answer does not fit the shared memory.', remedy: 'Raise `slots` or `slotBytes`, or give the data in parts.' },
  pool_stale_key: { text: 'The key handle was released, or is of another pool.', remedy: 'Put the keys again; handles end with their session.' },
  pool_failed: { text: 'The operation threw, which codecs never do.', remedy: 'Report it: it is a fault of the codec.' },
  pool_down: { text: 'No worker of the pool can be started.', remedy: 'Read the log of the start; the pool goes on trying.' },
  pool_closed: { text: 'The pool is closed, or closed before the answer came.', remedy: 'None while the process stops.' },
} as const;

export type PoolErrorCode = keyof typeof POOL_ERRORS;
