/** Why the engine refused, as its problems (RFC 9457) say it: a text for people, and texts that belong to single fields. */
export class Problem extends Error {
  readonly status: number;
  /** One of the engine's error codes; empty when the answer had none. */
  readonly code: string;
  /** By the field's name, the first path segment of what was sent. */
  readonly fields: Readonly<Record<string, string>>;

  constructor(status: number, code: string, text: string, fields: Readonly<Record<string, string>> = {}) {
    super(text);
    this.name = 'Problem';
    this.status = status;
    this.code = code;
    this.fields = fields;
  }
}

/** Reads the body of a refusal, whatever it is. @param wait the header `Retry-After` */
export function readProblem(status: number, body: unknown, wait: string | null): Problem {
  const { code, detail, errors } = isRecord(body) ? body : {};
  const text = typeof detail === 'string' && detail !== '' ? detail : `The engine answered ${status}`;
  const again = status === 429 && wait !== null ? `${text}. Try again in ${wait} s` : text;
  return new Problem(status, typeof code === 'string' ? code : '', `${again}.`.replace(/\.\.$/, '.'), fieldsOf(errors, text));
}

/** What a caught error says to people. */
export function textOf(error: unknown): string {
  if (error instanceof Problem) return error.code === 'foreign_request' ? 'Somebody has signed in anew in another window. Try again.' : error.message;
  return 'The engine cannot be reached.';
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** Listed errors point into the body; a text alone begins with the field: `mpids: must be own suppliers: ABCD`. */
function fieldsOf(errors: unknown, text: string): Readonly<Record<string, string>> {
  const fields: Record<string, string> = {};
  for (const error of Array.isArray(errors) ? errors : []) {
    if (!isRecord(error)) continue;
    const { pointer, rule } = error;
    const name = typeof pointer === 'string' ? pointer.split('/')[1] : undefined;
    if (name && typeof rule === 'string') fields[name] ??= sentence(rule);
  }
  const named = /^([a-z]\w*): (.+)$/i.exec(text);
  if (Object.keys(fields).length === 0 && named?.[1] && named[2]) fields[named[1]] = sentence(named[2]);
  return fields;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
