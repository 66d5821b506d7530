/**
 * OBIS codes: six numbers 0 to 255 that name what a value is (meter-protocols 5.8; IEC 62056-61).
 *
 * ```
 *   0.0.1.0.0.255       decimal, as the Blue Book writes logical names
 *   1-0:1.8.0*255       as meters print them; *F may be left out and then is 255, and may be written .F
 * ```
 */
import type { Obis } from '../apdu/types.ts';
import { type CodecError, codecError } from '../common/index.ts';

export type ObisOutcome = { readonly kind: 'good'; readonly obis: Obis } | { readonly kind: 'bad'; readonly error: CodecError };

const DECIMAL = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;
const PRINTED = /^(\d{1,3})-(\d{1,3}):(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:[*.](\d{1,3}))?$/;

/** @returns `bad_value` when the text is of neither form or a number is above 255 */
export function parseObis(text: string): ObisOutcome {
  const groups = DECIMAL.exec(text) ?? PRINTED.exec(text);
  const numbers = (groups ?? []).slice(1).map((group) => (group === undefined ? 255 : Number(group)));
  const [a, b, c, d, e, f] = numbers;
  if (a === undefined || b === undefined || c === undefined || d === undefined || e === undefined || f === undefined) {
    return { kind: 'bad', error: codecError('bad_value', 0, 'obis: `a.b.c.d.e.f` or `A-B:C.D.E*F`', text.slice(0, 40)) };
  }
  const wrong = numbers.find((number) => number > 255);
  if (wrong !== undefined) return { kind: 'bad', error: codecError('bad_value', 0, 'obis: numbers from 0 to 255', wrong) };
  return { kind: 'good', obis: [a, b, c, d, e, f] };
}

/** `0.0.1.0.0.255` */
export function formatObis(obis: Obis): string {
  return obis.join('.');
}

/** `0-0:1.0.0*255` */
export function formatPrintedObis([a, b, c, d, e, f]: Obis): string {
  return `${a}-${b}:${c}.${d}.${e}*${f}`;
}

/** The six octets at `at`; undefined when there are fewer. */
export function obisAt(octets: Uint8Array, at = 0): Obis | undefined {
  if (at < 0 || at + 6 > octets.length) return undefined;
  return [octets[at] ?? 0, octets[at + 1] ?? 0, octets[at + 2] ?? 0, octets[at + 3] ?? 0, octets[at + 4] ?? 0, octets[at + 5] ?? 0];
}
