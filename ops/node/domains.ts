/** All domains of this release in one registry: the one place that knows them all. */
import { accessHandlers } from '../../actors/access/index.ts';
import { type AgentDirectory, agentDefinition, agentHandlers } from '../../actors/agent/index.ts';
import { alertHandlers, createAlertDefinition } from '../../actors/alert/index.ts';
import { type AppointmentDefinitionOptions, createAppointmentDefinition, createAppointmentHandlers, policyOf } from '../../actors/appointment/index.ts';
import { dtnDefinition, dtnFileDefinition, dtnHandlers, settingsOf } from '../../actors/dtn/index.ts';
import { Registry } from '../../actors/engine/index.ts';
import { identityHandlers } from '../../actors/identity/index.ts';
import { meterKeysHandlers } from '../../actors/meter-keys/index.ts';
import { wholeSessionMs } from '../../actors/meter-session/index.ts';
import { createMpanDefinition, mpanHandlers } from '../../actors/mpan/index.ts';
import { actionHandlers, actionPolicyOf, createActionDefinition } from '../../actors/time-update/index.ts';
import { webhookHandlers } from '../../actors/webhook/index.ts';
import { createWorkingDays } from '../../machines/calendar/index.ts';
import type { Config } from '../config/index.ts';

export type DomainConfig = Pick<Config, 'appointment' | 'mpan' | 'dtn' | 'actions' | 'session'> & {
  readonly dip: Pick<Config['dip'], 'environmentTag'>;
  readonly nats: Pick<Config['nats'], 'prefix'>;
};

/**
 * @param agents filled from the store once that is open
 * @param endNotice what a supplier is owed at the end of a process; absent: nothing
 */
export function domainRegistry(config: DomainConfig, agents: AgentDirectory, endNotice?: AppointmentDefinitionOptions['endNotice']): Registry {
  const subjectPrefix = config.nats.prefix;
  const policy = policyOf(config.appointment);
  const registry = new Registry()
    .define(
      createAppointmentDefinition({
        options: config.appointment,
        environmentTag: config.dip.environmentTag,
        subjectPrefix,
        agents,
        ...(endNotice ? { endNotice } : {}),
      }),
    )
    .define(createMpanDefinition({ ...config.mpan, workingDays: createWorkingDays(policy.bankHolidays ?? undefined), subjectPrefix }))
    .define(agentDefinition)
    .define(createAlertDefinition({ subjectPrefix }))
    .define(dtnDefinition(settingsOf(config.dtn)))
    .define(dtnFileDefinition(settingsOf(config.dtn)))
    .define(createActionDefinition({ policy: actionPolicyOf(config.actions, wholeSessionMs(config.session)), subjectPrefix }));
  const handlers = {
    ...createAppointmentHandlers({ agents, options: config.appointment }),
    ...mpanHandlers,
    ...agentHandlers,
    ...alertHandlers,
    ...dtnHandlers,
    ...accessHandlers(),
    ...identityHandlers(),
    ...actionHandlers,
    ...meterKeysHandlers(),
    ...webhookHandlers,
  };
  for (const [type, handler] of Object.entries(handlers)) registry.handle(type, handler);
  return registry;
}
