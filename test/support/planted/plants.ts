/** Secrets that a test has planted, and where one of them turned up, in whatever form text carries octets. */

/** Octets of a secret beside each other that are enough to recognise it; what is shorter would be found by chance. */
const LEAST_CHARS = 8;
/** Of a long one, its beginning or end alone gives too much away. */
const PART_CHARS = 16;
const AROUND = 60;

interface Form {
  readonly name: string;
  readonly needle: string;
  /** Hexadecimal is written either way. */
  readonly anyCase?: true;
}

interface Plant {
  readonly name: string;
  readonly forms: readonly Form[];
}

export class Plants {
  readonly #plants = new Map<string, Plant>();

  /** @param octets what the text stands for, where it is itself a way to write octets (a key in hexadecimal, say) */
  add(name: string, text: string, octets?: Uint8Array): void {
    if (text.length < LEAST_CHARS) throw new Error(`${name}: too short to be looked for`);
    const forms = [...formsOf(Buffer.from(text), text), ...(octets ? formsOf(octets, '') : [])].filter(({ needle }) => needle.length >= LEAST_CHARS);
    this.#plants.set(text, { name, forms });
  }

  get size(): number {
    return this.#plants.size;
  }

  /** Each secret that the text shows, with its form and what stands around it. */
  in(where: string, text: string): readonly string[] {
    const lower = text.toLowerCase();
    // As dumps write octets: with blanks between them.
    const close = lower.replace(/(?<=\b[0-9a-f]{2})[ :-](?=[0-9a-f]{2}\b)/g, '');
    return [...this.#plants.values()].flatMap(({ name, forms }) => {
      const found = forms.flatMap((form) => {
        const [whole, at] = form.anyCase ? [close, close.indexOf(form.needle)] : [text, text.indexOf(form.needle)];
        return at < 0 ? [] : [`${where}: ${name}, ${form.name}: …${whole.slice(Math.max(0, at - AROUND), at + AROUND)}…`];
      });
      return found.slice(0, 1);
    });
  }
}

function formsOf(octets: Uint8Array, text: string): readonly Form[] {
  const bytes = Buffer.from(octets);
  const hex = bytes.toString('hex');
  const escaped = [...text].map((char) => `\\u${char.codePointAt(0)?.toString(16).padStart(4, '0')}`).join('');
  return [
    { name: 'in clear', needle: text },
    ...(text.length < 2 * PART_CHARS
      ? []
      : [
          { name: 'its beginning', needle: text.slice(0, PART_CHARS) },
          { name: 'its end', needle: text.slice(-PART_CHARS) },
        ]),
    { name: 'in clear, as octets', needle: bytes.toString('latin1') },
    { name: 'in JSON', needle: JSON.stringify(text).slice(1, -1) },
    { name: 'in JSON within JSON', needle: JSON.stringify(JSON.stringify(text)).slice(3, -3) },
    { name: 'in JSON, every character escaped', needle: escaped, anyCase: true },
    { name: 'percent-encoded', needle: encodeURIComponent(text) },
    { name: 'percent-encoded, every octet', needle: hex.replace(/../g, '%$&'), anyCase: true },
    { name: 'in hexadecimal', needle: hex, anyCase: true },
    ...[0, 1, 2].flatMap((before) =>
      (['base64', 'base64url'] as const).map((form): Form => ({ name: `in ${form}`, needle: innerBase64(bytes, before, form) })),
    ),
  ];
}

/** What base64 makes of the octets when so many others stand before them, without the characters that depend on their neighbours. */
function innerBase64(bytes: Buffer, before: number, form: 'base64' | 'base64url'): string {
  const whole = Buffer.concat([Buffer.alloc(before), bytes]);
  const text = whole.toString(form).replace(/=+$/, '');
  return text.slice(Math.ceil((before * 4) / 3), Math.floor((whole.length * 4) / 3 / 4) * 4 || undefined);
}
