export { type Aligning, type Closing, hasRoutingFacts, initialContext, isUs, type Meter, type MpanContext } from './context.ts';
export { type Version, type Versions, versionOn } from './dated.ts';
export type { MpanEffect } from './effects.ts';
export type {
  AlignmentExpected,
  ContractUpdated,
  FactsKnown,
  FactsWanted,
  Imported,
  MpanEvent,
  MpanFacts,
  MpanInput,
  ProcessSucceeded,
  ProjectActive,
  ProjectDeAppointment,
  Unsolicited,
} from './events.ts';
export {
  checkDigitOf,
  type DipId,
  hasCheckDigit,
  type IdentifierRefusal,
  type Mpan,
  type Mpid,
  type Parsed,
  parseDipId,
  parseMpan,
  parseMpid,
} from './identifier.ts';
export { createMpanMachine, defaultSideOptions, MPAN_MACHINE_VERSION, type MpanMachine } from './machine.ts';
export { migrateMpan } from './migrations.ts';
export { type Rows, rowOn, type ServiceRow } from './rows.ts';
export type { SideOptions } from './side-machines.ts';
