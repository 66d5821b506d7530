/** `mw watch FILTER`: what happens, as it happens, over a live socket. */
import { WebSocket } from 'undici';
import {
  type Filter,
  LiveClient,
  type LiveMessage,
  type LiveState,
  watch as messagesOf,
  RefusedSubscription,
  type SocketLike,
} from '../../../gateway/live/client/index.ts';
import { type CommandCall, type CommandSpec, optionalInteger, UsageError } from '../command.ts';
import { complain, print, printable } from '../output.ts';

export const watch: CommandSpec = {
  name: 'watch',
  about: 'Prints what is, and then what happens, until it is stopped. After a break it goes on where it was, and says what it missed.',
  usage: 'FILTER [--after SEQ] [--count N]',
  help: `FILTER       mpid=SUPX, mpan=1234567890123, request=ID (an appointment), action=ID (a meter action),
             meter=SERIAL-OR-ADDRESS, node=NAME (operators) or all (operators)
--after SEQ  go on after this sequence, without what is now
--count N    end after so many events`,
  options: { after: { type: 'string' }, count: { type: 'string' } },
  words: [1, 1],
  run: follow,
};

const FILTERS: Readonly<Record<string, { readonly as: 'supplier' | 'mts' | 'operator'; readonly of: (value: string) => Filter }>> = {
  mpid: { as: 'supplier', of: (mpid) => ({ mpid }) },
  mpan: { as: 'supplier', of: (mpan) => ({ mpan }) },
  request: { as: 'supplier', of: (requestId) => ({ requestId }) },
  action: { as: 'mts', of: (action) => ({ action }) },
  meter: { as: 'mts', of: (meter) => ({ meter }) },
  node: { as: 'operator', of: (node) => ({ node }) },
};

/** Somebody watches: he should not wait long. */
const RECONNECT_MAX_MS = 5_000;

/** @throws UsageError */
export function filterOf(word: string): { readonly filter: Filter; readonly as: 'supplier' | 'mts' | 'operator' } {
  if (word === 'all') return { filter: { all: true }, as: 'operator' };
  const at = word.indexOf('=');
  const known = at > 0 && Object.hasOwn(FILTERS, word.slice(0, at)) ? FILTERS[word.slice(0, at)] : undefined;
  const value = word.slice(at + 1);
  if (!known || value === '') throw new UsageError(`watch: ${Object.keys(FILTERS).join('=, ')}= or all, not ${word}`);
  return { filter: known.of(value), as: known.as };
}

async function follow(call: CommandCall): Promise<number> {
  const { filter, as } = filterOf(call.words[0] ?? '');
  const after = optionalInteger(call, 'after', 0, Number.MAX_SAFE_INTEGER);
  const count = optionalInteger(call, 'count', 1, Number.MAX_SAFE_INTEGER) ?? Number.POSITIVE_INFINITY;
  const given = typeof call.flags.key === 'string' ? 'supplier' : typeof call.flags.token === 'string' ? 'operator' : as;
  const end = new AbortController();
  const state = { code: 0 };
  let { url, agent, ...shown } = call.target.live(given);
  const client = new LiveClient({
    url,
    ...shown,
    reconnectMaxMs: RECONNECT_MAX_MS,
    open: () => {
      try {
        // An engine that was started again may be somewhere else.
        ({ url, agent } = call.target.live(given));
      } catch {
        call.target.forget();
      }
      return new WebSocket(url, { dispatcher: agent }) as unknown as SocketLike;
    },
    onState: (now) => {
      tell(now);
      if (now.kind === 'waiting') call.target.forget();
      if (now.kind !== 'closed') return;
      state.code = now.code;
      end.abort();
    },
    onError: ({ text }) => complain(printable(text)),
  });
  let events = 0;
  try {
    for await (const message of messagesOf(client, filter, { signal: end.signal, ...(after === undefined ? {} : { after }) })) {
      if (call.json) print(JSON.stringify(message));
      else for (const line of linesOf(message)) print(line);
      if (message.kind === 'event' && ++events >= count) break;
    }
  } catch (error) {
    if (!(error instanceof RefusedSubscription)) throw error;
    complain(printable(error.message));
    return 1;
  } finally {
    client.close();
  }
  return state.code === 0 ? 0 : 1;
}

function tell(state: LiveState): void {
  if (state.kind === 'waiting') complain(`the connection is lost (${state.code}); again in ${Math.round(state.delayMs / 100) / 10} s`);
  if (state.kind === 'closed' && state.code !== 0) complain(`closed (${state.code}): ${printable(state.reason)}`);
}

/** As people read it. */
export function linesOf(message: LiveMessage): readonly string[] {
  switch (message.kind) {
    case 'snapshot': {
      const counts = Object.entries(message.counts ?? {}).map(([name, number]) => `   ${number} ${name}`);
      return [...counts, ...message.items.map(({ actor, changedAt, state }) => lineOf(`${changedAt.slice(0, 19)}Z`, 'is', actor, [state]))];
    }
    case 'event': {
      const { type, actor, data, seq } = message;
      const what = type.replace(/^meterwright\./, '').replace(/\.v\d+$/, '');
      return [lineOf(`#${seq}`, what, actor, [data.mpid, data.mpan, data.state, data.result])];
    }
    case 'progress':
      return [lineOf('', `${message.percent} %`, message.actor, [message.stage])];
    case 'gap':
      return [`!  missed from ${message.from} to ${message.to} (${message.reason}); what is now follows`];
  }
}

function lineOf(when: string, what: string, actor: string, more: readonly unknown[]): string {
  const texts = more.filter((value) => typeof value === 'string' || typeof value === 'number').map(String);
  return printable([when.padEnd(20), what.padEnd(28), actor, ...texts].join('  ').trimEnd());
}
