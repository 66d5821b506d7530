/** The machine of a meter session, its words and its arithmetic (meter-protocols 2). */
export { frameMs, hasStepped, hostNow, offsetText, planWrite, readingOf, roundTripMs, type Transit, type WritePlan, writeTook, writeValue } from './clock.ts';
export type { SessionContext } from './context.ts';
export { boundaryWaitMs, dialDelayMs, HOST_CLOCK_STEPPED, isSameSerial, isZoneOffset, normaliseSerial } from './guards.ts';
export { createMeterSessionMachine, type MeterSessionMachine } from './machine.ts';
export { type BoundaryGuard, DEFAULT_SESSION_POLICY, type SessionGuards, type SessionPolicy, type StageDeadlines } from './policy.ts';
export type * from './ports.ts';
export {
  type ClockReading,
  type FailureClass,
  type GuardName,
  METER_TYPES,
  type MeterTarget,
  type SessionFailure,
  type SessionResult,
  STAGES,
  type Stage,
  type Task,
} from './types.ts';
