/** Drops slots whose end has come. History goes with its document, in the same transaction, so nothing of it is left to sweep. */
import type { EpochMs } from '../../../machines/common/effects.ts';
import { expiryKey } from './layout.ts';
import { packTime, unpack48 } from './pack.ts';
import type { Ground } from './trees.ts';
import type { Writer } from './writer.ts';

/** Tells how many slots it dropped, at most `limit`. */
export async function sweepSlots(ground: Ground, writer: Writer, now: EpochMs, limit: number): Promise<number> {
  let dropped = 0;
  if (limit <= 0) return 0;
  const range = { start: packTime(0), end: packTime(now + 1) };
  // Nothing to do is the usual case and costs no write.
  if (ground.trees.expiry.count(range, 1).count === 0) return 0;
  await writer.job((batch) => {
    dropped = 0;
    for (const key of ground.trees.expiry.keys(range)) {
      if (dropped >= limit) break;
      const packed = key.slice(6);
      const slot = batch.slotAt(packed);
      if (slot === null || slot.expiresAt !== unpack48(key, 0)) batch.plan.remove('expiry', expiryKey(unpack48(key, 0), packed));
      else batch.setSlot(packed, slot, null);
      dropped++;
    }
  });
  return dropped;
}
