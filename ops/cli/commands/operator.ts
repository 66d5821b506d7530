/** `mw operator`: people who may sign in; `mw login-link`: a one-time link for whoever can read the data folder. */
import { signInAddress } from '../../../gateway/session/link.ts';
import { type CommandCall, type CommandSpec, needed, optionalText, UsageError } from '../command.ts';
import { complain, instant, print, printJson, table } from '../output.ts';
import { allPages } from '../pages.ts';
import { REASON_OPTION, reasonOf, withReason } from '../reason.ts';
import { readPassword } from '../secret-input.ts';

interface OperatorItem {
  readonly name: string;
  readonly role: string;
  readonly createdAt: number;
  readonly createdBy: string;
  readonly lastSignInAt: number | null;
}

const PATH = '/ops/v1/operators';

export const operator: CommandSpec = {
  name: 'operator',
  about: 'People who sign in to the pages: adds, lists, changes and removes them, ends their sessions.',
  usage: 'add NAME --role viewer|operator | list | password NAME | role NAME --role R | remove NAME | sign-out [NAME]',
  help: `A password is read from the terminal, without echo, or from standard input; it has at least 12 characters.
--role     viewer: reads; operator: changes things too
--reason   why, for the audit trail
password, role and remove end the sessions of that operator; sign-out without a name ends those of all.`,
  options: { role: { type: 'string' }, ...REASON_OPTION },
  words: [1, 2],
  run: (call) => {
    const [verb, given] = call.words;
    const name = given?.toLowerCase();
    if (verb === 'list' && name === undefined) return list(call);
    if (verb === 'sign-out') return signOut(call, name);
    if (name !== undefined) {
      if (verb === 'add') return add(call, name);
      if (verb === 'password') return changePassword(call, name);
      if (verb === 'role') return change(call, name, { role: needed(call, 'role') });
      if (verb === 'remove') return remove(call, name);
    }
    throw new UsageError('operator: add NAME, list, password NAME, role NAME, remove NAME, or sign-out [NAME]');
  },
};

async function add(call: CommandCall, name: string): Promise<number> {
  const role = needed(call, 'role');
  const body = { name, role, password: await readPassword(`password of ${name}`), ...reasonOf(call) };
  const made = await call.target.need<OperatorItem>(PATH, { method: 'POST', body, as: 'operator' });
  if (call.json) printJson(made);
  else print(`added: ${made.name}, ${made.role}`);
  return 0;
}

async function changePassword(call: CommandCall, name: string): Promise<number> {
  return change(call, name, { password: await readPassword(`new password of ${name}`) });
}

async function change(call: CommandCall, name: string, what: { readonly role?: string; readonly password?: string }): Promise<number> {
  await call.target.need(`${PATH}/${encodeURIComponent(name)}`, { method: 'POST', body: { ...what, ...reasonOf(call) }, as: 'operator' });
  print('changed');
  return 0;
}

async function remove(call: CommandCall, name: string): Promise<number> {
  await call.target.need(withReason(call, `${PATH}/${encodeURIComponent(name)}`), { method: 'DELETE', as: 'operator' });
  print('removed');
  return 0;
}

async function signOut(call: CommandCall, name: string | undefined): Promise<number> {
  const path = name === undefined ? '/ops/v1/sessions' : `/ops/v1/sessions?operator=${encodeURIComponent(name)}`;
  const { ended } = await call.target.need<{ ended: number }>(withReason(call, path), { method: 'DELETE', as: 'operator' });
  print(`${ended} sessions ended`);
  return 0;
}

async function list(call: CommandCall): Promise<number> {
  const items = await allPages<OperatorItem>(call, PATH);
  if (call.json) printJson(items);
  else
    print(
      table(
        ['name', 'role', 'created', 'by', 'last sign-in'],
        items.map((item) => [item.name, item.role, instant(item.createdAt), item.createdBy, instant(item.lastSignInAt)]),
      ),
    );
  return 0;
}

export const loginLink: CommandSpec = {
  name: 'login-link',
  about: 'Prints a link that signs in to the pages: once, within ten minutes.',
  usage: '[--operator NAME] [--reason TEXT]',
  help: `--operator   who is signed in; without it the data folder's own operator, "local"
Whoever can read the data folder may do this: the command proves it by the token in its secrets.`,
  options: { operator: { type: 'string' }, ...REASON_OPTION },
  words: [0, 0],
  run: async (call) => {
    const name = optionalText(call, 'operator');
    const body = { ...(name === undefined ? {} : { operator: name }), ...reasonOf(call) };
    const made = await call.target.need<{ link: string; endsAt: number; operator: string }>('/ops/v1/login-links', { method: 'POST', body, as: 'operator' });
    const address = signInAddress(call.target.url, made.link);
    if (call.json) printJson({ url: address, operator: made.operator, endsAt: made.endsAt });
    else {
      print(address);
      complain(`signs in ${made.operator}, once, until ${instant(made.endsAt)}`);
    }
    return 0;
  },
};
