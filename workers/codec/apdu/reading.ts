/** The face of the reader of whole APDUs, for parts that hold one. */
import type { Reader } from '../common/index.ts';
import type { Scope } from './scope.ts';
import type { Apdu } from './types.ts';

export type ReadApdu = (reader: Reader, scope: Scope) => Apdu;
