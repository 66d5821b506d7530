/**
 * The agents store in memory: what appointments look up the proposed metering service in, and what `GET /agents/v1` lists.
 * Loaded by pages at start, brought up to date with `refresh` after every commit that changed agents. The documents in the
 * store are the truth; this is only a view of them.
 */
import { v5 as uuidOfName } from 'uuid';
import type { AgentContext, AgentEntry } from '../../machines/agent/index.ts';
import { londonMidnight } from '../../machines/calendar/index.ts';
import type { ActorId } from '../../machines/common/effects.ts';
import type { SettlementDate } from '../../machines/market/message.ts';
import type { StoreReader } from '../engine/face.ts';
import { MeterwrightError } from '../errors/error.ts';
import type { ActorDoc } from '../store/store.ts';
import { AGENT_KIND, agentActorId } from './definition.ts';
import type { AgentOptions } from './options.ts';

/** One entry: an agent in a role from a day on. */
export type Agent = AgentEntry;

/** As `GET /agents/v1` shows it (appointments 1.7). */
export interface AgentView {
  readonly id: string;
  readonly name: string | null;
  readonly mpid: string;
  readonly dip_id: string;
  readonly role: string;
  readonly effective_from: string;
}

/** Name space of the stable ids in views. */
const NAMESPACE = '5b0c1d3e-7a44-5d0b-9a3e-6f1f2c8d4e90';

export function toAgentView(agent: Agent): AgentView {
  const { dipId, mpid, role, effectiveFrom, name } = agent;
  const id = uuidOfName(`${dipId}/${effectiveFrom}`, NAMESPACE);
  return { id, name, mpid, dip_id: dipId, role, effective_from: londonMidnight(effectiveFrom) };
}

export class AgentDirectory {
  readonly #store: Pick<StoreReader, 'page' | 'get'>;
  readonly #options: AgentOptions;
  readonly #byDipId = new Map<string, readonly Agent[]>();
  readonly #byMpid = new Map<string, Set<string>>();

  constructor(store: Pick<StoreReader, 'page' | 'get'>, options: AgentOptions) {
    this.#store = store;
    this.#options = options;
  }

  /** Reads all agents. Throws `agents_limit` when there are more than the setting allows. */
  async load(): Promise<void> {
    this.#byDipId.clear();
    this.#byMpid.clear();
    let cursor: string | undefined;
    do {
      const page = await this.#store.page({ index: 'kind', value: AGENT_KIND, limit: this.#options.pageSize, ...(cursor === undefined ? {} : { cursor }) });
      for (const doc of page.items) this.#take(doc);
      cursor = page.cursor;
    } while (cursor !== undefined);
  }

  /** Reads these agents again, after the commit that changed them. */
  async refresh(dipIds: readonly string[]): Promise<void> {
    for (let start = 0; start < dipIds.length; start += this.#options.pageSize) {
      const ids: ActorId[] = dipIds.slice(start, start + this.#options.pageSize).map(agentActorId);
      for (const doc of await this.#store.get(ids)) if (doc !== undefined) this.#take(doc);
    }
  }

  /** Entries of that MPID, newest effective date first; empty when unknown. */
  find(mpid: string): readonly Agent[] {
    const dipIds = this.#byMpid.get(mpid);
    if (dipIds === undefined) return [];
    const agents = [...dipIds].flatMap((dipId) => this.#byDipId.get(dipId) ?? []).filter((agent) => agent.mpid === mpid);
    return agents.sort((a, b) => (a.effectiveFrom > b.effectiveFrom ? -1 : a.effectiveFrom < b.effectiveFrom ? 1 : a.dipId < b.dipId ? -1 : 1));
  }

  /** The entry of that DIP id in force on a day; without a day, or before the first, the one to show all the same. */
  byDipId(dipId: string, on?: SettlementDate): Agent | undefined {
    const agents = this.#byDipId.get(dipId);
    if (agents === undefined) return undefined;
    return on === undefined ? agents.at(-1) : (agents.findLast((agent) => agent.effectiveFrom <= on) ?? agents[0]);
  }

  /** All entries, by DIP id, then by date. */
  list(): readonly Agent[] {
    return [...this.#byDipId.keys()].sort().flatMap((dipId) => this.#byDipId.get(dipId) ?? []);
  }

  get size(): number {
    return this.#byDipId.size;
  }

  #take(doc: ActorDoc): void {
    const { context } = doc.snapshot as unknown as { readonly context: AgentContext };
    const { dipId } = context;
    if (!this.#byDipId.has(dipId) && this.#byDipId.size >= this.#options.maxAgents) {
      throw new MeterwrightError('agents_limit', `agents: at most ${this.#options.maxAgents} are held, there are more`, {
        details: { maxAgents: this.#options.maxAgents },
      });
    }
    for (const before of this.#byDipId.get(dipId) ?? []) this.#byMpid.get(before.mpid)?.delete(dipId);
    const agents = context.versions.map(({ at: _at, ...version }): Agent => ({ dipId, ...version }));
    this.#byDipId.set(dipId, agents);
    for (const { mpid } of agents) {
      const known = this.#byMpid.get(mpid) ?? new Set();
      this.#byMpid.set(mpid, known.add(dipId));
    }
  }
}
