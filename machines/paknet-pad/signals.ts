/** What an X.28 pad says: service signals in lines, and the prompt (meter-protocols 3.3; ITU-T X.28, 3.5). */
import type { ModemFailure } from '../modem-line/index.ts';

export type PadSignal =
  | { readonly kind: 'connected' }
  | { readonly kind: 'cleared'; readonly reason: ModemFailure; readonly text: string }
  /** The pad did not understand a command. */
  | { readonly kind: 'error' };

/** Causes of a clear indication; all others mean that the call could not be had. */
const CAUSES: Readonly<Record<string, ModemFailure>> = { OCC: 'busy', DER: 'no_answer', DTE: 'no_carrier', NC: 'no_carrier', NP: 'no_carrier' };

const CLEAR = /\bCLR(?:[ :,-]+([A-Z]{2,4}))?/;

/** The signal of a line; undefined for echo, parameters, and all else that decides nothing. */
export function parsePadSignal(line: string): PadSignal | undefined {
  const text = line.toUpperCase();
  const clear = CLEAR.exec(text);
  if (clear !== null) {
    const cause = clear[1] ?? '';
    return { kind: 'cleared', reason: CAUSES[cause] ?? 'no_carrier', text: cause === '' ? 'pad: CLR' : `pad: CLR ${cause}` };
  }
  if (/\bERR\b/.test(text)) return { kind: 'error' };
  // `COM`, also with an address or facilities on its line; the word may stand behind other text.
  return text.includes('COM') ? { kind: 'connected' } : undefined;
}
