/** Commands about single actors: why, park, unpark, nudge, resend, cancel, and quarantined messages. */
import type { CommandCall, CommandSpec } from '../command.ts';
import { needed } from '../command.ts';
import { instant, print, printable, printJson, table } from '../output.ts';

interface Why {
  readonly actor: string;
  readonly state: string;
  readonly since: number;
  readonly reason: string | null;
  /** Null: it has ended, or waits for nothing in particular. */
  readonly waitsFor: string | null;
  readonly version: number;
  readonly parked: { readonly reason: string; readonly since: number; readonly by: string } | null;
  readonly held: number;
  readonly queued: number;
  readonly reminders: readonly { readonly name: string; readonly dueAt: number; readonly retryAt?: number; readonly gate?: string }[];
  readonly owed: readonly {
    readonly channel: string;
    readonly name: string;
    readonly attempts: number;
    readonly nextAttemptAt: number | null;
    readonly lastError: string | null;
  }[];
  readonly history: readonly { readonly version: number; readonly at: number; readonly event: string; readonly from: string | null; readonly to: string }[];
}

const HISTORY_SHOWN = 20;

function show(why: Why): void {
  print(
    `${printable(why.actor)}  ${printable(why.state)}${why.reason ? ` (${printable(why.reason)})` : ''}  since ${instant(why.since)}  version ${why.version}`,
  );
  if (why.parked) print(`PARKED since ${instant(why.parked.since)} by ${printable(why.parked.by)}: ${printable(why.parked.reason)}; ${why.held} messages wait`);
  if (why.waitsFor !== null) print(`waits for ${why.waitsFor}`);
  if (why.queued > 0) print(`${why.queued} commands wait in its mailbox`);
  print('\nowed to the outside');
  print(
    why.owed.length === 0
      ? '  nothing'
      : table(
          ['channel', 'what', 'attempts', 'next attempt', 'last error'],
          why.owed.map((owed) => [owed.channel, owed.name, owed.attempts, instant(owed.nextAttemptAt), owed.lastError]),
        ),
  );
  print('\nfires next');
  print(
    why.reminders.length === 0
      ? '  nothing'
      : table(
          ['reminder', 'due', 'behind gate'],
          why.reminders.map((reminder) => [reminder.name, instant(reminder.dueAt), reminder.gate ?? '']),
        ),
  );
  print('\nlast messages');
  print(
    table(
      ['version', 'at', 'event', 'state'],
      why.history
        .slice(-HISTORY_SHOWN)
        .map((entry) => [entry.version, instant(entry.at), entry.event, entry.from === entry.to ? entry.to : `${entry.from ?? ''} -> ${entry.to}`]),
    ),
  );
}

const why: CommandSpec = {
  name: 'why',
  about: 'Shows the state of an actor, since when, what it waits for, what fires next, its last messages.',
  usage: 'ACTOR',
  help: 'ACTOR: an actor id (appointment:0190…, mpan:SUPX:2000…, dtn:SUPX, action:1234) or a bare request id.',
  words: [1, 1],
  run: async (call) => {
    const answer = await call.target.need<Why>(`/ops/v1/actors/${encodeURIComponent(call.words[0] ?? '')}`, { as: 'operator' });
    if (call.json) printJson(answer);
    else show(answer);
    return 0;
  },
};

function action(name: string, about: string): CommandSpec {
  return {
    name,
    about,
    usage: 'ACTOR --reason TEXT',
    options: { reason: { type: 'string' } },
    words: [1, 1],
    run: async (call) => {
      const reason = needed(call, 'reason');
      const answer = await call.target.need<{ actor: string }>(`/ops/v1/actors/${encodeURIComponent(call.words[0] ?? '')}/${name}`, {
        method: 'POST',
        body: { reason },
        as: 'operator',
      });
      if (call.json) printJson(answer);
      else print(`${name}: done: ${printable(answer.actor)}`);
      return 0;
    },
  };
}

interface QuarantinedItem {
  readonly actor: string;
  readonly since: number;
  readonly type: string;
  readonly key: string;
  readonly error: string;
}

const quarantine: CommandSpec = {
  name: 'quarantine',
  about: 'Lists messages that were put aside because handling them threw.',
  usage: '[--state held|redriven|discarded]',
  options: { state: { type: 'string' } },
  words: [0, 0],
  run: async (call) => {
    const items = await listAll<QuarantinedItem>(call, '/ops/v1/quarantine');
    if (call.json) printJson(items);
    else
      print(
        table(
          ['id', 'since', 'key', 'message', 'error'],
          items.map((item) => [item.actor, instant(item.since), item.key, item.type, item.error]),
        ),
      );
    return 0;
  },
};

const redrive: CommandSpec = {
  name: 'redrive',
  about: 'Has a quarantined message handled again.',
  usage: 'ID --reason TEXT',
  options: { reason: { type: 'string' } },
  words: [1, 1],
  run: async (call) => {
    const reason = needed(call, 'reason');
    const answer = await call.target.need<unknown>(`/ops/v1/quarantine/${encodeURIComponent(call.words[0] ?? '')}/redrive`, {
      method: 'POST',
      body: { reason },
      as: 'operator',
    });
    if (call.json) printJson(answer);
    else print('redrive: done');
    return 0;
  },
};

interface AlertItem {
  readonly alert: string;
  readonly state: string;
  readonly since: number;
  readonly code?: string;
  readonly about?: string;
  readonly text?: string;
}

const alerts: CommandSpec = {
  name: 'alerts',
  about: 'Lists alerts; with an id and --acknowledge, takes note of one.',
  usage: '[ID --acknowledge [--note TEXT]] [--state raised|acknowledged|cleared] [--about ACTOR]',
  options: { state: { type: 'string' }, about: { type: 'string' }, acknowledge: { type: 'boolean' }, note: { type: 'string' } },
  words: [0, 1],
  run: async (call) => {
    if (call.flags.acknowledge === true) {
      const note = typeof call.flags.note === 'string' ? { note: call.flags.note } : {};
      await call.target.need(`/ops/v1/alerts/${encodeURIComponent(call.words[0] ?? '')}/acknowledge`, { method: 'POST', body: note, as: 'operator' });
      print('acknowledged');
      return 0;
    }
    const items = await listAll<AlertItem>(call, '/ops/v1/alerts');
    if (call.json) printJson(items);
    else
      print(
        table(
          ['alert', 'state', 'since', 'text'],
          items.map((item) => [item.alert, item.state, instant(item.since), item.text ?? '']),
        ),
      );
    return 0;
  },
};

/** Most rows that a listing fetches. */
const MAX_ROWS = 10_000;

async function listAll<T>(call: CommandCall, path: string): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams();
    for (const name of ['state', 'about']) if (typeof call.flags[name] === 'string') query.set(name, call.flags[name]);
    query.set('limit', '500');
    if (cursor !== null) query.set('cursor', cursor);
    const page: { items: T[]; cursor: string | null } = await call.target.need(`${path}?${query}`, { as: 'operator' });
    items.push(...page.items);
    cursor = page.cursor;
  } while (cursor !== null && items.length < MAX_ROWS);
  return items;
}

export const actorCommands: readonly CommandSpec[] = [
  why,
  action('park', 'Takes an actor out of service: its messages wait in order, its effects and timers are held.'),
  action('unpark', 'Puts a parked actor back: messages that waited first, then overdue timers.'),
  action('nudge', 'Has what an actor owes to the outside, and timers that failed, tried again now instead of after their pause.'),
  action('resend', 'Has the IF-031 of a process built and sent anew, while the DIP never accepted it.'),
  quarantine,
  redrive,
  alerts,
];
