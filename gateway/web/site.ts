/** The built pages in memory: a few small files, read once at start. */
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { MeterwrightError } from '../../actors/errors/error.ts';

export interface SiteFile {
  readonly type: string;
  readonly bytes: Uint8Array;
  /** Compressed with Brotli, where that is smaller. */
  readonly brotli: Uint8Array | undefined;
}

export interface Site {
  /** By the page's name: `mts-api`. */
  readonly pages: ReadonlyMap<string, SiteFile>;
  /** By file name, which has the content's hash in it. */
  readonly assets: ReadonlyMap<string, SiteFile>;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};
const COMPRESSED = '.br';

/**
 * Reads what the set-up has built.
 * @throws MeterwrightError `pages_unreadable` when the folder is not there or not whole
 */
export function loadSite(folder: string): Site {
  try {
    const pages = filesIn(join(folder, 'pages'));
    return { pages: new Map([...pages].map(([name, file]) => [name.slice(0, -extname(name).length), file])), assets: filesIn(join(folder, 'assets')) };
  } catch (cause) {
    throw new MeterwrightError('pages_unreadable', `pages: not built, or cannot be read: ${folder}; \`npm start\` builds them`, { cause });
  }
}

function filesIn(folder: string): ReadonlyMap<string, SiteFile> {
  const names = readdirSync(folder);
  return new Map(
    names
      .filter((name) => !name.endsWith(COMPRESSED))
      .map((name) => {
        const brotli = names.includes(name + COMPRESSED) ? readFileSync(join(folder, name + COMPRESSED)) : undefined;
        return [name, { type: TYPES[extname(name)] ?? 'application/octet-stream', bytes: readFileSync(join(folder, name)), brotli }];
      }),
  );
}
