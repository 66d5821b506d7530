/** What is in the target, read back whole, against what is in the source. */
import type { ActorDoc } from '../../store.ts';
import type { StoreExport } from '../../tree/export.ts';
import type { Collections } from '../collections.ts';
import { decodeDoc, decodeEffect, decodeSlot } from '../encode.ts';
import { Digest, slices, type Tally } from './digest.ts';
import { OWN_META } from './journal.ts';

export interface Compared {
  /** `documents: appointment`, `history`, `effects: dip`, `slots`, `meta`. */
  readonly what: string;
  readonly source: Tally;
  readonly target: Tally;
  readonly same: boolean;
}

const SLICE = 500;
const NOTHING: Tally = { count: 0, checksum: '' };

type Told = (read: number) => void;

export async function compare(source: StoreExport, collections: Collections, told: Told): Promise<readonly Compared[]> {
  const [wanted, found] = [digestSource(source, told).tallies(), (await digestTarget(collections, told)).tallies()];
  return [...new Set([...wanted.keys(), ...found.keys()])].sort().map((what) => {
    const [a, b] = [wanted.get(what) ?? NOTHING, found.get(what) ?? NOTHING];
    return { what, source: a, target: b, same: a.count === b.count && a.checksum === b.checksum };
  });
}

const ofKind = ({ kind }: ActorDoc): string => `documents: ${kind}`;

function digestSource(source: StoreExport, told: Told): Digest {
  const digest = new Digest();
  for (const slice of slices(source, 'docs', SLICE)) {
    for (const { item } of slice) {
      digest.add(ofKind(item.doc), item.doc);
      for (const entry of item.history) digest.add('history', [item.doc.id, entry]);
    }
    told(slice.length);
  }
  for (const slice of slices(source, 'effects', SLICE)) for (const { item } of slice) digest.add(`effects: ${item.channel}`, item);
  for (const slice of slices(source, 'slots', SLICE)) for (const { item } of slice) digest.add('slots', item);
  for (const slice of slices(source, 'meta', SLICE)) for (const { item } of slice) if (!OWN_META.has(item.name)) digest.add('meta', item);
  return digest;
}

async function digestTarget({ actors, history, meta }: Collections, told: Told): Promise<Digest> {
  const digest = new Digest();
  let read = 0;
  for await (const stored of actors.find({}).batchSize(SLICE)) {
    const doc = decodeDoc(stored);
    if (doc) digest.add(ofKind(doc), doc);
    for (const effect of stored.u ?? []) digest.add(`effects: ${effect.c}`, decodeEffect(effect));
    for (const slot of stored.sl ?? []) digest.add('slots', decodeSlot(stored._id, slot));
    if (doc && ++read % SLICE === 0) told(SLICE);
  }
  told(read % SLICE);
  for await (const { a, d } of history.find({}).batchSize(SLICE)) digest.add('history', [a, JSON.parse(d)]);
  for await (const { _id, d } of meta.find({})) if (!OWN_META.has(_id)) digest.add('meta', { name: _id, value: JSON.parse(d) as unknown });
  return digest;
}
