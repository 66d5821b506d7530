/** The table of `landis-gyr.json`: answers to the challenge of a Landis+Gyr HLS 2 login. */
import { codecError, type Encoded } from '../../workers/codec/common/index.ts';
import { landisGyrResponse, landisGyrVariant } from '../../workers/codec/security/index.ts';
import { type JsonObject, MalformedVector, type Presented, type Protocol, type VectorContext } from './mapping.ts';

function decode(octets: Uint8Array, context: VectorContext): Presented {
  const read = landisGyrVariant(octets);
  if (read.kind === 'bad') return read;
  if (context.given?.password !== undefined && context.given.challenge !== undefined) {
    const expected = respond(context.given);
    if (expected.kind === 'bad') return expected;
    if (!expected.octets.every((octet, index) => octet === octets[index])) {
      return { kind: 'bad', error: codecError('bad_tag', 0, 'response: the answer to the given challenge') };
    }
  }
  return { kind: 'good', value: { variant: read.variant, response: String.fromCharCode(...octets) }, leniencies: [], consumed: octets.length };
}

function respond(given: JsonObject | undefined): Encoded {
  return landisGyrResponse(ascii(given, 'password'), ascii(given, 'challenge'));
}

function ascii(given: JsonObject | undefined, member: string): Uint8Array {
  const text = given?.[member];
  if (typeof text !== 'string' || /[^ -~]/.test(text)) throw new MalformedVector(`decoded.given.${member}`, 'must be an ASCII text');
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** A response is eight hex digits and nothing else: little to tell it by. */
const RESEMBLANCE = 0.1;

export const landisGyr: Protocol = {
  name: 'landis-gyr',
  forms: {
    challenge: { decode, encode: (decoded, context) => respond(context.given ?? (decoded.given as JsonObject | undefined)) },
  },
  formOf: () => 'challenge',
  recognise: (octets) => (landisGyrVariant(octets).kind === 'good' ? RESEMBLANCE : 0),
};
