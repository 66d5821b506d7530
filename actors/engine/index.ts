/** The durable actor engine: see `engine.ts` for the whole, `definition.ts` for what a domain brings. */
export type {
  ActorDefinition,
  Applied,
  Channel,
  Command,
  Created,
  CreateOptions,
  EffectResult,
  Handler,
  MachineEvent,
  OutsideEffect,
  StepDetails,
  Turn,
} from './definition.ts';
export { Engine, type EngineChild, type EnginePart, type EngineParts } from './engine.ts';
export type { ActorInspection, EngineFace, OwedInspection, StoreReader } from './face.ts';
export { type EngineOptions, EngineOptionsSchema } from './options.ts';
export type { Leases } from './own-shards.ts';
export type { Bus, BusEvent, Clock, Ids, Log, Ports, Random, Timer } from './ports.ts';
export type { Quarantined } from './quarantine.ts';
export { Registry } from './registry.ts';
export { shardOf } from './shard.ts';
export type { CrashPoint } from './turn-runner.ts';
