/** Simulated meters: thousands in a process, of every type that has one (meter-protocols 6.10). */
export { type FarmMeter, type FarmPorts, type MeterFarm, startMeters } from './farm.ts';
export { type Faults, FaultsSchema } from './faults.ts';
export { completeFleetOptions, type Directory, type FleetOptions, FleetOptionsSchema, type ListedMeter, listMeters, planMeters } from './fleet.ts';
export type { MeterStats } from './meter.ts';
export { type ClockOptions, type DlmsOptions, type ElsterOptions, type FarmOptions, type MeterSpec, SIM_METER_TYPES, type SimMeterType } from './options.ts';
export type { WriteOutcome, WriteRecord } from './records.ts';
