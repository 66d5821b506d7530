export { type DataBudget, dataBudget } from './budget.ts';
export { type CellShape, type CellType, type ColumnShape, columnShape, columnShapeOf } from './column-shape.ts';
export { type Column, Columns, type NullColumn, type NumberColumn, type OctetsColumn } from './columns.ts';
export { compactArray } from './compact-array.ts';
export {
  CLOCK_STATUS,
  type ClockStatusFlag,
  type CosemDate,
  type CosemTime,
  clockStatusOf,
  type DateTime,
  type DateTimeFields,
  decodeDate,
  decodeDateTime,
  decodeTime,
  encodeDate,
  encodeDateTime,
  encodeTime,
  statusFlagsOf,
} from './date-time.ts';
export { decodeColumns } from './decode-columns.ts';
export {
  type DeviationSign,
  type FromInstantOptions,
  type FromInstantOutcome,
  fromInstant,
  type InstantOutcome,
  ISKRAEMECO_PRACTICE,
  LANDIS_GYR_PRACTICE,
  type NoInstant,
  type ToInstantOptions,
  toInstant,
} from './instant.ts';
export { formatObis, formatPrintedObis, type ObisOutcome, obisAt, parseObis } from './obis.ts';
export { type DataOptions, decodeData, readData } from './read.ts';
export { indexData, tapeWords, WORDS_PER_VALUE } from './tape.ts';
export { TapedData } from './taped-data.ts';
export {
  DATA_TAGS,
  type DataType,
  type DataValue,
  type FloatType,
  type LongNumberType,
  type SmallNumberType,
  type StringType,
  type TemporalType,
  type TypeDescription,
} from './types.ts';
export { encodeData, writeData } from './write.ts';
