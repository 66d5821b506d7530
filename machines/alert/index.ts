export type { Acknowledge, AlertEvent, AlertInput, Clear, Raise } from './events.ts';
export { ALERT_MACHINE_VERSION, type AlertContext, type AlertMachine, alertMachine } from './machine.ts';
export { migrateAlert } from './migrations.ts';
