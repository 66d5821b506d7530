/**
 * A source text with everything that is not code blanked out: comments and the insides of strings, templates and regular expressions
 * become spaces. Offsets and line numbers stay, quotes too, so that rules may be plain patterns and the real text can be read at a match.
 */
export function mask(source: string): string {
  const out: string[] = [];
  /** Depth of braces at each `${` that is open. */
  const templates: number[] = [];
  let depth = 0;
  let at = 0;

  const blank = (to: number): void => {
    out.push(source.slice(at, to).replace(/[^\n]/g, ' '));
    at = to;
  };
  const keep = (count: number): void => {
    out.push(source.slice(at, at + count));
    at += count;
  };
  const template = (): void => {
    let end = at;
    while (end < source.length && source[end] !== '`' && !source.startsWith('${', end)) end += source[end] === '\\' ? 2 : 1;
    blank(Math.min(end, source.length));
    if (source[at] === '`') keep(1);
    else if (at < source.length) {
      templates.push(depth);
      depth += 1;
      keep(2);
    }
  };

  while (at < source.length) {
    const char = source[at];
    const next = source[at + 1];
    if (char === '/' && next === '/') blank(endOf(source, '\n', at));
    else if (char === '/' && next === '*') blank(Math.min(source.length, endOf(source, '*/', at + 2) + 2));
    else if (char === "'" || char === '"') {
      keep(1);
      blank(endOfQuoted(source, char, at));
      keep(1);
    } else if (char === '`') {
      keep(1);
      template();
    } else if (char === '/' && startsPattern(out)) {
      keep(1);
      blank(endOfPattern(source, at));
      keep(1);
    } else {
      if (char === '{') depth += 1;
      if (char === '}') depth -= 1;
      const closes = char === '}' && templates.at(-1) === depth;
      keep(1);
      if (closes) {
        templates.pop();
        template();
      }
    }
  }
  return out.join('');
}

function endOf(source: string, what: string, from: number): number {
  const found = source.indexOf(what, from);
  return found < 0 ? source.length : found;
}

function endOfQuoted(source: string, quote: string, from: number): number {
  let at = from;
  while (at < source.length && source[at] !== quote && source[at] !== '\n') at += source[at] === '\\' ? 2 : 1;
  return Math.min(at, source.length);
}

function endOfPattern(source: string, from: number): number {
  let inClass = false;
  let at = from;
  while (at < source.length && source[at] !== '\n' && (inClass || source[at] !== '/')) {
    if (source[at] === '[') inClass = true;
    if (source[at] === ']') inClass = false;
    at += source[at] === '\\' ? 2 : 1;
  }
  return Math.min(at, source.length);
}

/** A slash begins a regular expression where a value may begin: after an operator, an opening bracket or a keyword. */
function startsPattern(out: readonly string[]): boolean {
  let before = '';
  for (let index = out.length - 1; index >= 0 && before.trim().length < 10; index -= 1) before = (out[index] ?? '') + before;
  const text = before.trimEnd();
  return text === '' || /[=(,:[!&|?{};+\-*%<>~^]$/.test(text) || /\b(?:return|typeof|case|in|of|do|else|yield|await)$/.test(text);
}
