/** API keys and tokens. */
export { Access, type AccessDeps, type KeyRequest, type TokenRequest } from './access.ts';
export { FailureLimiter, type FailureLimits } from './failure-limiter.ts';
export type { Grant, HoldEnd, KeyGrant, SessionGrant, TokenGrant } from './grants.ts';
export { accessHandlers } from './handlers.ts';
export { type AccessOptions, AccessOptionsSchema } from './options.ts';
export { type ApiKeyRecord, DIRECTORY_KEY, type Rate, SCOPE_NAMES, SCOPES, type Scope, type TokenRecord } from './records.ts';
export type { SecretSource } from './secret.ts';
export { TokenBucket } from './token-bucket.ts';
