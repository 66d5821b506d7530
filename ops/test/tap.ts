/** Reads the TAP that AVA prints, line by line, and counts. */

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** What a line of TAP means to us. */
export type TapLine =
  | { readonly kind: 'passed'; readonly title: string }
  | { readonly kind: 'failed'; readonly title: string }
  | { readonly kind: 'skipped'; readonly title: string }
  /** What belongs to the point before it: what the test logged, and where it failed. */
  | { readonly kind: 'detail'; readonly text: string }
  | { readonly kind: 'details-end'; readonly text: string }
  | { readonly kind: 'plan'; readonly text: string };

const POINT = /^(not ok|ok) \d+(?: - (.*))?$/;
const SKIP = /^(.*?)\s*# (?:SKIP|TODO)\b(.*)$/i;

export function readTapLine(line: string): TapLine {
  const point = POINT.exec(line);
  if (point === null) return { kind: kindOf(line), text: line };
  const title = point[2] ?? '';
  if (point[1] === 'not ok') return { kind: 'failed', title };
  const skip = SKIP.exec(title);
  return skip === null ? { kind: 'passed', title } : { kind: 'skipped', title: `${skip[1]}${skip[2]}` };
}

/** Within a point's details any line may stand, blank ones and comments too. */
function kindOf(line: string): 'detail' | 'details-end' | 'plan' {
  if (/^1\.\.\d+/.test(line)) return 'plan';
  return line === '  ...' ? 'details-end' : 'detail';
}

/** `N passed, N failed`, with the skipped ones where there are any. */
export function closingLine(counts: Counts): string {
  return `${counts.passed} passed, ${counts.failed} failed${counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''}`;
}
