/** As an operator does before he stops a node: it gives its shards away, and he waits until it has none. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Api } from './api.ts';
import type { EngineName } from './faults.ts';

const PATH = '/ops/v1/cluster';
const LOOK_MS = 250;
const WAIT_MS = 30_000;

/** @returns what is wrong, if anything */
export async function drain(api: Api, opsToken: string, node: EngineName): Promise<string | undefined> {
  const headers = { authorization: `Bearer ${opsToken}` };
  const end = performance.now() + WAIT_MS;
  const isOver = (): boolean => performance.now() > end;
  const asked = await api.insist(`${PATH}/nodes/${node}/drain`, { method: 'POST', headers, body: { reason: 'rolling restart' } }, isOver);
  if (asked === undefined || asked.answer.status >= 300)
    return `${node} could not be drained: ${asked?.answer.status ?? 'no answer'} ${asked?.answer.text ?? ''}`;
  for (let left = -1; left !== 0; await pause(LOOK_MS)) {
    if (isOver()) return `${node} still had ${left} shards ${WAIT_MS} ms after it was to give them away`;
    const looked = await api.insist(PATH, { headers }, isOver);
    const { shards = [] } = (looked?.answer.json ?? {}) as { shards?: readonly { readonly owner: string | null }[] };
    if (shards.length > 0) left = shards.filter(({ owner }) => owner === node).length;
  }
  return undefined;
}
