/** What a modem says: lines, in words or numbers (meter-protocols 3.2). */

export type ModemWord =
  | { readonly kind: 'ok' }
  | { readonly kind: 'connect'; readonly bitsPerSecond: number | undefined }
  | { readonly kind: 'no_carrier' | 'error' | 'no_dialtone' | 'busy' | 'no_answer' };

const WORDS: Readonly<Record<string, ModemWord['kind']>> = {
  OK: 'ok',
  BUSY: 'busy',
  'NO CARRIER': 'no_carrier',
  'NO DIALTONE': 'no_dialtone',
  'NO DIAL TONE': 'no_dialtone',
  'NO ANSWER': 'no_answer',
  ERROR: 'error',
};

const NUMBERS: Readonly<Record<number, ModemWord['kind']>> = { 0: 'ok', 3: 'no_carrier', 4: 'error', 6: 'no_dialtone', 7: 'busy', 8: 'no_answer' };

const CONNECT = /^CONNECT(?:\s+(\d{2,7}))?(?:[\s/].*)?$/;

/** The word of a line; undefined for echo, RING and all else that is no result. */
export function parseWord(line: string, connectCodes: readonly number[]): ModemWord | undefined {
  const text = line.trim().toUpperCase();
  if (/^\d{1,2}$/.test(text)) {
    const code = Number(text);
    return connectCodes.includes(code) ? { kind: 'connect', bitsPerSecond: undefined } : plain(NUMBERS[code]);
  }
  const connect = CONNECT.exec(text);
  if (connect !== null) return { kind: 'connect', bitsPerSecond: connect[1] === undefined ? undefined : Number(connect[1]) };
  // A GSM modem with extended errors says what it minds: `+CME ERROR: 30`.
  if (/^\+CM[ES] ERROR\b/.test(text)) return { kind: 'error' };
  return plain(WORDS[text]);
}

function plain(kind: ModemWord['kind'] | undefined): ModemWord | undefined {
  if (kind === undefined) return undefined;
  return kind === 'connect' ? { kind, bitsPerSecond: undefined } : { kind };
}

/** Longest line that is kept; no result is longer. */
const MAX_LINE = 128;

/**
 * Cuts what a modem sends into lines at CR and LF. Bit 7 is ignored: a modem may put a parity bit there. A line that grows too long is
 * noise and is dropped up to its end.
 */
export class LineReader {
  #line = '';

  /** Takes octets until a whole line is there that is not empty; gives it and how many octets it took. */
  next(octets: Uint8Array, from: number): { readonly line: string; readonly next: number } | undefined {
    for (let at = from; at < octets.length; at++) {
      const code = (octets[at] ?? 0) & 0x7f;
      if (code !== 0x0d && code !== 0x0a) {
        if (this.#line.length <= MAX_LINE) this.#line += String.fromCharCode(code);
        continue;
      }
      const line = this.#line;
      this.#line = '';
      if (line !== '' && line.length <= MAX_LINE) return { line, next: at + 1 };
    }
    return undefined;
  }

  clear(): void {
    this.#line = '';
  }
}
