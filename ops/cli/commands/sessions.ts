/** `mw sessions`: the meter sessions that run now; and the switch that stops them all. */
import { type CommandCall, type CommandSpec, needed, UsageError } from '../command.ts';
import { complain, instant, print, printable, printJson, table } from '../output.ts';
import { type Silent, silentText } from '../silent.ts';

interface SessionItem {
  readonly requestId: number;
  readonly attempt: number;
  readonly meterType: string;
  readonly remoteAddress: string;
  readonly task: string;
  readonly priority: string;
  readonly stage: string;
  readonly stageSince: number;
  readonly startedAt: number;
  readonly octetsIn: number;
  readonly octetsOut: number;
  /** In a cluster: the node that runs it, and the one that has its action. */
  readonly node?: string;
  readonly owner?: string;
}

interface Sessions {
  readonly items: readonly SessionItem[];
  readonly counts: Readonly<Record<string, number>>;
  readonly silent?: Silent;
}

interface Switch {
  readonly on: boolean;
  readonly by: string;
  readonly reason: string;
  readonly at: number;
}

export const sessions: CommandSpec = {
  name: 'sessions',
  about: 'Lists the meter sessions that run now: action, meter, stage, since when, octets.',
  usage: '[--limit N] | --stop --reason TEXT | --resume --reason TEXT',
  help: `--stop         the stop switch: no session is opened and no clock is written any more, on the whole installation
--resume       lets them go again`,
  options: { limit: { type: 'string' }, stop: { type: 'boolean' }, resume: { type: 'boolean' }, reason: { type: 'string' } },
  words: [0, 0],
  run: (call) => (call.flags.stop === true || call.flags.resume === true ? turn(call) : list(call)),
};

async function list(call: CommandCall): Promise<number> {
  const query = typeof call.flags.limit === 'string' ? `?${new URLSearchParams({ limit: call.flags.limit })}` : '';
  const answer = await call.target.need<Sessions>(`/ops/v1/sessions${query}`, { as: 'operator' });
  const stop = await call.target.need<Switch>('/ops/v1/meter-actions-stop', { as: 'operator' });
  if (call.json) {
    printJson({ ...answer, stop });
    return 0;
  }
  const cluster = answer.items.some(({ owner }) => owner !== undefined);
  print(
    table(
      [...(cluster ? ['node', 'owner'] : []), 'action', 'attempt', 'type', 'address', 'task', 'stage', 'since', 'started', 'in', 'out'],
      answer.items.map((item) => [
        ...(cluster ? [item.node, item.owner] : []),
        item.requestId,
        item.attempt,
        item.meterType,
        item.remoteAddress,
        item.task,
        item.stage,
        instant(item.stageSince),
        instant(item.startedAt),
        item.octetsIn,
        item.octetsOut,
      ]),
    ),
  );
  const running = answer.counts.running ?? answer.items.length;
  print(`${running} running${answer.items.length < running ? `, ${answer.items.length} shown` : ''}`);
  for (const line of silentText(answer.silent ?? [])) complain(line);
  if (stop.on) print(`STOPPED since ${instant(stop.at)} by ${printable(stop.by)}: ${printable(stop.reason)}`);
  return 0;
}

async function turn(call: CommandCall): Promise<number> {
  const on = call.flags.stop === true;
  if (on && call.flags.resume === true) throw new UsageError('--stop, --resume: one of them');
  const state = await call.target.need<Switch>('/ops/v1/meter-actions-stop', { method: 'POST', body: { on, reason: needed(call, 'reason') }, as: 'operator' });
  if (call.json) printJson(state);
  else print(state.on ? 'stopped' : 'resumed');
  return 0;
}
