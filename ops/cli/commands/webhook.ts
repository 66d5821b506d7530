/** `mw webhook`: whom suppliers have told of the end of their processes. The secret is shown once, by the command that made it. */
import { type CommandCall, type CommandSpec, UsageError } from '../command.ts';
import { complain, instant, print, printable, printJson, table } from '../output.ts';
import { allPages } from '../pages.ts';
import { REASON_OPTION, reasonOf } from '../reason.ts';

interface Webhook {
  readonly mpid: string;
  readonly url: string;
  readonly state: string;
  readonly reason: string | null;
  readonly secrets: readonly { readonly since: number; readonly until: number | null }[];
  readonly since: number;
  readonly lastSuccess: number | null;
  readonly lastFailure: { readonly at: number; readonly text: string } | null;
  readonly secret?: string;
}

interface Tested {
  readonly delivered: boolean;
  readonly id: string;
  readonly status: number | null;
  readonly text: string;
  readonly tookMs: number;
}

export const webhook: CommandSpec = {
  name: 'webhook',
  about: 'Sets, tries, turns off and lists the webhooks of suppliers.',
  usage: 'set MPID [URL] [--rotate] | test MPID | off MPID | list',
  help: `set MPID URL         tell URL (https only) when a process of that supplier ends; prints the secret when it is new
set MPID             turn it on again, with the address and secret of before
set MPID --rotate    make a new secret and print it; the one of before signs too for a day
test MPID            deliver one event of the type test now, and say what came of it; exit 1 when it was not taken
off MPID             tell nobody; what is owed is dropped
--reason TEXT        why, for the audit trail`,
  options: { rotate: { type: 'boolean' }, ...REASON_OPTION },
  words: [1, 3],
  run: (call) => {
    const [verb, mpid, url] = call.words;
    if (verb === 'list' && mpid === undefined) return list(call);
    if (mpid !== undefined) {
      if (!/^[A-Z]{4}$/.test(mpid)) throw new UsageError(`webhook: an MPID has four letters A to Z, not ${mpid}`);
      if (verb === 'set') return set(call, mpid, url);
      if (verb === 'test' && url === undefined) return tryOut(call, mpid);
      if (verb === 'off' && url === undefined) return off(call, mpid);
    }
    throw new UsageError('webhook: set MPID [URL] [--rotate], test MPID, off MPID, or list');
  },
};

const pathOf = (mpid: string): string => `/ops/v1/webhooks/${mpid}`;

async function set(call: CommandCall, mpid: string, url: string | undefined): Promise<number> {
  const body = { ...(url === undefined ? {} : { url }), ...(call.flags.rotate === true ? { rotate: true } : {}), ...reasonOf(call) };
  const made = await call.target.need<Webhook>(pathOf(mpid), { method: 'POST', body, as: 'operator' });
  if (call.json) printJson(made);
  else if (made.secret === undefined) print(`${mpid}: on, ${printable(made.url)}`);
  else {
    complain(`${mpid}: on, ${printable(made.url)}; its secret, which is not shown again:`);
    print(made.secret);
  }
  return 0;
}

async function tryOut(call: CommandCall, mpid: string): Promise<number> {
  const tested = await call.target.need<Tested>(`${pathOf(mpid)}/test`, { method: 'POST', body: reasonOf(call), as: 'operator' });
  if (call.json) printJson(tested);
  else print(`${mpid}: ${tested.delivered ? 'delivered' : 'not delivered'}: ${printable(tested.text)} after ${tested.tookMs} ms, webhook-id ${tested.id}`);
  return tested.delivered ? 0 : 1;
}

async function off(call: CommandCall, mpid: string): Promise<number> {
  const shown = await call.target.need<Webhook>(`${pathOf(mpid)}/off`, { method: 'POST', body: reasonOf(call), as: 'operator' });
  if (call.json) printJson(shown);
  else print(`${mpid}: off`);
  return 0;
}

async function list(call: CommandCall): Promise<number> {
  const items = await allPages<Webhook>(call, '/ops/v1/webhooks');
  if (call.json) printJson(items);
  else
    print(
      table(
        ['mpid', 'state', 'since', 'url', 'last success', 'last failure', ''],
        items.map((item) => [
          item.mpid,
          item.reason === null ? item.state : `${item.state} (${item.reason})`,
          instant(item.since),
          item.url,
          instant(item.lastSuccess),
          instant(item.lastFailure?.at),
          item.lastFailure?.text,
        ]),
      ),
    );
  return 0;
}
