/** Operators, their sessions, sign-in links, and the audit trail. */
export type { Act, AuditQuery, AuditTrail, Ending } from './audit.ts';
export { identityHandlers } from './handlers.ts';
export { Identity, type IdentityDeps, type OperatorView, type SessionView, type SignIn } from './identity.ts';
export { type IdentityOptions, IdentityOptionsSchema } from './options.ts';
export {
  AUDIT_KIND,
  type AuditRecord,
  AuditRecordSchema,
  LINK_KIND,
  LOCAL_OPERATOR,
  OPERATOR_KIND,
  OPERATOR_NAME,
  type Outcome,
  ROLES,
  type Role,
  SCOPES_OF_ROLE,
  SESSION_KIND,
} from './records.ts';
