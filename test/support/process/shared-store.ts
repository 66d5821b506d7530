/**
 * How many engine processes an installation has, and the store that they share. `npm run test:cluster` sets `MW_TEST_NODES`, and the
 * same suites that run on one engine and its embedded store then run on so many, with MongoDB.
 */
import { randomBytes } from 'node:crypto';
import type { ExecutionContext } from 'ava';

/** 1: the embedded store. */
export const NODES = Number(process.env.MW_TEST_NODES ?? 1);

// Only where it is needed: it brings hooks of its own, and so wants to be loaded by a test.
const mongodb = NODES > 1 ? await import('../mongodb.ts') : undefined;

/** A database that nobody has used, on the server of this test file. */
export interface SharedStore {
  readonly url: string;
  readonly database: string;
}

/** @param url default: the server of the suite on several nodes. @throws where there is none */
export async function freshStore(url?: string): Promise<SharedStore> {
  const at = url ?? (await mongodb?.mongodbUrl());
  if (at === undefined) throw new Error('a shared store was asked for without a server');
  return { url: at, database: `mw-process-${process.pid}-${randomBytes(4).toString('hex')}` };
}

type Declare = (title: string, run: (t: ExecutionContext) => Promise<void> | void) => void;

/** How to declare a test that says nothing about several nodes: there it is skipped, with the reason in its title. */
export function onOneEngine(declare: Declare & { readonly skip: Declare }, reason: string): Declare {
  if (NODES === 1) return declare;
  return (title, run) => declare.skip(`${title} (one engine only: ${reason})`, run);
}
