import test from 'ava';
import { crcX25, must, mustDecode, toHex } from '../../../../workers/codec/common/index.ts';
import {
  clientAddress,
  decodeHdlcFrame,
  encodeHdlcFrame,
  type HdlcAddress,
  type HdlcContent,
  type HdlcFrame,
  isAllStations,
  sameAddress,
  serverAddress,
  stripLlc,
} from '../../../../workers/codec/hdlc/index.ts';
import { decodeLinkParameters } from '../../../../workers/codec/hdlc/parameters.ts';
import fc from '../../../support/fc.ts';
import { HDLC_VECTORS, octetsOf } from './vectors.ts';

const wire = (check: number | undefined) => (check === undefined ? undefined : toHex(Uint8Array.of(check & 0xff, check >>> 8)));
const part = (address: HdlcAddress) => (address.size === 1 ? { address: address.upper } : { upper: address.upper, lower: address.lower });

const number = fc.integer({ min: 0, max: 7 });
const address = fc.oneof(
  fc.integer({ min: 0, max: 127 }).map(clientAddress),
  fc.tuple(fc.integer({ min: 0, max: 127 }), fc.integer({ min: 0, max: 127 })).map(([upper, lower]) => serverAddress(upper, lower, 2)),
  fc.tuple(fc.integer({ min: 0, max: 16383 }), fc.integer({ min: 0, max: 16383 })).map(([upper, lower]) => serverAddress(upper, lower, 4)),
);
const head = { destination: address, source: address, pf: fc.boolean(), segmented: fc.boolean(), information: fc.uint8Array({ maxLength: 300 }) };
const content: fc.Arbitrary<HdlcContent> = fc.oneof(
  fc.record({ ...head, type: fc.constant('I' as const), ns: number, nr: number }),
  fc.record({ ...head, type: fc.constantFrom('RR' as const, 'RNR' as const), nr: number }),
  fc.record({ ...head, type: fc.constantFrom('SNRM' as const, 'UA' as const, 'DISC' as const, 'DM' as const, 'FRMR' as const, 'UI' as const) }),
);

for (const vector of HDLC_VECTORS) {
  const octets = octetsOf(vector.hex);
  if (vector.kind === 'negative') {
    test(`${vector.id}: is refused by its ${vector.decoded.defect}`, (t) => {
      const outcome = decodeHdlcFrame(octets);
      t.not(outcome.kind, 'good');
      if (outcome.kind === 'bad') t.is<string, string>(outcome.error.code, `bad_${vector.decoded.defect}`);
    });
    continue;
  }
  test(`${vector.id}: every field of the frame, and the same octets again`, (t) => {
    const outcome = decodeHdlcFrame(octets);
    const frame = mustDecode(outcome);
    const { decoded } = vector;
    t.is(outcome.consumed, octets.length);
    t.is(frame.type, decoded.frame);
    t.is(frame.segmented, decoded.segmented);
    t.is(frame.length, decoded.length);
    t.is(frame.pf, decoded.pf);
    t.is(toHex(Uint8Array.of(frame.control)), decoded.control);
    t.is('ns' in frame ? frame.ns : undefined, decoded.ns);
    t.is('nr' in frame ? frame.nr : undefined, decoded.nr);
    for (const [ours, { bytes, ...parts }] of [
      [frame.destination, decoded.destination],
      [frame.source, decoded.source],
    ] as const) {
      t.deepEqual(part(ours), parts);
      t.is<number, number>(ours.size, bytes.length / 2);
    }
    t.is(wire(frame.hcs), decoded.hcs);
    t.is(wire(frame.fcs), decoded.fcs);
    t.is(toHex(frame.information), decoded.information ?? '');
    t.is(stripLlc(frame.information).llc, decoded.llc);
    if (decoded.linkParameters) t.deepEqual(mustDecode(decodeLinkParameters(frame.information)), decoded.linkParameters);
    t.is(toHex(must(encodeHdlcFrame(frame))), vector.hex);
  });
}

test('whatever is encoded is decoded to the same', (t) => {
  fc.assert(
    fc.property(content, (given) => {
      const octets = must(encodeHdlcFrame(given));
      const outcome = decodeHdlcFrame(octets);
      const { length, control, hcs, fcs, ...back } = mustDecode(outcome);
      t.deepEqual({ ...back, information: [...back.information] }, { ...given, information: [...(given.information ?? [])] } as never);
      t.is(outcome.consumed, octets.length);
      t.is(length, octets.length - 2);
      t.is(hcs !== undefined, back.information.length > 0);
      t.true(control >= 0 && fcs >= 0);
    }),
  );
});

test('a frame that is cut anywhere is incomplete, and says how much it needs', (t) => {
  fc.assert(
    fc.property(content, fc.double({ min: 0, max: 1, noNaN: true }), (given, share) => {
      const octets = must(encodeHdlcFrame(given));
      const cut = Math.min(Math.floor(share * octets.length), octets.length - 1);
      const outcome = decodeHdlcFrame(octets.subarray(0, cut));
      t.is(outcome.kind, 'incomplete');
      if (outcome.kind === 'incomplete') t.true(outcome.needs > cut && outcome.needs <= octets.length);
    }),
  );
});

test('any damaged octet between the flags is noticed', (t) => {
  fc.assert(
    fc.property(content, fc.nat(), fc.integer({ min: 1, max: 255 }), (given, place, flip) => {
      const octets = must(encodeHdlcFrame(given));
      const at = 1 + (place % (octets.length - 2));
      octets[at] = octets[at]! ^ flip;
      const outcome = decodeHdlcFrame(octets);
      t.not(outcome.kind, 'good');
      if (outcome.kind === 'bad') t.true(outcome.consumed > 0 && outcome.consumed <= octets.length);
    }),
  );
});

test('any octets at all give an outcome that moves on', (t) => {
  const mostly = fc.array(fc.oneof(fc.constantFrom(0x7e, 0xa0, 0xa8, 0x07, 0x03, 0x93), fc.integer({ min: 0, max: 255 })), { maxLength: 80 });
  fc.assert(
    fc.property(mostly, (some) => {
      const outcome = decodeHdlcFrame(Uint8Array.from(some));
      if (outcome.kind !== 'incomplete') t.true(outcome.consumed > 0);
      else t.true(outcome.needs > some.length);
      t.true(outcome.consumed <= some.length);
    }),
  );
});

const SNRM = '7EA00802232193BD647E';

test('noise in front of a frame is skipped and reported, or refused when that is asked', (t) => {
  const octets = octetsOf(`0000FF${SNRM}`);
  const outcome = decodeHdlcFrame(octets);
  t.is(outcome.kind, 'good');
  if (outcome.kind === 'good') t.deepEqual(outcome.leniencies, ['leading-noise']);
  t.is(outcome.consumed, octets.length);
  const strict = decodeHdlcFrame(octets, { strict: ['leading-noise'] });
  t.is(strict.kind, 'bad');
  t.is(strict.consumed, 3);
});

test('flags that fill the line are skipped without a leniency, and octets behind the frame are left', (t) => {
  const outcome = decodeHdlcFrame(octetsOf(`7E7E${SNRM}A007`));
  t.is(outcome.kind, 'good');
  if (outcome.kind === 'good') t.deepEqual(outcome.leniencies, []);
  t.is(outcome.consumed, 12);
});

test('the information is a view of the input', (t) => {
  const vector = HDLC_VECTORS.find(({ decoded }) => decoded.frame === 'I')!;
  const octets = octetsOf(vector.hex);
  t.is(mustDecode(decodeHdlcFrame(octets)).information.buffer, octets.buffer);
});

test('each defect has its error and its place', (t) => {
  const codeOf = (hex: string, options = {}) => {
    const outcome = decodeHdlcFrame(octetsOf(hex), options);
    return outcome.kind === 'bad' ? `${outcome.error.code} ${outcome.error.offset}` : outcome.kind;
  };
  t.is(codeOf('7EB00802232193BD647E'), 'unexpected_octet 1');
  t.is(codeOf('7EA00602232193BD7E'), 'bad_length 1');
  t.is(codeOf('7EA00702232193BD647E'), 'bad_length 1');
  t.is(codeOf('7EA00721031F6BE900'), 'bad_length 8');
  t.is(codeOf('7EA00902232193BD64007E'), 'bad_length 1');
  t.is(codeOf('7EA00802232193BD657E'), 'bad_fcs 7');
  t.is(codeOf('7EA019032132EFD8E6E600C001C100080000010000FF02006F967E'), 'bad_hcs 6');
  t.is(codeOf(SNRM, { maxFrame: 7 }), 'too_large 1');
  t.is(codeOf('7EA00A020003032193BD647E'), 'unexpected_octet 3');
});

test('a control octet of no frame type is refused after its checks', (t) => {
  const octets = octetsOf('7EA0070321FF00007E');
  const check = crcX25(octets, 1, 6);
  octets.set([check & 0xff, check >>> 8], 6);
  const outcome = decodeHdlcFrame(octets);
  t.is(outcome.kind === 'bad' ? `${outcome.error.code} ${outcome.error.offset}` : outcome.kind, 'unexpected_octet 5');
});

test('more information than the limit is refused', (t) => {
  const octets = must(encodeHdlcFrame({ type: 'UI', destination: clientAddress(1), source: clientAddress(16), pf: false, information: new Uint8Array(129) }));
  t.is(decodeHdlcFrame(octets, { maxInformation: 129 }).kind, 'good');
  const outcome = decodeHdlcFrame(octets, { maxInformation: 128 });
  t.is(outcome.kind === 'bad' ? outcome.error.code : outcome.kind, 'too_large');
});

test('what does not fit its field is not encoded', (t) => {
  const good = { type: 'I', destination: clientAddress(1), source: clientAddress(16), pf: true, ns: 0, nr: 0 } as const;
  const rule = (frame: HdlcContent) => {
    const outcome = encodeHdlcFrame(frame);
    return outcome.kind === 'bad' ? outcome.error.rule.split(':')[0] : outcome.kind;
  };
  t.is(rule({ ...good, destination: clientAddress(128) }), 'destination');
  t.is(rule({ ...good, source: serverAddress(1, 128, 2) }), 'source');
  t.is(rule({ ...good, source: serverAddress(16384, 0, 4) }), 'source');
  t.is(rule({ ...good, ns: 8 }), 'ns');
  t.is(rule({ ...good, nr: -1 }), 'nr');
  t.is(rule({ ...good, information: new Uint8Array(2047 - 8) }), 'information');
  t.is(rule({ ...good, information: new Uint8Array(2047 - 9) }), 'good');
});

test('the longest frame comes back', (t) => {
  const information = new Uint8Array(2047 - 9).fill(0x7e);
  const octets = must(encodeHdlcFrame({ type: 'UI', destination: clientAddress(1), source: clientAddress(16), pf: true, information }));
  const frame: HdlcFrame = mustDecode(decodeHdlcFrame(octets));
  t.is(frame.length, 2047);
  t.deepEqual(frame.information, information);
});

test('addresses know their size, themselves and the address of all stations', (t) => {
  t.deepEqual(serverAddress(1), { size: 1, upper: 1, lower: 0 });
  t.deepEqual(serverAddress(1, 17), { size: 2, upper: 1, lower: 17 });
  t.deepEqual(serverAddress(17, 5481), { size: 4, upper: 17, lower: 5481 });
  t.deepEqual(serverAddress(1, 17, 4), { size: 4, upper: 1, lower: 17 });
  t.true(sameAddress(serverAddress(1, 17), serverAddress(1, 17)));
  t.false(sameAddress(serverAddress(1, 17), serverAddress(1, 17, 4)));
  t.true(isAllStations(serverAddress(0x7f, 0, 2)));
  t.true(isAllStations(serverAddress(0x3fff, 0, 4)));
  t.false(isAllStations(serverAddress(0x7f, 0, 4)));
});

test('an address of no size that there is is refused', (t) => {
  for (const size of [0, 3, 5, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
    const odd = { size, upper: 1, lower: 0 } as unknown as HdlcAddress;
    t.is(encodeHdlcFrame({ type: 'DISC', destination: odd, source: clientAddress(16), pf: true, segmented: false }).kind, 'bad');
    t.is(encodeHdlcFrame({ type: 'DISC', destination: clientAddress(16), source: odd, pf: true, segmented: false }).kind, 'bad');
  }
});
