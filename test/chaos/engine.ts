/**
 * The engine's own program, with two things that only a chaos run needs: its wall clock can be moved, and it keeps book of every write
 * that its store says is applied. Takes the program's flags; `MW_CHAOS_CLOCK` and `MW_CHAOS_COMMITS` name the two files.
 *
 * The clock is moved through its port: everything of ours asks that, and nothing but the wall clock of this process changes. SIGUSR2
 * has the file read anew: milliseconds that the clock is ahead.
 */
import { openSync, readFileSync, writeSync } from 'node:fs';
import { MongoStore } from '../../actors/store/mongodb/mongo-store.ts';
import type { CommitGroup, CommitOutcome } from '../../actors/store/store.ts';
import { realClock } from '../../ops/process/index.ts';

const clockFile = process.env.MW_CHAOS_CLOCK ?? '';
const commitsFile = process.env.MW_CHAOS_COMMITS ?? '';
// They are no settings of the program.
delete process.env.MW_CHAOS_CLOCK;
delete process.env.MW_CHAOS_COMMITS;

let aheadMs = 0;
const readAhead = (): void => {
  aheadMs = Number(readFileSync(clockFile, 'utf8')) || 0;
};
readAhead();
process.on('SIGUSR2', readAhead);
realClock.now = () => Date.now() + aheadMs;

/** What the operating system has was written, even when this process is killed. */
const book = openSync(commitsFile, 'a');
const { commit } = MongoStore.prototype;
MongoStore.prototype.commit = async function watched(this: MongoStore, groups: readonly CommitGroup[]): Promise<readonly CommitOutcome[]> {
  const outcomes = await commit.call(this, groups);
  const lines = groups.flatMap((group, index) => (outcomes[index]?.kind === 'ok' ? group.map(lineOf) : []));
  if (lines.length > 0) writeSync(book, lines.join(''));
  return outcomes;
};

function lineOf({ doc, remove }: CommitGroup[number]): string {
  const { id, shard, version, epoch, commitId } = doc;
  return `${JSON.stringify({ at: Date.now(), actor: id, shard, version, epoch, commitId, ...(remove ? { removed: true } : {}) })}\n`;
}

await import('../../ops/node/main.ts');
