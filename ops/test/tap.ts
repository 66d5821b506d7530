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
  | { readonly kind: 'detail'; readonly text: string }
  | { readonly kind: 'other'; readonly text: string };

const POINT = /^(not ok|ok) \d+(?: - (.*))?$/;
const SKIP = /^(.*?)\s*# (?:SKIP|TODO)\b(.*)$/i;

export function readTapLine(line: string): TapLine {
  const point = POINT.exec(line);
  if (point === null) return /^\s+\S/.test(line) ? { kind: 'detail', text: line } : { kind: 'other', text: line };
  const title = point[2] ?? '';
  if (point[1] === 'not ok') return { kind: 'failed', title };
  const skip = SKIP.exec(title);
  return skip === null ? { kind: 'passed', title } : { kind: 'skipped', title: `${skip[1]}${skip[2]}` };
}

/** `N passed, N failed`, with the skipped ones where there are any. */
export function closingLine(counts: Counts): string {
  return `${counts.passed} passed, ${counts.failed} failed${counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''}`;
}
