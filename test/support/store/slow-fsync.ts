/** Builds the preload shim, where a C compiler is at hand. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** Environment of a process whose syncs are controlled through files in `syncDir`; undefined without `cc` on Linux. */
export function slowFsync(folder: string, syncDir: string): { LD_PRELOAD: string; MW_SYNC_DIR: string } | undefined {
  if (!hasCompiler()) return undefined;
  const library = join(folder, 'slow-fsync.so');
  execFileSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, join(import.meta.dirname, 'slow-fsync.c'), '-ldl'], { stdio: 'pipe' });
  return { LD_PRELOAD: library, MW_SYNC_DIR: syncDir };
}

export function hasCompiler(): boolean {
  if (process.platform !== 'linux') return false;
  try {
    execFileSync('cc', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
