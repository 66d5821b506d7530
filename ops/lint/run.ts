import { exitOf, PROJECT, startTool } from '../test/programs.ts';
import { checkTree, describe } from './imports.ts';

/** Biome, then the rules of our own; true when neither finds anything. Findings go to stderr. */
export async function runLint(): Promise<boolean> {
  const biome = await exitOf(startTool('biome', ['check', '--error-on-warnings', '.']));
  const findings = checkTree(PROJECT);
  for (const finding of findings) process.stderr.write(`${describe(finding)}\n`);
  return biome === 0 && findings.length === 0;
}
