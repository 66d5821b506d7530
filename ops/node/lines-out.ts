/** Groups of modem lines in which no line works. Pure. */
import type { LineView } from '../../actors/line/index.ts';

/** Resting, or tried after a rest: it serves nobody. */
const OUT: ReadonlySet<LineView['state']> = new Set(['resting', 'probing']);

/** In words, or null when every group has a line that works. */
export function linesOut(lines: readonly LineView[]): string | null {
  const groups = new Map<string, { out: number; works: boolean; lastFailure: string | null }>();
  for (const { group, state, lastFailure } of lines) {
    const found = groups.get(group) ?? { out: 0, works: false, lastFailure: null };
    groups.set(group, found);
    if (!OUT.has(state)) found.works = true;
    else {
      found.out++;
      found.lastFailure ??= lastFailure;
    }
  }
  const words = [...groups]
    .filter(([, { works }]) => !works)
    .map(([name, { out, lastFailure }]) => `all ${out} lines of group ${name} rest (${lastFailure ?? 'unknown'})`);
  return words.length === 0 ? null : words.join('; ');
}
