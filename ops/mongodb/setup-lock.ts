/** One set-up at a time: others wait for it and then find everything done. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identify } from '../process/identity.ts';

const POLL_MS = 250;
/** A folder without a name in it belongs to somebody who is just writing it, or was killed doing so. */
const UNNAMED_LOOKS = 8;

/** Returns how to let go. */
export async function holdSetup(base: string, say: (line: string) => void): Promise<() => void> {
  const folder = join(base, '.setup');
  let told = false;
  let unnamed = 0;
  for (;;) {
    try {
      mkdirSync(folder);
      writeFileSync(join(folder, 'pid'), String(process.pid));
      return () => rmSync(folder, { recursive: true, force: true });
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
    const holder = pidIn(folder);
    unnamed = holder === undefined ? unnamed + 1 : 0;
    if (unnamed > UNNAMED_LOOKS || (holder !== undefined && identify(holder) === undefined)) {
      rmSync(folder, { recursive: true, force: true });
      continue;
    }
    if (!told) say('another process is setting it up: waiting');
    told = true;
    await sleep(POLL_MS);
  }
}

function pidIn(folder: string): number | undefined {
  try {
    return Number(readFileSync(join(folder, 'pid'), 'utf8')) || undefined;
  } catch {
    return undefined;
  }
}
