/** `npm run docs`: writes the generated pages. `--check` writes nothing and tells which are out of date. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { allPages } from './pages.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const check = process.argv.includes('--check');
let changed = 0;
for (const { path, text } of allPages()) {
  const file = join(root, path);
  const before = await readFile(file, 'utf8').catch(() => undefined);
  if (before === text) continue;
  changed++;
  process.stdout.write(`${check ? 'out of date' : 'written'}: ${path}\n`);
  if (check) continue;
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}
if (check && changed > 0) process.exitCode = 1;
