import { isDeepStrictEqual } from 'node:util';
import test from 'ava';
import { APDU_TAGS, CIPHERED_TAGS, decodeApdu, decodeApdus, encodeApdu } from '../../../../workers/codec/apdu/index.ts';
import { must, mustDecode, toHex } from '../../../../workers/codec/common/index.ts';
import fc from '../../../support/fc.ts';
import { SHAPES } from './arbitraries.ts';

const any = fc.oneof(...SHAPES);

test('every shape of APDU decodes to what was encoded, with no octet left', (t) => {
  for (const shape of SHAPES) {
    fc.assert(
      fc.property(shape, (apdu) => {
        const octets = must(encodeApdu(apdu));
        const outcome = decodeApdu(octets);
        if (outcome.kind !== 'good') throw new Error(JSON.stringify(outcome));
        return isDeepStrictEqual(outcome.value, structuredClone(apdu)) && outcome.consumed === octets.length;
      }),
      { numRuns: 60 },
    );
  }
  t.pass();
});

test('a decoded APDU is rebuilt to the octet', (t) => {
  fc.assert(
    fc.property(any, (apdu) => {
      const octets = must(encodeApdu(apdu));
      return toHex(must(encodeApdu(mustDecode(decodeApdu(octets))))) === toHex(octets);
    }),
    { numRuns: 500 },
  );
  t.pass();
});

test('an APDU that ends too early is never good', (t) => {
  fc.assert(
    fc.property(any, fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), (apdu, part) => {
      const octets = must(encodeApdu(apdu));
      return decodeApdu(octets.subarray(0, Math.floor(octets.length * part))).kind !== 'good';
    }),
    { numRuns: 2000 },
  );
  t.pass();
});

test('APDUs one after another come back in order', (t) => {
  fc.assert(
    fc.property(fc.array(any, { minLength: 1, maxLength: 4 }), (apdus) => {
      const octets = Uint8Array.from(apdus.flatMap((apdu) => [...must(encodeApdu(apdu))]));
      return isDeepStrictEqual(mustDecode(decodeApdus(octets)), structuredClone(apdus));
    }),
    { numRuns: 300 },
  );
  t.pass();
});

test('random octets behind any tag never throw', (t) => {
  const tags = [...Object.values(APDU_TAGS), ...Object.values(CIPHERED_TAGS)];
  fc.assert(
    fc.property(fc.constantFrom(...tags), fc.uint8Array({ maxLength: 80 }), (tag, rest) => {
      const octets = Uint8Array.from([tag, ...rest]);
      const outcome = decodeApdu(octets);
      return outcome.kind === 'incomplete' ? outcome.needs > octets.length : outcome.consumed <= octets.length && outcome.consumed > 0;
    }),
    { numRuns: 5000 },
  );
  t.pass();
});

test('octets of an APDU that were changed never throw, and good ones can be encoded', (t) => {
  fc.assert(
    fc.property(any, fc.array(fc.tuple(fc.nat(400), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 3 }), (apdu, changes) => {
      const octets = Uint8Array.from(must(encodeApdu(apdu)));
      for (const [at, octet] of changes) if (at < octets.length) octets[at] = octet;
      const outcome = decodeApdu(octets);
      return outcome.kind !== 'good' || encodeApdu(outcome.value).kind === 'good';
    }),
    { numRuns: 3000 },
  );
  t.pass();
});
