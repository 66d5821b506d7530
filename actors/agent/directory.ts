/**
 * The agents store in memory: what appointments look up the proposed metering service in, and what `GET /agents/v1` lists.
 * Loaded by pages at start, brought up to date with `changed` after every commit that changed agents. The documents in the
 * store are the truth; this is only a view of them.
 *
 * Among many nodes each has a directory of its own: `changed` tells the others which agents to read again, and every minute all
 * are read again, for a word may be lost. An older read never replaces a newer one.
 */
import { v5 as uuidOfName } from 'uuid';
import type { AgentContext, AgentEntry } from '../../machines/agent/index.ts';
import { londonMidnight } from '../../machines/calendar/index.ts';
import type { ActorId, Json } from '../../machines/common/effects.ts';
import type { SettlementDate } from '../../machines/market/message.ts';
import { NO_VOICE, type Voice } from '../cluster/contract.ts';
import type { StoreReader } from '../engine/face.ts';
import type { Clock, Log, Timer } from '../engine/ports.ts';
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

const TOPIC = 'agents';
/** Agents in one word. */
const WORD_AGENTS = 500;
const RELOAD_MS = 60_000;

/** Other nodes, which have directories of the same agents. */
export interface DirectoryNodes {
  readonly voice: Voice;
  readonly clock: Clock;
  readonly log: Log;
  /** The directory cannot be brought up to date: `agents_limit`, or the store. */
  onError?(error: unknown): void;
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
  readonly #nodes: DirectoryNodes | undefined;
  readonly #byDipId = new Map<string, { readonly version: number; readonly agents: readonly Agent[] }>();
  readonly #byMpid = new Map<string, Set<string>>();
  #timer: Timer | undefined;
  #unhear: () => void = () => {};
  #stopped = true;

  /** @param nodes absent: this process is alone */
  constructor(store: Pick<StoreReader, 'page' | 'get'>, options: AgentOptions, nodes?: DirectoryNodes) {
    this.#store = store;
    this.#options = options;
    this.#nodes = nodes === undefined || nodes.voice === NO_VOICE ? undefined : nodes;
  }

  /** Begin to follow the other nodes. */
  start(): void {
    if (!this.#nodes || !this.#stopped) return;
    this.#stopped = false;
    this.#unhear = this.#nodes.voice.on(TOPIC, (payload) => this.#heard(payload));
    this.#planReload(this.#nodes);
  }

  stop(): void {
    this.#stopped = true;
    this.#unhear();
    this.#timer?.cancel();
  }

  /** These agents were changed by a commit of this node's doing: read again here, and on the other nodes. Rejects as `refresh` does. */
  async changed(dipIds: readonly string[]): Promise<void> {
    for (let start = 0; start < dipIds.length; start += WORD_AGENTS) {
      this.#nodes?.voice.tell(TOPIC, { dipIds: [...dipIds.slice(start, start + WORD_AGENTS)] });
    }
    await this.refresh(dipIds);
  }

  #heard(payload: Json): void {
    const { dipIds } = (payload ?? {}) as { readonly dipIds?: unknown };
    if (!Array.isArray(dipIds)) return;
    const known = dipIds.filter((dipId) => typeof dipId === 'string').slice(0, WORD_AGENTS);
    this.refresh(known).catch((error: unknown) => this.#failed(error));
  }

  #planReload(nodes: DirectoryNodes): void {
    this.#timer = nodes.clock.after(RELOAD_MS, () => {
      this.load()
        .catch((error: unknown) => this.#failed(error))
        .finally(() => {
          if (!this.#stopped) this.#planReload(nodes);
        });
    });
  }

  #failed(error: unknown): void {
    this.#nodes?.log.error({ err: error }, 'agents that other nodes changed could not be read; all are read again within a minute');
    this.#nodes?.onError?.(error);
  }

  /** Reads all agents. Throws `agents_limit` when there are more than the setting allows. */
  async load(): Promise<void> {
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
    const agents = [...dipIds].flatMap((dipId) => this.#byDipId.get(dipId)?.agents ?? []).filter((agent) => agent.mpid === mpid);
    return agents.sort((a, b) => (a.effectiveFrom > b.effectiveFrom ? -1 : a.effectiveFrom < b.effectiveFrom ? 1 : a.dipId < b.dipId ? -1 : 1));
  }

  /** The entry of that DIP id in force on a day; without a day, or before the first, the one to show all the same. */
  byDipId(dipId: string, on?: SettlementDate): Agent | undefined {
    const agents = this.#byDipId.get(dipId)?.agents;
    if (agents === undefined) return undefined;
    return on === undefined ? agents.at(-1) : (agents.findLast((agent) => agent.effectiveFrom <= on) ?? agents[0]);
  }

  /** All entries, by DIP id, then by date. */
  list(): readonly Agent[] {
    return [...this.#byDipId.keys()].sort().flatMap((dipId) => this.#byDipId.get(dipId)?.agents ?? []);
  }

  get size(): number {
    return this.#byDipId.size;
  }

  #take(doc: ActorDoc): void {
    const { context } = doc.snapshot as unknown as { readonly context: AgentContext };
    const { dipId } = context;
    const before = this.#byDipId.get(dipId);
    if (before && before.version > doc.version) return;
    if (!before && this.#byDipId.size >= this.#options.maxAgents) {
      throw new MeterwrightError('agents_limit', `agents: at most ${this.#options.maxAgents} are held, there are more`, {
        details: { maxAgents: this.#options.maxAgents },
      });
    }
    for (const { mpid } of before?.agents ?? []) this.#byMpid.get(mpid)?.delete(dipId);
    const agents = context.versions.map(({ at: _at, ...version }): Agent => ({ dipId, ...version }));
    this.#byDipId.set(dipId, { version: doc.version, agents });
    for (const { mpid } of agents) {
      const known = this.#byMpid.get(mpid) ?? new Set();
      this.#byMpid.set(mpid, known.add(dipId));
    }
  }
}
