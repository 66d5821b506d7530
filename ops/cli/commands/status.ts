/** `mw status`: one meter action, or the morning report of a night. */
import { type ActionItem, ActionsClient } from '../actions-client.ts';
import { type CommandCall, type CommandSpec, UsageError } from '../command.ts';
import { nightReport } from '../night-report.ts';
import { print, printable, printJson } from '../output.ts';
import { actionId } from './cancel.ts';

export const status: CommandSpec = {
  name: 'status',
  about: 'Shows a meter action, or how the overnight actions of a night ended.',
  usage: 'ID | --night [DATE]',
  help: `ID             request id (1234 or action:1234)
--trace        prints the octets that were kept with it too
--night [DATE] the night that ended on DATE (YYYY-MM-DD, default today): overnight actions by type and result, and why not;
               of the last night also those that have not ended`,
  options: { night: { type: 'boolean' }, trace: { type: 'boolean' } },
  words: [0, 1],
  run: (call) => (call.flags.night === true ? nightReport(call, call.words[0]) : one(call)),
};

async function one(call: CommandCall): Promise<number> {
  const requestId = actionId(call.words[0] ?? '');
  if (requestId === undefined) throw new UsageError('status: the request id of a meter action, or --night');
  const item = await new ActionsClient(call.target).status(requestId);
  if (call.json) printJson(item);
  else show(item, call.flags.trace === true);
  return 0;
}

/** Members that are shown one a line, in this order. */
const SHOWN: readonly (readonly [keyof ActionItem, string])[] = [
  ['requestId', 'request'],
  ['requestReference', 'reference'],
  ['action', 'action'],
  ['meterType', 'meter type'],
  ['remoteAddress', 'address'],
  ['comsSettings', 'coms settings'],
  ['outstationAddress', 'outstation'],
  ['serialNumber', 'serial number'],
  ['result', 'result'],
  ['text', 'why'],
  ['state', 'state'],
  ['stage', 'stage'],
  ['attempt', 'attempt'],
  ['actionRequestTime', 'requested'],
  ['actionStartTime', 'started'],
  ['actionEndTime', 'ended'],
  ['connectionStartTime', 'connected'],
  ['connectionEndTime', 'disconnected'],
  ['meterTime', 'meter time'],
  ['meterTimeOffset', 'offset'],
  ['meterTimeOffsetPostUpdate', 'offset after'],
];

function show(item: ActionItem, trace: boolean): void {
  for (const [name, title] of SHOWN) {
    const value = item[name];
    if (value !== undefined && value !== null) print(`${title.padEnd(14)} ${printable(String(value))}`);
  }
  for (const note of item.notes ?? []) print(`${'note'.padEnd(14)} ${printable(note)}`);
  if (!trace) return;
  for (const { attempt, text } of item.traces ?? []) print(`\nattempt ${attempt}\n${text.split('\n').map(printable).join('\n')}`);
}
