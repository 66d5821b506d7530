/** Every edge, first without a crash, then once for every place where its step may be cut; all must lead to the same. */
import type { Edge } from './explore.ts';
import { type Groups, openHouse } from './house.ts';
import { runVariants } from './run.ts';
import { describe, makeVariant, type Subject, type Variant } from './variant.ts';

export interface EdgeCase {
  readonly edge: Edge;
  readonly subject: Subject;
}

export interface EdgeReport {
  readonly edges: number;
  readonly crashes: number;
  /** What differed, in words. */
  readonly failures: readonly string[];
}

/** Variants in one store at a time. */
const BATCH = 3_000;

export async function crashEveryEdge(
  at: number,
  cases: readonly EdgeCase[],
  actors: Parameters<typeof openHouse>[1],
  groups: Groups = 'atomic',
): Promise<EdgeReport> {
  let serial = 0;
  const reference = new Map<EdgeCase, string>();
  const crashes: { of: EdgeCase; variant: Variant }[] = [];
  for (const batch of slices(cases)) {
    const house = await openHouse(at, actors, groups);
    const variants = batch.map((one) => makeVariant(one.edge, one.subject, serial++, undefined));
    const outcomes = await runVariants(house, variants);
    await house.close();
    for (const [i, one] of batch.entries()) {
      const outcome = outcomes[i];
      if (!outcome) continue;
      reference.set(one, outcome.text);
      for (let crashAt = 0; crashAt < outcome.passes; crashAt++) crashes.push({ of: one, variant: makeVariant(one.edge, one.subject, serial++, crashAt) });
    }
  }
  const failures: string[] = [];
  for (const batch of slices(crashes)) {
    const house = await openHouse(at, actors, groups);
    const outcomes = await runVariants(
      house,
      batch.map((one) => one.variant),
    );
    await house.close();
    for (const [i, one] of batch.entries()) {
      if (outcomes[i]?.text !== reference.get(one.of))
        failures.push(`${describe(one.variant)}\n${difference(reference.get(one.of) ?? '', outcomes[i]?.text ?? '')}`);
    }
  }
  return { edges: cases.length, crashes: crashes.length, failures };
}

function* slices<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let start = 0; start < all.length; start += BATCH) yield all.slice(start, start + BATCH);
}

/** The first lines that differ. */
function difference(expected: string, actual: string): string {
  const left = expected.split('\n');
  const right = actual.split('\n');
  const at = left.findIndex((line, i) => line !== right[i]);
  const show = (lines: readonly string[]): string =>
    lines
      .slice(Math.max(0, at - 2), at + 3)
      .map((line) => line.slice(0, 160))
      .join(' ');
  return `  expected ${show(left)}\n  actual   ${show(right)}`;
}
