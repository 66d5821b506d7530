/**
 * Baud characters and modes (IEC 62056-21, 6.3.14 and 6.4; meter-protocols 4.3).
 *
 * | mode | baud character | change of speed                          |
 * | A    | any other      | none; the readout follows at once        |
 * | B    | A to F         | after the identification                 |
 * | C    | 0 to 6         | after the acknowledgement/option select  |
 * | E    | as C, `\2`     | as C, then HDLC                          |
 *
 * Mode D cannot be told from the octets: it is a push at 2400 baud with the character 3. The reserved characters `7` to `9` and
 * `G` to `I` name no speed, so they count as mode A.
 */
export type IecMode = 'A' | 'B' | 'C' | 'E';

const MODE_B: Readonly<Record<string, number>> = { A: 600, B: 1200, C: 2400, D: 4800, E: 9600, F: 19200 };
const MODE_C: Readonly<Record<string, number>> = { '0': 300, '1': 600, '2': 1200, '3': 2400, '4': 4800, '5': 9600, '6': 19200 };

/** The speed in bits per second; null for a character that names none. */
export const baudOf = (baudChar: string): number | null => MODE_C[baudChar] ?? MODE_B[baudChar] ?? null;

/** @param enhanced the characters behind the backslashes of the identification */
export function modeOf(baudChar: string, enhanced: readonly string[]): IecMode {
  if (MODE_C[baudChar] !== undefined) return enhanced.includes('2') ? 'E' : 'C';
  return MODE_B[baudChar] === undefined ? 'A' : 'B';
}

/** Modes C and E wait for an option; in A and B the readout follows at once. */
export function takesOption({ baudChar, enhanced }: { readonly baudChar: string; readonly enhanced: readonly string[] }): boolean {
  const mode = modeOf(baudChar, enhanced);
  return mode === 'C' || mode === 'E';
}
