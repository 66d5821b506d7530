import { readFileSync } from 'node:fs';
import test from 'ava';
import { fromHex, must, mustDecode, toHex } from '../../../../workers/codec/common/index.ts';
import { decodeWrapperFrame, encodeWrapperFrame } from '../../../../workers/codec/wrapper/index.ts';
import fc from '../../../support/fc.ts';

interface Vector {
  readonly id: string;
  readonly hex: string;
  readonly kind: string;
  readonly encode: boolean;
  readonly decoded: { readonly version: number; readonly sourceWPort: number; readonly destinationWPort: number; readonly length: number };
}

const vectors = JSON.parse(readFileSync(new URL('../../../vectors/dlms-wrapper.json', import.meta.url), 'utf8')) as Vector[];

const octetsOf = (hex: string) => fromHex(hex) ?? new Uint8Array(0);

for (const { id, hex, kind, encode, decoded } of vectors) {
  if (kind === 'negative') {
    test(`${id} is refused`, (t) => {
      const outcome = decodeWrapperFrame(octetsOf(hex));
      t.true(outcome.kind === 'bad' && outcome.error.code === 'bad_version' && outcome.consumed > 0);
    });
    continue;
  }
  test(`${id} is read and written as published`, (t) => {
    const outcome = decodeWrapperFrame(octetsOf(hex));
    const frame = mustDecode(outcome);
    const { version, sourceWPort, destinationWPort, length } = decoded;
    t.deepEqual({ ...frame, length: frame.payload.length, payload: undefined }, {
      version,
      sourceWPort,
      destinationWPort,
      length,
      payload: undefined,
    } as never);
    t.true(outcome.kind === 'good' && outcome.consumed === hex.length / 2);
    if (encode) t.is(toHex(must(encodeWrapperFrame(frame))), hex);
  });
}

test('what is written is read, and every beginning of it is incomplete', (t) => {
  const wPort = fc.integer({ min: 0, max: 0xffff });
  fc.assert(
    fc.property(wPort, wPort, fc.uint8Array({ maxLength: 100 }), (sourceWPort, destinationWPort, payload) => {
      const octets = must(encodeWrapperFrame({ sourceWPort, destinationWPort, payload }));
      t.deepEqual(mustDecode(decodeWrapperFrame(octets)), { version: 1, sourceWPort, destinationWPort, payload });
      for (let end = 0; end < octets.length; end++) {
        const outcome = decodeWrapperFrame(octets.subarray(0, end));
        if (outcome.kind !== 'incomplete' || outcome.needs <= end || outcome.needs > octets.length) return false;
      }
      return true;
    }),
    { numRuns: 100 },
  );
});

test('only the first of several frames is taken', (t) => {
  const frame = octetsOf('0001001000010002C001');
  const outcome = decodeWrapperFrame(Uint8Array.from([...frame, ...frame]));
  t.true(outcome.kind === 'good' && outcome.consumed === frame.length);
});

test('a length above maxOctets is refused before the octets come', (t) => {
  const outcome = decodeWrapperFrame(octetsOf('0001001000010101'), { limits: { maxOctets: 256 } });
  t.true(outcome.kind === 'bad' && outcome.error.code === 'too_large' && outcome.error.offset === 6);
  t.is(decodeWrapperFrame(octetsOf('0001001000010100'), { limits: { maxOctets: 256 } }).kind, 'incomplete');
});

test('the first wrong octet of a version is enough', (t) => {
  t.is(decodeWrapperFrame(octetsOf('7E')).kind, 'bad');
  t.is(decodeWrapperFrame(octetsOf('0002')).kind, 'bad');
  t.is(decodeWrapperFrame(octetsOf('00')).kind, 'incomplete');
});

test('ports and lengths that no field holds are refused', (t) => {
  const payload = new Uint8Array(1);
  t.is(encodeWrapperFrame({ sourceWPort: 65_536, destinationWPort: 1, payload }).kind, 'bad');
  t.is(encodeWrapperFrame({ sourceWPort: 16, destinationWPort: -1, payload }).kind, 'bad');
  t.is(encodeWrapperFrame({ sourceWPort: 16, destinationWPort: 1, payload: new Uint8Array(65_536) }).kind, 'bad');
  t.is(encodeWrapperFrame({ sourceWPort: 16, destinationWPort: 1, payload: new Uint8Array(65_535) }).kind, 'good');
});
