/**
 * Repair of one shard's counters. The scan sees one moment; what is committed while it runs is added to its result, and
 * the comparison happens inside a batch, where nothing else is under way. So it may take its time.
 */
import { addTo, type CountChanges, readCount, shardRange } from './counters.ts';
import { dayOf, indexPrefix, STATE_RANGE } from './layout.ts';
import { unpack48 } from './pack.ts';
import type { Entry, Ground } from './trees.ts';
import type { Writer } from './writer.ts';

/** Rows read before others get a turn: about a millisecond. */
const SLICE = 1_000;
const STATE_VALUE = indexPrefix('state', '').length - 1;

/** Tells how many counters were wrong. */
export async function recountShard(ground: Ground, writer: Writer, shard: number, pause: () => Promise<void>): Promise<number> {
  const expected: CountChanges = new Map();
  const listen = (changes: CountChanges): void => {
    for (const [key, change] of changes) {
      if (change.shard !== shard) continue;
      const own = expected.get(key);
      if (own) own.delta += change.delta;
      else expected.set(key, { ...change });
    }
  };
  let rows: Iterator<Entry> | undefined;
  let row: IteratorResult<Entry> | undefined;
  try {
    await writer.job(() => {
      rows = ground.trees.index.entries(STATE_RANGE)[Symbol.iterator]();
      row = rows.next();
      writer.onCounts.add(listen);
    });
    for (let n = 1; rows && row && !row.done; n++) {
      addRow(expected, row.value, shard);
      if (n % SLICE === 0) await pause();
      row = rows.next();
    }
    return await repair(ground, writer, shard, expected, listen);
  } finally {
    rows?.return?.();
    writer.onCounts.delete(listen);
  }
}

async function repair(ground: Ground, writer: Writer, shard: number, expected: CountChanges, listen: (changes: CountChanges) => void): Promise<number> {
  let wrong = 0;
  await writer.job((batch) => {
    // From here on the stored counters are right, and this batch changes them as any other does.
    writer.onCounts.delete(listen);
    const stored = new Map<string, string>();
    for (const { key, value } of ground.trees.counts.entries(shardRange(shard))) stored.set(key, value);
    const set = (key: string, label: string, count: number): void => {
      wrong++;
      batch.countBase.set(key, count);
      batch.counts.set(key, { shard, label, delta: 0 });
    };
    for (const [key, { label, delta }] of expected) if (readCount(stored.get(key)) !== delta) set(key, label, delta);
    for (const [key, value] of stored) if (!expected.has(key)) set(key, value.slice(value.indexOf(' ') + 1), 0);
  });
  return wrong;
}

/** `code │ len "kind|state" │ since │ id` with `<shard> <reason>`. */
function addRow(expected: CountChanges, { key, value }: Entry, shard: number): void {
  const space = value.indexOf(' ');
  if (Number.parseInt(value, 10) !== shard) return;
  const length = key.charCodeAt(STATE_VALUE);
  const text = Buffer.from(key.slice(STATE_VALUE + 1, STATE_VALUE + 1 + length), 'latin1').toString('utf8');
  const bar = text.indexOf('|');
  const since = unpack48(key, STATE_VALUE + 1 + length);
  addTo(expected, shard, text.slice(0, bar), text.slice(bar + 1), dayOf(since), value.slice(space + 1), 1);
}
