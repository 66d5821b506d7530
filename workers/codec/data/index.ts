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
