/** Runs meter sessions: the live machine over links and dialogues, who runs now, and the check of the host's own clock. */
export { asPortError, PortError } from './failure.ts';
export { HostClock, type HostClockSetup, type Probe, probeSntp } from './host-clock.ts';
export { type HostClockOptions, type SessionOptions, SessionOptionsSchema, sessionPolicyOf, wholeSessionMs } from './options.ts';
export { type HaltReason, type LiveSession, type SessionCounts, SessionRegistry, type SessionView } from './registry.ts';
export { type SessionEnd, type SessionOrder, SessionRunner, type SessionRunnerSetup, type SessionWatcher } from './runner.ts';
