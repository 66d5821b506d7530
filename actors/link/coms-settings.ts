/** `comsSettings` of a request, `DPS` (meter-protocols 3.1). Pure. */
import type { LineSettings } from './link.ts';

export interface ComsSettingsRefusal {
  readonly kind: 'refused';
  /** The sentence for the caller, field first. */
  readonly error: string;
}

export const COMS_SETTINGS_RULE = 'comsSettings must be data bits 7 or 8, parity N, E, O, M or S, and stop bits 1 or 2, such as 7E1';
export const COMS_SETTINGS_ONLY_TELEPHONE = 'comsSettings applies to telephone numbers only';

const PATTERN = /^([78])([NEOMS])([12])$/i;
const PARITIES: Readonly<Record<string, LineSettings['parity']>> = { N: 'none', E: 'even', O: 'odd', M: 'mark', S: 'space' };

/** Reads data bits, parity and stop bits, such as `7E1`. */
export function parseComsSettings(text: string): LineSettings | ComsSettingsRefusal {
  const match = PATTERN.exec(text);
  const parity = PARITIES[match?.[2]?.toUpperCase() ?? ''];
  if (match === null || parity === undefined) return { kind: 'refused', error: COMS_SETTINGS_RULE };
  return { dataBits: match[1] === '7' ? 7 : 8, parity, stopBits: match[3] === '1' ? 1 : 2 };
}
