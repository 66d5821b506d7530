/** Import directions between the rooms, and the ban on clock, timers and random numbers in the pure ones. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { mask } from './mask.ts';
import {
  FORBIDDEN,
  FORBIDDEN_MODULES,
  MAY_IMPORT,
  MAY_NAME,
  MAY_USE,
  PORTS_ONLY,
  PORTS_ONLY_EXCEPT,
  ROOMS,
  type Room,
  roomOf,
  UUID_FROM_CLOCK,
} from './rules.ts';

/** One breach. Its text is `file:line: rule, value`. */
export interface Finding {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

const SPECIFIER = /\b(?:from|import)\s*(?:\(\s*)?(?=(['"]))|\bnew\s+URL\s*\(\s*(?=(['"])[^)]*import\.meta\.url)/g;
const SOURCE = /\.(?:ts|tsx|mts|mjs|js)$/;

/** What an import names, and whether only for its types. */
interface Imported {
  readonly specifier: string;
  readonly isTypes: boolean;
}

/** Checks one file. `path` is relative to the project's folder, with slashes. */
export function checkFile(path: string, source: string): readonly Finding[] {
  const room = roomOf(path);
  if (room === undefined) return [];
  const code = mask(source);
  const finding = (offset: number, message: string): Finding => ({ file: path, line: lineAt(source, offset), message });
  const portsOnly = PORTS_ONLY.includes(room) && !PORTS_ONLY_EXCEPT.some((prefix) => path.startsWith(prefix));

  const imports = [...code.matchAll(SPECIFIER)].flatMap((match) => {
    const quoteAt = match.index + match[0].length;
    const specifier = source.slice(quoteAt + 1, source.indexOf(source[quoteAt] ?? '', quoteAt + 1));
    // Array.from('x') and the like: a call of a method is no import.
    if (/\.\s*$/.test(code.slice(0, match.index))) return [];
    const names = code.slice(Math.max(0, code.lastIndexOf('import', match.index)), match.index);
    if (portsOnly && specifier === 'uuid' && UUID_FROM_CLOCK.test(names))
      return [finding(match.index, `uuid's v1, v4, v6, v7 are not allowed in ${room}: take ids from the Ids port`)];
    return importBreaches(path, room, { specifier, isTypes: /^import\s+type\b/.test(names) }, portsOnly).map((message) => finding(match.index, message));
  });
  const calls = portsOnly
    ? FORBIDDEN.flatMap(({ pattern, what, port }) =>
        [...code.matchAll(pattern)].map((match) => finding(match.index, `${what} is not allowed in ${room}: take it from the ${port} port`)),
      )
    : [];
  return [...imports, ...calls].sort((a, b) => a.line - b.line);
}

function importBreaches(path: string, room: Room, { specifier, isTypes }: Imported, portsOnly: boolean): readonly string[] {
  if (!specifier.startsWith('.')) {
    const allowed = MAY_USE[room];
    if (allowed !== undefined && !allowed.some((name) => specifier === name || specifier.startsWith(`${name}/`))) {
      return [`${room} may use only the packages ${allowed.join(', ')}, not '${specifier}'`];
    }
    return portsOnly && FORBIDDEN_MODULES.includes(specifier) ? [`${room} may not use '${specifier}': take time and ids from their ports`] : [];
  }
  const target = posix.normalize(posix.join(posix.dirname(path), specifier));
  const other = roomOf(target);
  if (other === undefined) return room === 'ops' || room === 'test' ? [] : [`${room} may not import '${specifier}', which is outside the rooms`];
  if (other === room || MAY_IMPORT[room].includes(other) || (isTypes && MAY_NAME[room]?.includes(other))) return [];
  return [`${room} may not import ${other} ('${specifier}')`];
}

function lineAt(source: string, offset: number): number {
  let line = 1;
  for (let at = source.indexOf('\n'); at >= 0 && at < offset; at = source.indexOf('\n', at + 1)) line += 1;
  return line;
}

/** Checks every source file of the rooms under `project`, fixtures of these rules excepted. */
export function checkTree(project: string): readonly Finding[] {
  return ROOMS.flatMap((room) => sourcesUnder(project, room)).flatMap((path) => checkFile(path, readFileSync(join(project, path), 'utf8')));
}

function sourcesUnder(project: string, folder: string): readonly string[] {
  let entries: import('node:fs').Dirent[];
  try {
    entries = readdirSync(join(project, folder), { withFileTypes: true });
  } catch {
    return [];
  }
  return entries
    .filter((entry) => entry.name !== 'node_modules' && entry.name !== 'fixtures')
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) return sourcesUnder(project, path);
      return SOURCE.test(entry.name) ? [path] : [];
    });
}

export function describe(finding: Finding): string {
  return `${finding.file}:${finding.line}: ${finding.message}`;
}
