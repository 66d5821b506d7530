/** The programs that the checks call, always under the Node that runs this one. */
import { type ChildProcess, spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const PROJECT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

const SCRIPTS = {
  tsc: 'node_modules/typescript/bin/tsc',
  biome: 'node_modules/@biomejs/biome/bin/biome',
  ava: 'node_modules/ava/entrypoints/cli.js',
} as const;

/** What the compiler checks: the engine, and what runs in browsers, which has another library. */
const TYPE_CHECKED = ['.', 'gateway/web/client'] as const;

/** Starts one of the tools in the project's folder. */
export function startTool(
  tool: keyof typeof SCRIPTS,
  args: readonly string[],
  options: { env?: NodeJS.ProcessEnv; stdio?: 'inherit' | 'pipe' } = {},
): ChildProcess {
  const stdio = options.stdio ?? 'inherit';
  return spawn(process.execPath, [join(PROJECT, SCRIPTS[tool]), ...args], { cwd: PROJECT, env: options.env ?? process.env, stdio: ['ignore', stdio, stdio] });
}

/** The exit code; 1 when it was ended by a signal or could not start. */
export function exitOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.on('error', () => resolve(1));
    child.on('close', (code) => resolve(code ?? 1));
  });
}

/** Both programs, one after the other; true when neither has an error. */
export async function runTypeCheck(args: readonly string[] = []): Promise<boolean> {
  const codes: number[] = [];
  for (const program of TYPE_CHECKED) codes.push(await exitOf(startTool('tsc', ['-p', program, ...args])));
  return codes.every((code) => code === 0);
}
