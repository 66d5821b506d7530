/** Files of the page, compressed once, when somebody first asks: the reader is four megabytes of script. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { Headers, Reply } from '../http/index.ts';

/** The reader as its package brings it, in one script beside its library form. */
export const READER_FILE = fileURLToPath(new URL('./browser/standalone.js', import.meta.resolve('@scalar/api-reference')));
export const pageFile = (name: string): string => join(import.meta.dirname, 'page', name);

type Coding = 'br' | 'gzip';

interface Packed {
  readonly etag: string;
  readonly bodies: Readonly<Record<Coding, Uint8Array>>;
}

/** Half a second for the largest file, and within a tenth of what would take twelve. */
const BROTLI_QUALITY = 6;
const compressBrotli = promisify(brotliCompress);
const compressGzip = promisify(gzip);

export class Asset {
  readonly #file: string;
  readonly #headers: Headers;
  #packed: Promise<Packed> | undefined;

  constructor(file: string, headers: Headers) {
    this.#file = file;
    this.#headers = headers;
  }

  /** 200, or 304 for whoever has it already. Rejects when the file cannot be read; the next call tries again. */
  async reply(acceptEncoding: string, ifNoneMatch: string): Promise<Reply> {
    const { etag, bodies } = await this.#pack();
    const coding = codingOf(acceptEncoding);
    const tag = `"${etag}-${coding ?? 'plain'}"`;
    const headers: Headers = [...this.#headers, ['cache-control', 'no-cache'], ['etag', tag], ['vary', 'accept-encoding']];
    if (hasTag(ifNoneMatch, tag)) return { status: 304, body: '', headers };
    if (coding === undefined) return { status: 200, body: await readFile(this.#file), headers };
    return { status: 200, body: bodies[coding], headers: [...headers, ['content-encoding', coding]] };
  }

  #pack(): Promise<Packed> {
    this.#packed ??= pack(this.#file).catch((error: unknown) => {
      this.#packed = undefined;
      throw error;
    });
    return this.#packed;
  }
}

async function pack(file: string): Promise<Packed> {
  const whole = await readFile(file);
  const params = { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY, [constants.BROTLI_PARAM_SIZE_HINT]: whole.byteLength };
  const [br, gz] = await Promise.all([compressBrotli(whole, { params }), compressGzip(whole)]);
  return { etag: createHash('sha256').update(whole).digest('hex').slice(0, 24), bodies: { br, gzip: gz } };
}

/** The better one of those that are taken; a coding with `q=0` is not. */
export function codingOf(accepted: string): Coding | undefined {
  const taken = new Set<string>();
  for (const part of accepted.toLowerCase().split(',')) {
    const [name = '', ...params] = part.split(';').map((piece) => piece.trim());
    if (!params.some((param) => /^q=0(\.0*)?$/.test(param))) taken.add(name);
  }
  if (taken.has('br')) return 'br';
  return taken.has('gzip') ? 'gzip' : undefined;
}

function hasTag(header: string, tag: string): boolean {
  return header.split(',').some((given) => given.trim().replace(/^W\//, '') === tag);
}
