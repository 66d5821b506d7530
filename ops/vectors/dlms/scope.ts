/** What presenting one vector's APDU needs and finds on the way down: keys, leniencies, the first error inside. */
import type { Apdu } from '../../../workers/codec/apdu/index.ts';
import type { CodecError } from '../../../workers/codec/common/index.ts';
import type { Json, JsonObject, VectorContext } from '../mapping.ts';

export interface ApduScope {
  readonly context: VectorContext;
  /** Leniencies of what was opened or decoded inside. */
  readonly leniencies: Set<string>;
  /** The first thing inside that did not open or decode; offsets count in the ciphered APDU. */
  error: CodecError | undefined;
  /** Of the sender, out of the AARQ or AARE around it. */
  carriedTitle: Uint8Array | undefined;
}

export function apduScope(context: VectorContext): ApduScope {
  return { context, leniencies: new Set(), error: undefined, carriedTitle: undefined };
}

/** For what holds another APDU: user information, and the plain APDU of a ciphered one. */
export type PresentNested = (apdu: Apdu) => JsonObject;
export type ParseNested = (value: Json | undefined, path: string) => Apdu;
