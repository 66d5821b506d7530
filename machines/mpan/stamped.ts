/**
 * Items without a date of their own: each goes by a stamp of the message that stated it, the newest stamp wins whatever
 * came first, and null never overwrites. One stamp covers a whole record; items that an older message stated, because the
 * newer ones were silent on them, keep theirs in `older`.
 */

/** Compared as text or as numbers; all stamps of one record are of one sort. */
export type Stamp = string | number;
export type Stamped<TStamp extends Stamp> = { readonly stamp: TStamp; readonly older?: Readonly<Record<string, TStamp>> };
type Item = string | number | boolean;
export type Items = Readonly<Record<string, Item | null | undefined>>;

export interface Merged<TStamp extends Stamp> {
  readonly items: Readonly<Record<string, Item>>;
  readonly stamped: Stamped<TStamp>;
  /** Names of the items whose value changed. */
  readonly changed: readonly string[];
}

/**
 * Merges what a message states into what is known. `known` holds the items as they are, `stamped` their stamps.
 * @param tie who wins under one stamp: the greater value, so that the order of messages does not matter, or what is stated now
 */
export function mergeStamped<TStamp extends Stamp>(
  known: Items,
  stamped: Stamped<TStamp> | undefined,
  stated: Items,
  stamp: TStamp,
  tie: 'greater' | 'stated' = 'greater',
): Merged<TStamp> {
  const items: Record<string, Item> = {};
  const stamps = new Map<string, TStamp>();
  const changed: string[] = [];
  for (const [name, value] of Object.entries(known)) {
    if (value === null || value === undefined) continue;
    items[name] = value;
    if (stamped !== undefined) stamps.set(name, stamped.older?.[name] ?? stamped.stamp);
  }
  for (const [name, value] of Object.entries(stated)) {
    if (value === null || value === undefined) continue;
    const before = stamps.get(name);
    const current = items[name];
    if (before !== undefined && current !== undefined) {
      if (before > stamp || (before === stamp && tie === 'greater' && String(current) >= String(value))) continue;
    }
    stamps.set(name, stamp);
    if (current !== value) changed.push(name);
    items[name] = value;
  }
  const newest = stamped !== undefined && stamped.stamp > stamp ? stamped.stamp : stamp;
  const older: Record<string, TStamp> = {};
  for (const [name, own] of stamps) if (own !== newest) older[name] = own;
  return { items, stamped: Object.keys(older).length === 0 ? { stamp: newest } : { stamp: newest, older }, changed };
}
