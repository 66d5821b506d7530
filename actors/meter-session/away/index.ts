/** Sessions over lines of other nodes. `contract.ts` draws the whole. */
export type { AwayLimits } from './contract.ts';
export { type ClassNode, LineDirectory, type LineDirectorySetup } from './directory.ts';
export { AwayHost, type AwayHostSetup } from './host.ts';
export { LineLeases, type LineLeasesSetup, type LineWish } from './leases.ts';
export { RemoteSessions, type RemoteSessionsSetup } from './remote-sessions.ts';
