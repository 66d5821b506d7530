/** The durable MPAN record: `mpan:<mpid>:<mpan>`, routing key the MPAN. */
import type { SnapshotFrom } from 'xstate';
import type { WorkingDays } from '../../machines/calendar/index.ts';
import type { ActorId, Json } from '../../machines/common/effects.ts';
import { createMpanMachine, MPAN_MACHINE_VERSION, type MpanContext, type MpanInput, type MpanMachine, migrateMpan } from '../../machines/mpan/index.ts';
import type { ActorDefinition, MachineEvent } from '../engine/definition.ts';
import type { MpanOptions } from './options.ts';

export const MPAN_KIND = 'mpan';

export const mpanActorId = (mpid: string, mpan: string): ActorId => `mpan:${mpid}:${mpan}`;

export interface MpanDefinitionOptions extends Pick<MpanOptions, 'overdueWorkingDays' | 'appliedIdDays' | 'maxAppliedIds'> {
  readonly workingDays: WorkingDays;
  /** First token of subjects, `mw` by default. */
  readonly subjectPrefix: string;
}

export function createMpanDefinition(options: MpanDefinitionOptions): ActorDefinition<MpanMachine> {
  return {
    kind: MPAN_KIND,
    machine: createMpanMachine(options),
    machineVersion: MPAN_MACHINE_VERSION,
    migrate: migrateMpan,
    stateOf: mpanState,
    // 2: meters by serial number.
    indexVersion: 2,
    indexesOf: ({ context }) => indexesOf(context),
    effects: {},
    inputFromTell,
    announcement: ({ context }, doc) => ({
      subject: `${options.subjectPrefix}.evt.mpan.${context.mpid}.${doc.shard}`,
      type: 'meterwright.mpan',
      data: { mpan: context.mpan, mpid: context.mpid },
    }),
    retention: { days: options.appliedIdDays, maxEntries: options.maxAppliedIds },
    detailsOf,
  };
}

/** Meters are known by the serial number that the market gives. */
function indexesOf({ mpan, meters }: MpanContext): Partial<Record<'mpanAny' | 'serialNumber', readonly string[]>> {
  const serialNumber = Object.keys(meters);
  return serialNumber.length === 0 ? { mpanAny: [mpan] } : { mpanAny: [mpan], serialNumber };
}

/** The side machine that has something to say, else whether the routing facts are known. */
export function mpanState({ value }: SnapshotFrom<MpanMachine>): string {
  if (value.closure !== 'open') return STATES[value.closure];
  if (value.alignment === 'expected') return 'alignment_expected';
  return value.record;
}

const STATES = { meteringClosed: 'metering_closed', dataClosed: 'data_closed', complete: 'closed' } as const;

/** A record that a tell finds missing is made from its id; the supplier's DIP id comes with the tell where it can. */
function inputFromTell(to: ActorId, event: MachineEvent): MpanInput {
  const [, mpid = '', mpan = ''] = to.split(':');
  const named = event.supplierDipId;
  return { mpid, mpan, supplierDipId: typeof named === 'string' ? named : (ownDipId(event, mpid) ?? ''), at: event.at };
}

function ownDipId(event: MachineEvent, mpid: string): string | undefined {
  const message = event.message as { requestingSupplier?: { dipId: string; mpid: string | null } | null } | undefined;
  return message?.requestingSupplier?.mpid === mpid ? message.requestingSupplier.dipId : undefined;
}

/** Market messages in full, so that what changed a record can be read beside the change; those that came through a process are kept there. */
function detailsOf(event: MachineEvent): Json | undefined {
  const { type: _type, at: _at, message, ...rest } = event;
  if (message === undefined) return rest as Json;
  if (typeof event.requestId !== 'string') return { ...rest, message } as Json;
  const { interface: name, sur, transactionId } = message as { interface: string; sur: string; transactionId: string };
  return { ...rest, interface: name, sur, transactionId } as Json;
}
