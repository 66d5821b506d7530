/**
 * An agent's record: its entries by effective-from date. What is published or imported later about the same date replaces
 * what was said before; the order of arrival does not matter, and applying again changes nothing.
 */
import { assign, setup } from 'xstate';
import type { EpochMs } from '../common/effects.ts';
import type { AgentEntry, AgentEvent, AgentInput } from './events.ts';

export type AgentVersion = Omit<AgentEntry, 'dipId'> & { readonly at: EpochMs };
export type AgentContext = { readonly dipId: string; readonly createdAt: EpochMs; readonly versions: readonly AgentVersion[] };

export const AGENT_MACHINE_VERSION = 1;
/** Entries kept per agent: what holds, what is to come, and some past. */
export const MAX_AGENT_VERSIONS = 8;

export const agentMachine = setup({
  types: { context: {} as AgentContext, events: {} as AgentEvent, input: {} as AgentInput },
  actions: {
    keep: assign(({ context, event }) => {
      const { dipId: _known, ...entry } = event.entry;
      return { versions: withEntry(context.versions, { ...entry, at: event.type === 'imported' ? event.at : event.sentAt }) };
    }),
  },
}).createMachine({
  id: 'agent',
  context: ({ input }) => ({ dipId: input.dipId, createdAt: input.at, versions: [] }),
  initial: 'unknown',
  on: { imported: { actions: 'keep' }, 'agent.published': { actions: 'keep' } },
  states: {
    unknown: { on: { imported: { target: 'listed', actions: 'keep' }, 'agent.published': { target: 'listed', actions: 'keep' } } },
    listed: {},
  },
});

export type AgentMachine = typeof agentMachine;

function withEntry(versions: readonly AgentVersion[], entry: AgentVersion): readonly AgentVersion[] {
  const same = versions.find((known) => known.effectiveFrom === entry.effectiveFrom);
  if (same !== undefined && (same.at > entry.at || (same.at === entry.at && text(same) >= text(entry)))) return versions;
  const kept = { ...entry, name: entry.name ?? same?.name ?? null };
  const rest = versions.filter((known) => known !== same);
  return [...rest, kept].sort((a, b) => (a.effectiveFrom < b.effectiveFrom ? -1 : 1)).slice(-MAX_AGENT_VERSIONS);
}

const text = ({ mpid, role, effectiveTo }: AgentVersion): string => `${mpid} ${role} ${effectiveTo ?? ''}`;
