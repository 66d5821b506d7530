/** Many nodes as one: leases of shards, the road to their owners, and words among nodes. `contract.ts` draws the whole. */
export { CommandServer } from './command-server.ts';
export { type LeaseRecord, type Leases, NO_VOICE, type NodeId, type NodeRecord, type ShardHost, type Voice } from './contract.ts';
export { type Coordinator, type Drained, startCoordinator } from './coordinator.ts';
export type { ClusterIdentity } from './identity.ts';
export { type CallResult, NodeCalls } from './node-calls.ts';
export { type ClusterOptions, ClusterOptionsSchema } from './options.ts';
export { type LateOwner, Reach } from './reach.ts';
export { Router } from './router.ts';
export { Services } from './services.ts';
export type { ClusterEvent, ClusterHealth, ClusterStatus, NodeStatus, ShardStatus } from './status.ts';
