/** The durable agent record: `agent:<dipId>`, routing key `directory`. */
import { AGENT_MACHINE_VERSION, type AgentMachine, agentMachine, migrateAgent } from '../../machines/agent/index.ts';
import type { ActorId, Json } from '../../machines/common/effects.ts';
import type { ActorDefinition } from '../engine/definition.ts';

export const AGENT_KIND = 'agent';
/** Routing key of what belongs to no meter point (architecture, section 4). */
export const DIRECTORY_KEY = 'directory';

export const agentActorId = (dipId: string): ActorId => `agent:${dipId}`;

/** Value of an agent in the index `mpid`. Marked, so that a list of a supplier's processes never meets its agent records. */
export const agentIndexValue = (mpid: string): string => `agent|${mpid}`;

export const agentDefinition: ActorDefinition<AgentMachine> = {
  kind: AGENT_KIND,
  machine: agentMachine,
  machineVersion: AGENT_MACHINE_VERSION,
  migrate: migrateAgent,
  stateOf: ({ value }) => value,
  indexesOf: ({ context }) => ({ mpid: [...new Set(context.versions.map((version) => agentIndexValue(version.mpid)))] }),
  effects: {},
  inputFromTell: (to, event) => ({ dipId: to.slice('agent:'.length), at: event.at }),
  retention: { days: 90, maxEntries: 200 },
  detailsOf: ({ type: _type, at: _at, ...rest }) => rest as Json,
};
