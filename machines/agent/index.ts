export type { AgentEntry, AgentEvent, AgentImported, AgentInput, AgentPublished } from './events.ts';
export { AGENT_MACHINE_VERSION, type AgentContext, type AgentMachine, type AgentVersion, agentMachine } from './machine.ts';
export { migrateAgent } from './migrations.ts';
