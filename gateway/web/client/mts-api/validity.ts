/** How long a new token is good for. */
const DAY_MS = 24 * 60 * 60_000;

export const PRESETS = [
  { value: '1', name: '1 day' },
  { value: '7', name: '7 days' },
  { value: '30', name: '30 days' },
  { value: '90', name: '90 days' },
  { value: '365', name: '1 year' },
] as const;

/** The further choices: a date of one's own, and none. */
export const UNTIL_DATE = 'date';
export const UNTIL_DELETED = 'deleted';

export type Validity = { readonly kind: 'until'; readonly expiresAt: number | undefined } | { readonly kind: 'refused'; readonly text: string };

/**
 * What the choice comes to. A date counts to its end, in the reader's own time.
 * @param date of the form YYYY-MM-DD; looked at only where a date was chosen
 */
export function validityOf(choice: string, date: string, now: number): Validity {
  if (choice === UNTIL_DELETED) return { kind: 'until', expiresAt: undefined };
  if (choice !== UNTIL_DATE) return { kind: 'until', expiresAt: now + Number(choice) * DAY_MS };
  const [year, month, day] = date.split('-').map(Number);
  if (year === undefined || month === undefined || day === undefined || Number.isNaN(day)) return { kind: 'refused', text: 'Give a date' };
  const expiresAt = new Date(year, month - 1, day + 1).getTime();
  return expiresAt > now ? { kind: 'until', expiresAt } : { kind: 'refused', text: 'The date must not be in the past' };
}

/** A day of the reader's own calendar as a date field has it. */
export function dateOf(at: number): string {
  const date = new Date(at);
  const two = (part: number): string => String(part).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
