/** `decode-apdu`: a whole plain APDU, or the outside of a ciphered one. */
import { decodeApdu } from '../../codec/apdu/index.ts';
import { DEFAULT_LIMITS } from '../../codec/common/index.ts';
import type { Operation } from '../operation.ts';
import { packedOctets } from '../packing.ts';
import { type DecodeOptions, type DecodeOptionsGiven, givenOptions, OPTIONS_BYTES, readOptions, writeOptions } from './options.ts';
import { goodAnswer, packed, packedWhole, refused, wholeAnswer } from './outcome.ts';
import { indexInto, usualTapeBytes } from './tape.ts';
import { dataOffset, TapedApdu } from './taped-apdu.ts';

export interface DecodeApduRequest extends DecodeOptions {
  readonly op: 'decode-apdu';
  /** The answer reads them, so they must stay as they are. */
  readonly octets: Uint8Array;
}

export const decodeApduOperation: Operation<DecodeApduRequest, TapedApdu> = {
  octets: ({ octets }) => octets.length,
  inputBytes: ({ octets }) => OPTIONS_BYTES + packedOctets(octets.length),
  answerBytes: ({ octets }) => usualTapeBytes(octets.length),
  write(request, out) {
    writeOptions(out, request);
    out.octets(request.octets);
  },
  run(input, out) {
    const options = readOptions(input);
    const octets = input.octets();
    const tape = indexedData(octets, options);
    if (tape !== undefined) {
      out.word(1).array(tape);
      return packedWhole(octets.length);
    }
    const outcome = decodeApdu(octets, options);
    if (outcome.kind !== 'good') return refused(outcome, octets.length);
    out.word(0);
    return packed(outcome);
  },
  read(answer, request) {
    const { octets } = request;
    const tape = answer.word() === 1 ? answer.array(Uint32Array) : undefined;
    return new TapedApdu(octets, givenOptions(request), dataOffset(octets), tape);
  },
  direct(request) {
    const { octets } = request;
    const options = givenOptions(request);
    const tape = indexedData(octets, options);
    if (tape !== undefined) return wholeAnswer(new TapedApdu(octets, options, dataOffset(octets), tape.slice()), octets.length);
    const outcome = decodeApdu(octets, options);
    return outcome.kind === 'good' ? goodAnswer(new TapedApdu(octets, options, 0, undefined, outcome.value), outcome) : refused(outcome, octets.length);
  },
};

/**
 * The index of the data where an APDU is nothing but a short head and right data up to its end: then `decodeApdu` takes it as
 * well. Whatever else it is, that decoder says.
 */
function indexedData(octets: Uint8Array, options: DecodeOptionsGiven | undefined): Uint32Array | undefined {
  const at = dataOffset(octets);
  if (at === 0 || octets.length > (options?.limits?.maxOctets ?? DEFAULT_LIMITS.maxOctets)) return undefined;
  const { outcome, tape } = indexInto(octets.subarray(at), options);
  if (outcome.kind !== 'good' || outcome.consumed !== octets.length - at) return undefined;
  return tape.subarray(0, outcome.value.words);
}
