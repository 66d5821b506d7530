/** The durable alert: `alert:<code>:<about>`, routing key that of its subject. */
import { ALERT_MACHINE_VERSION, type AlertInput, type AlertMachine, alertMachine, migrateAlert } from '../../machines/alert/index.ts';
import type { ActorId, Json } from '../../machines/common/effects.ts';
import type { ActorDefinition, MachineEvent } from '../engine/definition.ts';
import { alertCode } from './codes.ts';

export const ALERT_KIND = 'alert';

export const alertActorId = (code: string, about: string): ActorId => `alert:${code}:${about}`;

/** @param options.subjectPrefix first token of subjects, `mw` by default */
export function createAlertDefinition(options: { readonly subjectPrefix: string }): ActorDefinition<AlertMachine> {
  return {
    kind: ALERT_KIND,
    machine: alertMachine,
    machineVersion: ALERT_MACHINE_VERSION,
    migrate: migrateAlert,
    stateOf: ({ value }) => value,
    reasonOf: ({ context }) => context.code,
    indexesOf: ({ context }) => ({ about: [context.about] }),
    effects: {},
    inputFromTell,
    announcement: ({ context }) => ({
      subject: `${options.subjectPrefix}.evt.alert.${context.code}`,
      type: 'meterwright.alert',
      data: { code: context.code, about: context.about, severity: alertCode(context.code)?.severity ?? 'warning', ...subjectOf(context.about) },
    }),
    retention: { days: 90, maxEntries: 100 },
    detailsOf: ({ type: _type, at: _at, ...rest }) => rest as Json,
  };
}

/** What was never raised needs no clearing. */
function inputFromTell(to: ActorId, event: MachineEvent): AlertInput | 'ignore' {
  if (event.type === 'clear') return 'ignore';
  const [, code = '', ...about] = to.split(':');
  return { code, about: about.join(':'), at: event.at };
}

/** Supplier and meter point, where the subject's id names them. */
function subjectOf(about: string): { readonly mpid?: string; readonly mpan?: string } {
  const [kind, mpid, mpan] = about.split(':');
  if (mpid === undefined || (kind !== 'mpan' && kind !== 'dtn')) return {};
  return mpan === undefined ? { mpid } : { mpid, mpan };
}
