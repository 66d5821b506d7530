/** Supervision after OTP as a pure statechart (architecture, section 3). */
export * from './events.ts';
export { type Child, type ChildStatus, type SupervisorContext, supervisorMachine } from './machine.ts';
export { isTooMany, recentRestarts, restartDelayMs } from './policy.ts';
