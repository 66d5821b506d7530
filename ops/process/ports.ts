/** The real clock, random numbers and ids. The only place that hands them to the engine. */
import { randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';
import type { Clock, Ids, Random, Timer } from '../../actors/engine/ports.ts';

/** Node's timers hold 31 bits of milliseconds; longer ones would fire at once. */
const MAX_DELAY_MS = 2_147_483_647;

export const realClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after: (delayMs, run) => {
    let handle: NodeJS.Timeout;
    const arm = (left: number): void => {
      const part = Math.min(left, MAX_DELAY_MS);
      handle = setTimeout(() => (left > part ? arm(left - part) : run()), part);
      handle.unref();
    };
    arm(Math.max(0, delayMs));
    const timer: Timer = { cancel: () => clearTimeout(handle) };
    return timer;
  },
  soon: (run) => {
    setImmediate(run);
  },
};

export const realRandom: Random = { next: () => Math.random() };

/** Random bytes are asked for in bulk: asking for each id anew costs more than the rest of it (bench `appoint`). */
const pool = new Uint8Array(8_192);
const ID_BYTES = 16;
let used = pool.length;

function randomBytes(): Uint8Array {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += ID_BYTES;
  return pool.subarray(used - ID_BYTES, used);
}

let lastMs = 0;
let sequence = 0;

/** UUIDv7, rising within this process, also within a millisecond (32 bits that begin at random and count on) and when the clock steps back. */
export const realIds: Ids = {
  uuid: () => {
    const random = randomBytes();
    const now = Date.now();
    if (now > lastMs) {
      lastMs = now;
      sequence = (((random[6] ?? 0) & 0x7f) << 24) | ((random[7] ?? 0) << 16) | ((random[8] ?? 0) << 8) | (random[9] ?? 0);
    } else {
      sequence = (sequence + 1) | 0;
      if (sequence === 0) lastMs++;
    }
    return v7({ random, msecs: lastMs, seq: sequence });
  },
};
