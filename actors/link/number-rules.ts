/** Which telephone numbers may be dialled: patterns over the national form (meter-protocols 3.1). Pure. */
import { type Numbering, nationalForm } from './numbering.ts';

export interface NumberRuleOptions {
  /** Patterns of digits, `?` for any digit and `*` for any run of digits; none: every number. */
  readonly allowNumbers: readonly string[];
  /** As `allowNumbers`; stands above it. */
  readonly denyNumbers: readonly string[];
}

/**
 * Great Britain: emergency, non-emergency services, helplines, directory enquiries, premium rate. The exchange takes the short ones
 * as soon as their last digit is dialled, so nothing may begin with them.
 */
export const GB_DENIED_NUMBERS: readonly string[] = ['999*', '112*', '911', '101*', '105*', '111*', '116???', '118*', '09*'];

export const NUMBER_PATTERN = '^[0-9?*]{1,32}$';

/**
 * @returns may this be dialled? What stands behind a pause is looked at as a number too: `9,999` gets an outside line, then the
 * emergency services.
 */
export function createNumberRules(options: NumberRuleOptions, numbering: Numbering): (dial: string) => boolean {
  const allowed = options.allowNumbers.map(matcher);
  const denied = options.denyNumbers.map(matcher);
  const canonical = (number: string) => nationalForm(number.replaceAll(',', ''), numbering, numbering.internationalPrefix);
  return (dial) => {
    const parts = dial.split(',');
    const tails = parts.map((_, index) => canonical(parts.slice(index).join('')));
    if (tails.some((tail) => denied.some((isLike) => isLike(tail)))) return false;
    return allowed.length === 0 || allowed.some((isLike) => isLike(tails[0] ?? ''));
  };
}

/** Walks pattern and number once, going back to the last star only: no pattern makes it slow. */
function matcher(pattern: string): (number: string) => boolean {
  return (number) => {
    let at = 0;
    let in_ = 0;
    let star = -1;
    let starAt = 0;
    while (at < number.length) {
      const wanted = pattern[in_];
      if (wanted === '*') {
        star = in_++;
        starAt = at;
      } else if (wanted === '?' || wanted === number[at]) {
        in_ += 1;
        at += 1;
      } else if (star >= 0) {
        in_ = star + 1;
        at = ++starAt;
      } else return false;
    }
    while (pattern[in_] === '*') in_ += 1;
    return in_ === pattern.length;
  };
}
