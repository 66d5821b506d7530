/** A whole input decoded: frame after frame, up to its end or the first that is wrong. */
import { type CodecError, codecError } from '../../workers/codec/common/index.ts';
import type { FormMapping, JsonObject, Protocol, VectorContext } from './mapping.ts';

/** Octets of one input. */
export const MAX_INPUT_OCTETS = 4 * 1024 * 1024;
/** Frames of one input. */
export const MAX_INPUT_FRAMES = 20_000;

export interface WholeInput {
  /** What decoded, in order; more than one only where the octets hold several. */
  readonly results: readonly JsonObject[];
  /** Why the rest did not; its offset counts from the start of the input. */
  readonly error?: CodecError;
}

export function decodeWhole(protocol: Protocol, form: FormMapping, octets: Uint8Array, context: VectorContext): WholeInput {
  const results: JsonObject[] = [];
  let at = 0;
  let error: CodecError | undefined;
  do {
    if (results.length === MAX_INPUT_FRAMES) {
      error = codecError('too_many', at, `input: at most ${MAX_INPUT_FRAMES} frames`);
      break;
    }
    const rest = octets.subarray(at);
    const result = form.decode(rest, context);
    if (result.kind === 'good') {
      results.push(result.leniencies.length === 0 ? result.value : { ...result.value, leniencies: result.leniencies });
      // What was let pass behind a value is no further value.
      const used = result.leniencies.includes('trailing-octets') ? rest.length : (result.consumed ?? rest.length);
      at = used === 0 ? octets.length : at + used;
    } else {
      error = result.kind === 'bad' ? { ...result.error, offset: at + result.error.offset } : unfinished(octets.length);
    }
  } while (at < octets.length && error === undefined);
  const joined = protocol.join === undefined ? results : protocol.join(results, context);
  return error === undefined ? { results: joined } : { results: joined, error };
}

function unfinished(length: number): CodecError {
  return codecError('truncated', length, 'input: must be complete, more octets have to follow', `${length} octets`);
}
