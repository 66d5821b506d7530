/** Longest line that is kept; no signal is longer. */
const MAX_LINE = 256;

const PROMPT = 0x2a;

export type PadText = { readonly kind: 'line'; readonly line: string } | { readonly kind: 'prompt' };

/** Cuts what a pad sends into lines and prompts. The prompt `*` begins a line and ends none. Bit 7 is ignored: a pad may put a parity bit there. */
export class PadReader {
  #line = '';

  /** What stands in `octets`, in order. A line that grows too long is noise and is dropped up to its end. */
  push(octets: Uint8Array): readonly PadText[] {
    const found: PadText[] = [];
    for (const octet of octets) {
      const code = octet & 0x7f;
      if (code === 0x0d || code === 0x0a) {
        if (this.#line !== '' && this.#line.length <= MAX_LINE) found.push({ kind: 'line', line: this.#line });
        this.#line = '';
      } else if (code === PROMPT && this.#line.trim() === '') {
        this.#line = '';
        found.push({ kind: 'prompt' });
      } else if (this.#line.length <= MAX_LINE) this.#line += String.fromCharCode(code);
    }
    return found;
  }

  clear(): void {
    this.#line = '';
  }
}
