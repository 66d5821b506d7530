/** Parts of the identification and names of the errors (meter-protocols 6.1, steps 3 and 11). */
import { unencodable } from '../common/index.ts';
import { type Made, made } from './made.ts';

/**
 * ```
 *   0 9 0 1 0 0 1 0 0 4 0 0 @ 0 0 0
 *   unit  range   device  issue tail      2, 3, 3, 2 characters and the rest
 * ```
 */
export interface ElsterIdentification {
  /** `09` the master unit; `01` to `08` older units that are not built. */
  readonly unit: string;
  readonly productRange: string;
  readonly deviceNumber: string;
  readonly issue: string;
  readonly tail: string;
}

/** undefined where the text of the identification telegram is too short to be one. */
export function splitElsterIdentification(text: string): ElsterIdentification | undefined {
  if (text.length < 10) return undefined;
  return { unit: text.slice(0, 2), productRange: text.slice(2, 5), deviceNumber: text.slice(5, 8), issue: text.slice(8, 10), tail: text.slice(10) };
}

/** Errors: `bad_value` where a part has another length. */
export function joinElsterIdentification(parts: ElsterIdentification): Made<string> {
  const { unit, productRange, deviceNumber, issue, tail } = parts;
  if (unit.length !== 2 || productRange.length !== 3 || deviceNumber.length !== 3 || issue.length !== 2) {
    return unencodable('identification: parts of 2, 3, 3 and 2 characters', `${unit} ${productRange} ${deviceNumber} ${issue}`);
  }
  return made(`${unit}${productRange}${deviceNumber}${issue}${tail}`);
}

export const ELSTER_ERRORS = {
  ERR1: 'invalid-command',
  ERR2: 'unknown-id',
  ERR3: 'bad-packet',
  ERR5: 'locked-or-password-timed-out',
  ERR6: 'communication-error',
} as const;

/** The name of an error answer; undefined for one without a name. */
export function elsterErrorName(errorCode: string): string | undefined {
  const code = /^ERR\d/.exec(errorCode)?.[0];
  return Object.entries(ELSTER_ERRORS).find(([known]) => known === code)?.[1];
}
