/** Commands on the agents store; all under the routing key `directory`. */
import type { AgentEntry } from '../../machines/agent/index.ts';
import type { EpochMs } from '../../machines/common/effects.ts';
import type { Handler } from '../engine/definition.ts';
import type { EngineFace } from '../engine/face.ts';
import { AGENT_KIND, agentActorId, DIRECTORY_KEY } from './definition.ts';
import type { AgentDirectory } from './directory.ts';

/** Entries of one import batch, or of one IF-047 (`published` with its transaction time and ids). */
export interface AgentImport {
  readonly entries: readonly AgentEntry[];
  readonly published?: { readonly sentAt: EpochMs; readonly ids: readonly string[] };
}
export interface AgentsImported {
  readonly created: number;
  readonly applied: number;
}

/** `agent.import`: creates the agents that are missing and gives each its entries. Repeating it changes nothing. */
export const importAgents: Handler = async (turn, payload): Promise<AgentsImported> => {
  const { entries, published } = payload as AgentImport;
  let created = 0;
  for (const [index, entry] of entries.entries()) {
    const id = agentActorId(entry.dipId);
    const made = await turn.create({ id, kind: AGENT_KIND, input: { dipId: entry.dipId, at: turn.at } });
    if (made.kind === 'created') created++;
    if (published === undefined) await turn.apply(id, { type: 'imported', entry });
    else
      await turn.apply(
        id,
        { type: 'agent.published', sentAt: published.sentAt, entry },
        published.ids.map((known) => `${known}/${index}`),
      );
  }
  return { created, applied: entries.length };
};

export const agentHandlers: Readonly<Record<string, Handler>> = { 'agent.import': importAgents };

/** Entries per command: a commit stays small, and other work under the key gets its turn in between. */
const CHUNK = 200;

/** Stores entries and brings the directory up to date. `id` names the batch in quarantine and log. */
export async function storeAgents(engine: EngineFace, directory: AgentDirectory, batch: AgentImport, id: string): Promise<AgentsImported> {
  let created = 0;
  for (let start = 0; start < batch.entries.length; start += CHUNK) {
    const entries = batch.entries.slice(start, start + CHUNK);
    const ids = batch.published?.ids.map((known) => `${known}/${start}`) ?? [];
    const payload: AgentImport = { entries, ...(batch.published === undefined ? {} : { published: { sentAt: batch.published.sentAt, ids } }) };
    const reply = await engine.command<AgentsImported>({ key: DIRECTORY_KEY, type: 'agent.import', payload, origin: 'caller', id: `${id}/${start}` });
    created += reply.created;
    await directory.changed([...new Set(entries.map((entry) => entry.dipId))]);
  }
  return { created, applied: batch.entries.length };
}
