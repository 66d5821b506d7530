/** What a run is summed up to, for people. */
import type { Evidence, Finding } from './evidence.ts';
import type { Happened } from './perform.ts';

const SHOWN_PER_RULE = 5;

export function failureReport(seed: number, minutes: number, findings: readonly Finding[], folder: string): string {
  const rules = Map.groupBy(findings, ({ rule }) => rule);
  const lines = [...rules].flatMap(([rule, all]) => [
    `WRONG: ${rule} (${all.length})`,
    ...all.slice(0, SHOWN_PER_RULE).map(({ text }) => `  ${text}`),
    ...(all.length > SHOWN_PER_RULE ? [`  and ${all.length - SHOWN_PER_RULE} more`] : []),
  ]);
  return `${lines.join('\n')}\nseed ${seed}: npm run -s chaos -- --seed ${seed} --minutes ${minutes}\nevidence: ${folder}\n`;
}

export function summary(
  { appointments, actions, actionsSeen, cancels, sightings, events, commits, dtn, writes, log }: Evidence,
  happened: readonly Happened[],
): string {
  const faults = counted(happened.map(({ type }) => type));
  const results = counted(actionsSeen.map(({ result }) => result.split(':')[0] ?? ''));
  const slow = [...appointments].sort((a, b) => b.ackedAt - b.askedAt - (a.ackedAt - a.askedAt))[0];
  const during = slow ? happened.filter(({ from, to }) => from < slow.ackedAt && slow.askedAt < to + 5_000).map(({ fault }) => fault) : [];
  const again = appointments.filter(({ calls }) => calls > 1).length;
  return [
    `${happened.length} faults (${faults})`,
    `${appointments.length} appointments acknowledged, ${again} of them asked for more than once, ${cancels.length} cancels; ${actions.length} meter actions (${results})`,
    `${sightings.length} looks, ${events.length} events, ${dtn.lines.length} D0151 lines in ${dtn.files} files, ${writes.length} meter writes`,
    `${commits.length} commits, ${takeovers(commits)} shards changed hands; ${log.length} errors logged, none of them unhandled`,
    slow ? `slowest acknowledgement ${slow.ackedAt - slow.askedAt} ms after ${slow.calls} calls${during.length > 0 ? ` (${during.join(', ')})` : ''}` : '',
  ].join('\n');
}

/** How often an epoch of a shard followed another under which something was written. */
function takeovers(commits: Evidence['commits']): number {
  const epochs = new Map<number, Set<number>>();
  for (const { shard, epoch } of commits) epochs.set(shard, (epochs.get(shard) ?? new Set()).add(epoch));
  return [...epochs.values()].reduce((sum, { size }) => sum + size - 1, 0);
}

function counted(values: readonly string[]): string {
  return [...Map.groupBy(values, (value) => value)].map(([value, { length }]) => `${length} ${value}`).join(', ');
}
