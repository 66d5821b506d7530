/** The commands of this domain by name. */
import type { Handler } from '../engine/definition.ts';
import { type AppointDeps, createAppointHandler } from './appoint.ts';
import { marketInbound } from './inbound.ts';
import { cancel, createResendHandler, marketStatus } from './operator.ts';

export type AppointmentCommand = 'appoint' | 'market.inbound' | 'market.status' | 'operator.cancel' | 'operator.resend';

export function createAppointmentHandlers(deps: AppointDeps): Readonly<Record<AppointmentCommand, Handler>> {
  return {
    appoint: createAppointHandler(deps),
    'market.inbound': marketInbound,
    'market.status': marketStatus,
    'operator.cancel': cancel,
    'operator.resend': createResendHandler(deps),
  };
}
