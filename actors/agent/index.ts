export { AGENT_KIND, agentActorId, agentDefinition, agentIndexValue, DIRECTORY_KEY } from './definition.ts';
export { type Agent, AgentDirectory, type AgentView, type DirectoryNodes, toAgentView } from './directory.ts';
export { type AgentImport, type AgentsImported, agentHandlers, storeAgents } from './handlers.ts';
export { type AgentOptions, AgentOptionsSchema } from './options.ts';
export { parseStandingData, type StandingData } from './standing-data.ts';
