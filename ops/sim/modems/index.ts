export { type ModemBank, startModemBank } from './bank.ts';
export type { CallRecord } from './call.ts';
export { type ModemBankInput, type ModemBankOptions, ModemBankOptionsSchema, type SimFaults, type SimLine, type SimNumber } from './options.ts';
