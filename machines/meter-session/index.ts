export {
  type ClockReading,
  type FailureClass,
  METER_TYPES,
  type MeterTarget,
  type SessionFailure,
  type SessionResult,
  STAGES,
  type Stage,
  type Task,
} from './types.ts';
