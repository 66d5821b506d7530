/** Every machine that has a page under `docs/machines`. */
import { Value } from 'typebox/value';
import type { AnyStateMachine } from 'xstate';
import { type AppointmentOptions, AppointmentOptionsSchema, policyOf } from '../../actors/appointment/index.ts';
import { agentMachine } from '../../machines/agent/index.ts';
import { alertMachine } from '../../machines/alert/index.ts';
import { createAppointmentMachine } from '../../machines/appointment/index.ts';
import { createDtnFileMachine, createDtnMachine } from '../../machines/dtn/index.ts';
import { createMeterSessionMachine } from '../../machines/meter-session/index.ts';
import { createMpanMachine } from '../../machines/mpan/index.ts';
import { supervisorMachine } from '../../machines/supervisor/index.ts';
import { createTimeUpdateMachine } from '../../machines/time-update/index.ts';

export interface DocumentedMachine {
  /** File name without its ending. */
  readonly name: string;
  readonly title: string;
  /** One sentence on what it is. */
  readonly about: string;
  readonly source: string;
  readonly machine: AnyStateMachine;
}

export function documentedMachines(): readonly DocumentedMachine[] {
  const appointment = policyOf(Value.Default(AppointmentOptionsSchema, {}) as AppointmentOptions);
  return [
    {
      name: 'appointment',
      title: 'Appointment',
      about: 'One appointment of a metering service, from the accepted request to Success or Failed.',
      source: 'machines/appointment/machine.ts',
      machine: createAppointmentMachine(appointment),
    },
    {
      name: 'mpan',
      title: 'Meter point',
      about: "One supplier's record of a meter point and its meters, with the two side machines of de-appointment and alignment.",
      source: 'machines/mpan/machine.ts',
      machine: createMpanMachine(),
    },
    {
      name: 'dtn',
      title: 'DTN collector',
      about: "Collects one sender's lines and makes files of them.",
      source: 'machines/dtn/machine.ts',
      machine: createDtnMachine(),
    },
    {
      name: 'dtn-file',
      title: 'DTN file',
      about: 'One file on its way to the gateway and its receipts.',
      source: 'machines/dtn/file-machine.ts',
      machine: createDtnFileMachine(),
    },
    {
      name: 'time-update',
      title: 'Meter action',
      about: 'One action on a meter, from the durable request over its attempts to its result.',
      source: 'machines/time-update/machine.ts',
      machine: createTimeUpdateMachine(),
    },
    {
      name: 'meter-session',
      title: 'Meter session',
      about: 'One session with one meter: the stages, the guards and the way out. It lives in memory only.',
      source: 'machines/meter-session/machine.ts',
      machine: createMeterSessionMachine(),
    },
    {
      name: 'agent',
      title: 'Agent',
      about: 'One market participant in its roles, from industry standing data.',
      source: 'machines/agent/machine.ts',
      machine: agentMachine,
    },
    {
      name: 'alert',
      title: 'Alert',
      about: 'One condition of one subject: raised, acknowledged, cleared.',
      source: 'machines/alert/machine.ts',
      machine: alertMachine,
    },
    {
      name: 'supervisor',
      title: 'Supervisor',
      about: 'Restarts what fails, one for one, within its intensity; beyond, it escalates.',
      source: 'machines/supervisor/machine.ts',
      machine: supervisorMachine,
    },
  ];
}
