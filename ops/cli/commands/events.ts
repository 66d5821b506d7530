/** `mw events replay`: what happened in a time is told once more, for whoever lost it. */
import { type CommandCall, type CommandSpec, needed, optionalText, UsageError } from '../command.ts';
import { print, printJson, progress } from '../output.ts';
import { REASON_OPTION, reasonOf } from '../reason.ts';
import { once } from '../upload.ts';

interface Line {
  readonly events?: number;
  readonly upTo?: number | null;
  readonly done?: boolean;
  readonly error?: string;
}

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

export const events: CommandSpec = {
  name: 'events',
  about: 'Publishes the events of a time once more, on mw.replay.> (core NATS).',
  usage: 'replay --from T [--to T] [--mpid MPID] [--reason TEXT]',
  help: `--from T, --to T  an instant (2026-03-24T10:00:00Z, 2026-03-24) or how long ago (90s, 30m, 2h, 7d); --to is now unless given
--mpid MPID       only this supplier's events

Ids and payloads are the first ones. Subscribe to mw.replay.> before you begin: nothing of it is stored.`,
  options: { from: { type: 'string' }, to: { type: 'string' }, ...REASON_OPTION },
  words: [1, 1],
  run: (call) => {
    if (call.words[0] !== 'replay') throw new UsageError('events: replay --from T');
    return replay(call);
  },
};

async function replay(call: CommandCall): Promise<number> {
  const now = Date.now();
  const from = instantOf('from', needed(call, 'from'), now);
  const toText = optionalText(call, 'to');
  const to = toText === undefined ? now : instantOf('to', toText, now);
  if (to <= from) throw new UsageError('--to: must lie after --from');
  const mpid = optionalText(call, 'mpid');
  const seconds = (upTo: number): number => Math.floor((upTo - from) / 1_000);
  const shown = progress(seconds(to), 'replay, seconds');
  let last: Line = {};
  const body = JSON.stringify({ from, to, ...(mpid === undefined ? {} : { mpid }), ...reasonOf(call) });
  for await (const text of call.target.upload('/ops/v1/events/replay', once(body), 'application/json')) {
    last = JSON.parse(text) as Line;
    if (last.error !== undefined) break;
    shown.update(seconds(last.upTo ?? from), `${last.events ?? 0} events`);
  }
  shown.stop();
  if (last.error !== undefined) throw new Error(last.error);
  if (!last.done) throw new Error('the engine ended before the replay did');
  if (call.json) printJson({ events: last.events ?? 0, from, to });
  else print(`${last.events ?? 0} events published`);
  return 0;
}

/** Epoch milliseconds. @throws UsageError */
export function instantOf(flag: string, text: string, now: number): number {
  const [, count, unit = ''] = /^([1-9][0-9]{0,6})([smhd])$/.exec(text) ?? [];
  const isInstant = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2}))?$/.test(text);
  const at = count === undefined ? (isInstant ? Date.parse(text) : Number.NaN) : now - Number(count) * (UNIT_MS[unit] ?? 0);
  if (Number.isNaN(at)) throw new UsageError(`--${flag}: an instant such as 2026-03-24T10:00:00Z, or how long ago such as 30m, not ${text}`);
  return at;
}
