/** `decode-data`: a checked index over a value, read where it lies. */
import { TapedData } from '../../codec/data/index.ts';
import type { Operation } from '../operation.ts';
import { packedOctets } from '../packing.ts';
import { type DecodeOptions, givenOptions, OPTIONS_BYTES, readOptions, writeOptions } from './options.ts';
import { goodAnswer, packed, refused } from './outcome.ts';
import { indexInto, usualTapeBytes } from './tape.ts';

export interface DecodeDataRequest extends DecodeOptions {
  readonly op: 'decode-data';
  /** One tagged value; its answer reads them, so they must stay as they are. */
  readonly octets: Uint8Array;
}

export const decodeDataOperation: Operation<DecodeDataRequest, TapedData> = {
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
    const { outcome, tape } = indexInto(octets, options);
    if (outcome.kind !== 'good') return refused(outcome, octets.length);
    out.array(tape.subarray(0, outcome.value.words));
    return packed(outcome);
  },
  read: (answer, { octets }) => new TapedData(octets, answer.array(Uint32Array)),
  direct(request) {
    const { octets } = request;
    const { outcome, tape } = indexInto(octets, givenOptions(request));
    if (outcome.kind !== 'good') return refused(outcome, octets.length);
    return goodAnswer(new TapedData(octets, tape.slice(0, outcome.value.words)), outcome);
  },
};
