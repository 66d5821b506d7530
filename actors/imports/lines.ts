/**
 * Bytes to lines, bounded. A line ends with LF or CR LF; the last one may lack it. What is too long or not UTF-8 is named and
 * skipped, never collected: memory stays at one line however corrupt the file is.
 */

export type Line =
  | { readonly kind: 'line'; readonly line: number; readonly text: string }
  | { readonly kind: 'bad'; readonly line: number; readonly rule: 'line_too_long' | 'utf8' };

/** Longest line taken, bytes. */
export const MAX_LINE_BYTES = 65_536;

const LF = 10;

/** Drops a byte order mark by itself. */
const decoder = new TextDecoder('utf-8', { fatal: true });

/** @param maxLineBytes longest line that is taken; longer ones are reported and skipped up to their end */
export async function* linesOf(stream: AsyncIterable<Uint8Array>, maxLineBytes: number = MAX_LINE_BYTES): AsyncGenerator<Line> {
  let parts: Uint8Array[] = [];
  let held = 0;
  let tooLong = false;
  let line = 1;
  const finish = (): Line => {
    const made = tooLong ? ({ kind: 'bad', line, rule: 'line_too_long' } as const) : decode(parts, line);
    parts = [];
    held = 0;
    tooLong = false;
    line++;
    return made;
  };
  const hold = (part: Uint8Array): void => {
    held += part.length;
    if (held > maxLineBytes) {
      tooLong = true;
      parts = [];
    } else parts.push(part);
  };
  for await (const chunk of stream) {
    let start = 0;
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, start)) {
      hold(chunk.subarray(start, end));
      yield finish();
      start = end + 1;
    }
    if (start < chunk.length) hold(chunk.slice(start));
  }
  if (held > 0) yield finish();
}

function decode(parts: readonly Uint8Array[], line: number): Line {
  const bytes = parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
  try {
    const text = decoder.decode(bytes);
    return { kind: 'line', line, text: text.endsWith('\r') ? text.slice(0, -1) : text };
  } catch {
    return { kind: 'bad', line, rule: 'utf8' };
  }
}
