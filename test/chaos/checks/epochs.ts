/**
 * One writer per document. Evidence: every write that an engine knows to be applied, with version and epoch (`engine.ts` of this folder
 * keeps them at the store's port), and the documents at the end. Versions of one document rise by compare-and-set, so their order is
 * that of the writes, whatever clocks say. A commit may carry several steps, so versions have gaps.
 */
import type { Check, CommitSeen } from '../evidence.ts';

export const epochsRise: Check = {
  rule: 'no commit by a lower epoch after a higher one wrote that document',
  find: ({ commits, documents }) => {
    const all = [...byActor(commits)];
    const last = new Map(documents.map((document) => [document.actor, document]));
    return all.flatMap(([actor, own]) => {
      const ordered = [...own].sort((a, b) => a.version - b.version);
      const fallen = ordered.flatMap((commit, index) => {
        const before = ordered[index - 1];
        return before && commit.epoch < before.epoch ? [`${actor}: ${shown(commit)} after ${shown(before)}`] : [];
      });
      const end = last.get(actor);
      const newest = ordered.at(-1);
      const atEnd =
        end && newest && end.version >= newest.version && end.epoch < newest.epoch ? [`${actor}: ends with epoch ${end.epoch} after ${shown(newest)}`] : [];
      return [...fallen, ...atEnd];
    });
  },
};

export const oneCommitPerVersion: Check = {
  rule: 'a version of a document was written once, and what was written stays',
  find: ({ commits, documents }) => {
    const last = new Map(documents.map((document) => [document.actor, document]));
    return [...byActor(commits)].flatMap(([actor, own]) => {
      const seen = new Map<number, CommitSeen>();
      const twice = own.flatMap((commit) => {
        const first = seen.get(commit.version);
        if (!first) seen.set(commit.version, commit);
        return first && first.commitId !== commit.commitId ? [`${actor}: ${shown(commit)} and ${shown(first)}`] : [];
      });
      const end = last.get(actor);
      const newest = own.reduce<CommitSeen | undefined>((max, commit) => (max && max.version > commit.version ? max : commit), undefined);
      if (!end || !newest) return twice;
      if (end.version < newest.version) return [...twice, `${actor}: is at version ${end.version}, after ${shown(newest)}`];
      return end.version === newest.version && end.commitId !== newest.commitId
        ? [...twice, `${actor}: version ${end.version} is not what was written by ${shown(newest)}`]
        : twice;
    });
  },
};

const shown = ({ version, epoch, engine, commitId }: CommitSeen): string => `version ${version} under epoch ${epoch} by ${engine} (${commitId})`;

function byActor(commits: readonly CommitSeen[]): ReadonlyMap<string, CommitSeen[]> {
  const found = new Map<string, CommitSeen[]>();
  for (const commit of commits) {
    const own = found.get(commit.actor);
    if (own) own.push(commit);
    else found.set(commit.actor, [commit]);
  }
  return found;
}
