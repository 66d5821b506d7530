/** What a new installation is given: agents, meter points of each supplier, keys and tokens. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { agentsJsonl, mpanLine } from '../../ops/sim/market/seed.ts';
import { until } from '../support/process/until.ts';
import type { Answer, Api, Ask } from './api.ts';
import type { Supply } from './client.ts';
import { SUPPLIERS } from './settings.ts';

export interface Credentials {
  readonly opsToken: string;
  readonly mtsToken: string;
  readonly supplies: readonly [Supply, ...Supply[]];
}

const PATIENCE_MS = 60_000;
const LINES_AT_ONCE = 500;

/** @param mpans of each supplier; those of the second follow those of the first */
export async function seedWorld(api: Api, folder: string, mpans: number): Promise<Credentials> {
  const opsToken = await until('the operator token is there', () => tokenIn(folder), PATIENCE_MS);
  const ask = async (path: string, more: Ask): Promise<Answer> => {
    const end = performance.now() + PATIENCE_MS;
    const found = await api.insist(path, { method: 'POST', headers: { authorization: `Bearer ${opsToken}` }, ...more }, () => performance.now() > end);
    if (!found || found.answer.status >= 300) throw new Error(`${path}: ${found?.answer.status ?? 'no answer'} ${found?.answer.text ?? ''}`);
    return found.answer;
  };
  await ask('/ops/v1/imports/agents?format=jsonl', { body: [...agentsJsonl()].join('') });
  const supplies: Supply[] = [];
  for (const [place, { mpid }] of SUPPLIERS.entries()) {
    const first = place * mpans;
    for (let from = first; from < first + mpans; from += LINES_AT_ONCE) {
      const count = Math.min(LINES_AT_ONCE, first + mpans - from);
      const lines = Array.from({ length: count }, (_, index) => `${JSON.stringify({ ...mpanLine(from + index), mpid })}\n`);
      await ask(`/ops/v1/imports/mpans?format=jsonl&mpid=${mpid}`, { body: lines.join('') });
    }
    const { key } = (await ask('/ops/v1/keys', { body: { mpids: [mpid], label: 'chaos', rate: 100_000 } })).json as { key: string };
    supplies.push({ mpid, apiKey: key, first, count: mpans });
  }
  const { token } = (await ask('/ops/v1/tokens', { body: { scopes: ['mts'], owner: 'mts' } })).json as { token: string };
  return { opsToken, mtsToken: token, supplies: supplies as [Supply, ...Supply[]] };
}

function tokenIn(folder: string): string | undefined {
  const file = [join(folder, 'secrets', 'local.token'), join(folder, 'e1', 'secrets', 'local.token')].find((path) => existsSync(path));
  return file === undefined ? undefined : readFileSync(file, 'utf8').trim();
}
