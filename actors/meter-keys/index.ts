/** Keys of ciphered meters and their invocation counters. */
export { METER_KEYS_KEY, meterKeysHandlers } from './handlers.ts';
export { METER_KEY_COLUMNS, type MeterKeyLine, parseMeterKeys } from './lines.ts';
export { METER_COUNTER_KIND, METER_KEYS_KIND } from './records.ts';
export { RESTORE_MARGIN, restoreRaise } from './reserve.ts';
export { MeterKeyStore, type MeterKeyStoreDeps, type ShownMeterKeys } from './store.ts';
