import { readFileSync } from 'node:fs';

export { writeWhole } from '../../gateway/tls/index.ts';

/** The JSON in a file; undefined when there is no file or it holds no JSON. */
export function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
