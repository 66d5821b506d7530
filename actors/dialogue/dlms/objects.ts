/** What a session reads and writes of a meter, whichever way its objects are named (meter-protocols 5.4, 5.5, 5.8). */
import type { DataValue } from '../../../workers/codec/data/index.ts';
import type { Stamp } from '../../link/link.ts';
import type { StepLimits } from '../dialogue.ts';

export interface ReadValue {
  readonly value: DataValue;
  /** Of the first exchange: a value that comes in blocks was taken then. */
  readonly sentAt: Stamp;
  readonly firstAt: Stamp;
  readonly repeated: boolean;
}

export interface MeterObjects {
  /** @throws DialogueError `meter` with the meter's own code */
  readSerial(limits: StepLimits): Promise<ReadValue>;
  readTime(limits: StepLimits): Promise<ReadValue>;
  /** The last invocation counter that the meter has seen of a client. */
  readCounter(limits: StepLimits): Promise<ReadValue>;
  /** Volatile. @param value made anew for each payload @throws DialogueError; class `write`: outcome unknown */
  writeTime(value: () => DataValue, limits: StepLimits): Promise<void>;
  /** Method shift_time; volatile. @throws as {@link writeTime} */
  shiftTime(value: () => DataValue, limits: StepLimits): Promise<void>;
}

export const SERIAL = 'serial number';
export const CLOCK = 'clock';
export const CLOCK_WRITE = 'clock write';
export const COUNTER = 'invocation counter';

/** Data (class 1), attribute 2. */
export const COUNTER_OBIS = '0.0.43.1.0.255';
