/** What the codec pool can run. Main thread and workers share this table: a code is a place in it. */
import type { Answer } from './answer.ts';
import type { Operation } from './operation.ts';
import { type DecodeApduRequest, decodeApduOperation } from './operations/apdu.ts';
import {
  type CipherRequest,
  cipherOperation,
  type DecipherRequest,
  decipherOperation,
  type GmacRequest,
  gmacOperation,
  type VerifyGmacRequest,
  verifyGmacOperation,
} from './operations/ciphering.ts';
import { type DecodeColumnsRequest, decodeColumnsOperation } from './operations/columns.ts';
import { type DecodeDataRequest, decodeDataOperation } from './operations/data.ts';

export const OPERATIONS = {
  'decode-apdu': decodeApduOperation,
  'decode-data': decodeDataOperation,
  'decode-columns': decodeColumnsOperation,
  cipher: cipherOperation,
  decipher: decipherOperation,
  gmac: gmacOperation,
  'verify-gmac': verifyGmacOperation,
};

export type CodecRequest = DecodeApduRequest | DecodeDataRequest | DecodeColumnsRequest | CipherRequest | DecipherRequest | GmacRequest | VerifyGmacRequest;

type ValueOf<Op extends CodecRequest['op']> = (typeof OPERATIONS)[Op] extends Operation<infer _R, infer V> ? V : never;

/** The answer to a request. */
export type CodecAnswer<R extends CodecRequest = CodecRequest> = R extends CodecRequest ? Answer<ValueOf<R['op']>> : never;
