/** Makes the indexes at start, and refuses to work with others of the same name: wrong ones give wrong answers or slow ones. */
import { isDeepStrictEqual } from 'node:util';
import type { Collection, Document, IndexDescription, IndexDescriptionInfo } from 'mongodb';
import { StoreError } from '../../errors/error.ts';
import type { Collections } from './collections.ts';
import { messageOf } from './errors.ts';
import { ACTOR_INDEXES, COUNT_INDEXES, type IndexSpec } from './layout.ts';

/** @throws StoreError `store_index_differs` */
export async function ensureIndexes({ actors, counts }: Collections): Promise<void> {
  await ensure(actors as unknown as Collection, ACTOR_INDEXES);
  await ensure(counts as unknown as Collection, COUNT_INDEXES);
}

async function ensure(collection: Collection, specs: readonly IndexSpec[]): Promise<void> {
  const before = await existing(collection);
  for (const spec of specs) check(collection, spec, before.get(spec.name));
  const missing = specs.filter(({ name }) => !before.has(name));
  if (missing.length === 0) return;
  try {
    await collection.createIndexes(missing.map((spec) => ({ ...spec }) as IndexDescription));
  } catch (cause) {
    // Another node may have made them meanwhile: what is there now decides.
    const now = await existing(collection);
    if (!missing.every(({ name }) => now.has(name))) throw differs(collection, missing[0]?.name ?? '', messageOf(cause));
  }
  const after = await existing(collection);
  for (const spec of specs) check(collection, spec, after.get(spec.name) ?? {});
}

async function existing(collection: Collection): Promise<ReadonlyMap<string, Document>> {
  try {
    const found: IndexDescriptionInfo[] = await collection.listIndexes().toArray();
    return new Map(found.map((one) => [one.name ?? '', one]));
  } catch (error) {
    // There is no such collection yet.
    if (error instanceof Error && 'code' in error && error.code === 26) return new Map();
    throw error;
  }
}

function check(collection: Collection, spec: IndexSpec, found: Document | undefined): void {
  if (found === undefined) return;
  const is = shapeOf(found);
  const should = shapeOf(spec as unknown as Document);
  if (!isDeepStrictEqual(is, should)) throw differs(collection, spec.name, `${JSON.stringify(is)} instead of ${JSON.stringify(should)}`);
}

/** What makes an index answer as it does. The order of its fields counts. */
function shapeOf(index: Document): Document {
  return {
    key: Object.entries((index.key as Document | undefined) ?? {}).map(([field, direction]) => [field, Number(direction)]),
    unique: index.unique === true,
    sparse: index.sparse === true,
    partial: index.partialFilterExpression ?? null,
    collation: index.collation ?? null,
    expires: index.expireAfterSeconds ?? null,
  };
}

function differs({ namespace }: Collection, name: string, text: string): StoreError {
  return new StoreError('store_index_differs', `mongodb: index ${name} of ${namespace} is not the one that is needed: ${text}`, {
    retry: 'never',
    details: { collection: namespace, index: name },
  });
}
