/** What an engine wrote on standard error that is no plain information. */
import { existsSync, readFileSync } from 'node:fs';
import type { LogLine } from './evidence.ts';
import type { EngineName } from './faults.ts';

const MOST = 5_000;

export function logLines(engine: EngineName, log: string): readonly LogLine[] {
  const file = `${log}.err`;
  if (!existsSync(file)) return [];
  const lines: LogLine[] = [];
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const read = lineOf(engine, line);
    if (read) lines.push(read);
    if (lines.length >= MOST) break;
  }
  return lines;
}

/** A line that is no JSON is what a program says that did not get as far as its log, or fell out of it. A refused start is such too. */
function lineOf(engine: EngineName, line: string): LogLine | undefined {
  if (line.trim() === '') return undefined;
  try {
    const { level, msg, ...fields } = JSON.parse(line) as { level?: string; msg?: string; pid?: number; time?: string };
    if (level !== 'error' && level !== 'fatal') return undefined;
    return { engine, level, text: `${msg ?? ''} ${JSON.stringify(fields)}` };
  } catch {
    return /^\s+at |^\s*(?:node:internal|\w*Error\b)|^file:/.test(line) ? { engine, level: 'crash', text: line } : undefined;
  }
}
