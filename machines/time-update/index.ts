/** The machine of a meter action (mts-actions-api 2 to 5). */
export { type Announcement, type CancelSessionParams, NEXT_ATTEMPT, SESSION_EFFECT, type SessionParams } from './asks.ts';
export { type ActionContext, countedAttempts, type Ending, type Found, type Outcome, type Times, type WriteMark } from './context.ts';
export type { ActionEvent, ActionRequest, ActionState } from './events.ts';
export { mayWrite } from './guards.ts';
export { createTimeUpdateMachine, type TimeUpdateMachine } from './machine.ts';
export { migrateTimeUpdate, TIME_UPDATE_MACHINE_VERSION } from './migrations.ts';
export { type ActionPolicy, DEFAULT_ACTION_POLICY, pauseMsAfter } from './policy.ts';
export { type ActionStatus, resultText, statusOf, utcText } from './status.ts';
export { zoneAlertOf } from './zone-alert.ts';
