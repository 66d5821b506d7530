/** `mw token`: tokens of the MTS API, of operators and of metrics. The token itself is shown once, by the command that made it. */
import { SCOPE_NAMES, type Scope } from '../../../actors/access/records.ts';
import { type CommandCall, type CommandSpec, needed, optionalText, UsageError } from '../command.ts';
import { instant, print, printJson, table } from '../output.ts';
import { allPages } from '../pages.ts';
import { REASON_OPTION, reasonOf, withReason } from '../reason.ts';

interface TokenItem {
  readonly id: string;
  readonly scopes: readonly string[];
  readonly owner: string;
  readonly name?: string;
  readonly expiresAt: number | null;
  readonly createdAt: number;
  readonly lastUseAt?: number | null;
  readonly revokedAt?: number | null;
  readonly token?: string;
}

const UNIT_MS: Readonly<Record<string, number>> = { h: 3_600_000, d: 86_400_000, w: 604_800_000 };
/** Label of a token that is given none (mts-actions-api 3). */
const DEFAULT_OWNER = 'mts';

export const token: CommandSpec = {
  name: 'token',
  about: 'Makes, lists and revokes tokens.',
  usage: 'add --scope mts[,ops:read,ops:write,metrics] [--owner LABEL] [--name TEXT] [--valid 30d|ISO] | list | revoke ID',
  help: `--scope        mts (the MTS Actions API), ops:read, ops:write, metrics
--owner LABEL  whose it is (default mts): actions are seen by tokens of the same label only
--name         what people call it
--valid        how long: hours, days or weeks (12h, 30d, 52w), or an instant (2027-01-01 or 2027-01-01T00:00:00Z);
               without it the token is valid until it is revoked
--reason       why, for the audit trail`,
  options: { scope: { type: 'string' }, owner: { type: 'string' }, name: { type: 'string' }, valid: { type: 'string' }, ...REASON_OPTION },
  words: [1, 2],
  run: (call) => {
    const [verb, word] = call.words;
    if (verb === 'add' && word === undefined) return add(call);
    if (verb === 'list' && word === undefined) return list(call);
    if (verb === 'revoke' && word !== undefined) return revoke(call, word);
    throw new UsageError('token: add --scope S, list, or revoke ID');
  },
};

async function add(call: CommandCall): Promise<number> {
  const valid = optionalText(call, 'valid');
  const expiresAt = valid === undefined ? undefined : validUntil(valid, Date.now());
  const scopes = needed(call, 'scope').split(',');
  const name = optionalText(call, 'name');
  const body = {
    scopes,
    owner: optionalText(call, 'owner') ?? DEFAULT_OWNER,
    ...(name === undefined ? {} : { name }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...reasonOf(call),
  };
  const made = await call.target.need<TokenItem>('/ops/v1/tokens', { method: 'POST', body, as: 'operator' });
  if (call.json) printJson(made);
  else print(made.token ?? '');
  return 0;
}

/** Epoch milliseconds. @throws UsageError for what is no duration and no instant to come */
export function validUntil(text: string, now: number): number {
  const [, count, unit = ''] = /^([1-9][0-9]{0,4})([hdw])$/.exec(text) ?? [];
  const at = count === undefined ? instantFrom(text) : now + Number(count) * (UNIT_MS[unit] ?? 0);
  if (Number.isNaN(at)) throw new UsageError(`--valid: 30d, 12h, 52w or an instant such as 2027-01-01T00:00:00Z, not ${text}`);
  if (at <= now) throw new UsageError(`--valid: must lie ahead: ${text}`);
  return at;
}

function instantFrom(text: string): number {
  return /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2}))?$/.test(text) ? Date.parse(text) : Number.NaN;
}

async function list(call: CommandCall): Promise<number> {
  const items = await allPages<TokenItem>(call, '/ops/v1/tokens');
  if (call.json) printJson(items);
  else
    print(
      table(
        ['id', 'scopes', 'owner', 'name', 'created', 'valid until', 'last use', 'revoked'],
        items.map((item) => [
          item.id,
          item.scopes.map((scope) => SCOPE_NAMES[scope as Scope] ?? scope).join(', '),
          item.owner,
          item.name,
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
  await call.target.need(withReason(call, `/ops/v1/tokens/${encodeURIComponent(id)}`), { method: 'DELETE', as: 'operator' });
  print('revoked');
  return 0;
}
