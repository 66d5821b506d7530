/** `mw key`: API keys of suppliers, made and revoked. The key itself is shown once, by the command that made it. */
import { type CommandCall, type CommandSpec, optionalText, UsageError } from '../command.ts';
import { instant, print, printJson, table } from '../output.ts';
import { allPages } from '../pages.ts';
import { REASON_OPTION, reasonOf, withReason } from '../reason.ts';
import { validUntil } from './token.ts';

interface KeyItem {
  readonly id: string;
  readonly mpids: readonly string[];
  readonly label: string;
  readonly expiresAt?: number | null;
  readonly createdAt: number;
  readonly lastUseAt?: number | null;
  readonly revokedAt?: number | null;
  readonly key?: string;
}

export const key: CommandSpec = {
  name: 'key',
  about: 'Makes, lists and revokes API keys of suppliers.',
  usage: 'add MPID[,MPID…] [--label TEXT] [--rate PER_SECOND] [--valid 52w|ISO] | list | revoke ID',
  help: `--label   whose it is: keys of one label share their idempotency keys
--valid   how long, as of a token; without it the key is valid until it is revoked
--reason  why, for the audit trail`,
  options: { label: { type: 'string' }, rate: { type: 'string' }, valid: { type: 'string' }, ...REASON_OPTION },
  words: [1, 2],
  run: (call) => {
    const [verb, word] = call.words;
    if (verb === 'add' && word !== undefined) return add(call, word);
    if (verb === 'list' && word === undefined) return list(call);
    if (verb === 'revoke' && word !== undefined) return revoke(call, word);
    throw new UsageError('key: add MPID, list, or revoke ID');
  },
};

async function add(call: CommandCall, mpids: string): Promise<number> {
  const rate = optionalText(call, 'rate');
  if (rate !== undefined && !(Number(rate) > 0)) throw new UsageError(`--rate: requests per second above 0, not ${rate}`);
  const valid = optionalText(call, 'valid');
  const body = {
    mpids: mpids.split(','),
    label: optionalText(call, 'label') ?? '',
    ...(rate === undefined ? {} : { rate: Number(rate) }),
    ...(valid === undefined ? {} : { expiresAt: validUntil(valid, Date.now()) }),
    ...reasonOf(call),
  };
  const made = await call.target.need<KeyItem>('/ops/v1/keys', { method: 'POST', body, as: 'operator' });
  if (call.json) printJson(made);
  else print(made.key ?? '');
  return 0;
}

async function list(call: CommandCall): Promise<number> {
  const items = await allPages<KeyItem>(call, '/ops/v1/keys');
  if (call.json) printJson(items);
  else
    print(
      table(
        ['id', 'mpids', 'label', 'created', 'valid until', 'last use', 'revoked'],
        items.map((item) => [
          item.id,
          item.mpids.join(' '),
          item.label,
          instant(item.createdAt),
          instant(item.expiresAt),
          instant(item.lastUseAt),
          instant(item.revokedAt),
        ]),
      ),
    );
  return 0;
}

async function revoke(call: CommandCall, id: string): Promise<number> {
  await call.target.need(withReason(call, `/ops/v1/keys/${encodeURIComponent(id)}`), { method: 'DELETE', as: 'operator' });
  print('revoked');
  return 0;
}
