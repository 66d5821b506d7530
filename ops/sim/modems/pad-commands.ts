/** Reads a command line as an X.28 pad does. */

export type PadCommand =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'set'; readonly parameters: ReadonlyMap<number, number> }
  | { readonly kind: 'call'; readonly number: string }
  | { readonly kind: 'clear' };

const SET = /^SET ?(\d{1,3}:\d{1,3}(?:[;,]\d{1,3}:\d{1,3})*)$/;
const CALL = /^\d{4,20}$/;

/** The command of a line without its CR; undefined when the pad would say ERR. */
export function parsePadLine(line: string): PadCommand | undefined {
  const text = line.trim().toUpperCase();
  if (text === '') return { kind: 'nothing' };
  if (text === 'CLR') return { kind: 'clear' };
  if (CALL.test(text)) return { kind: 'call', number: text };
  const pairs = SET.exec(text)?.[1];
  if (pairs === undefined) return undefined;
  const parameters = pairs.split(/[;,]/).map((pair): [number, number] => {
    const [name, value] = pair.split(':').map(Number);
    return [name ?? 0, value ?? 0];
  });
  return { kind: 'set', parameters: new Map(parameters) };
}
