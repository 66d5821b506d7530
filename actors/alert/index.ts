export { ALERT_CODES, ALERT_GROUPS, type AlertCode, type AlertGroup, alertCode, type Severity } from './codes.ts';
export { ALERT_KIND, alertActorId, createAlertDefinition } from './definition.ts';
export { type AcknowledgeAlert, type AlertView, alertHandlers, toAlertView } from './handlers.ts';
export { renderAlertsPage } from './page.ts';
