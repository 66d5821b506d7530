import test from 'ava';
import { must, mustDecode, toHex } from '../../../../workers/codec/common/index.ts';
import {
  addLlc,
  DEFAULT_LINK_PARAMETERS,
  decodeFrameReject,
  decodeLinkParameters,
  encodeFrameReject,
  encodeLinkParameters,
  LLC_COMMAND,
  LLC_RESPONSE,
  stripLlc,
} from '../../../../workers/codec/hdlc/index.ts';
import fc from '../../../support/fc.ts';
import { HDLC_VECTORS, octetsOf } from './vectors.ts';

const recorded = HDLC_VECTORS.filter(({ decoded }) => decoded.linkParameters).map(({ decoded }) => decoded.information as string);

test('recorded parameters are decoded and built again', (t) => {
  t.true(recorded.length > 0);
  for (const hex of recorded) t.is(toHex(must(encodeLinkParameters(mustDecode(decodeLinkParameters(octetsOf(hex)))))), hex);
});

test('no information, and parameters that are left out, give the defaults', (t) => {
  t.deepEqual(mustDecode(decodeLinkParameters(new Uint8Array(0))), DEFAULT_LINK_PARAMETERS);
  t.deepEqual(mustDecode(decodeLinkParameters(octetsOf('8180030601FA'))), { ...DEFAULT_LINK_PARAMETERS, maxInfoReceive: 250 });
});

test('any width, any order, and unknown parameters are read', (t) => {
  t.deepEqual(mustDecode(decodeLinkParameters(octetsOf('818015 080103 07020002 2A020000 0604000007D0 050207D0'))), {
    maxInfoTransmit: 2000,
    maxInfoReceive: 2000,
    windowTransmit: 2,
    windowReceive: 3,
  });
});

test('every parameter of every width comes back', (t) => {
  const width = fc.constantFrom(1 as const, 2 as const, 4 as const);
  const value = fc.integer({ min: 1, max: 255 });
  const all = fc.record({ maxInfoTransmit: value, maxInfoReceive: value, windowTransmit: value, windowReceive: value });
  fc.assert(
    fc.property(all, width, width, (parameters, info, window) => {
      t.deepEqual(mustDecode(decodeLinkParameters(must(encodeLinkParameters(parameters, { info, window })))), parameters);
    }),
  );
});

test('a parameter that does not fit its width is not encoded', (t) => {
  t.is(encodeLinkParameters({ ...DEFAULT_LINK_PARAMETERS, maxInfoTransmit: 256 }, { info: 1 }).kind, 'bad');
  t.is(encodeLinkParameters({ ...DEFAULT_LINK_PARAMETERS, windowReceive: 0 }).kind, 'bad');
  t.is(encodeLinkParameters({ ...DEFAULT_LINK_PARAMETERS, maxInfoTransmit: 256 }).kind, 'good');
});

test('parameters that are cut, of another group, or wider than their group are refused', (t) => {
  t.is(decodeLinkParameters(octetsOf('818012050180')).kind, 'incomplete');
  t.is(decodeLinkParameters(octetsOf('818112050180')).kind, 'bad');
  t.is(decodeLinkParameters(octetsOf('828003050180')).kind, 'bad');
  t.is(decodeLinkParameters(octetsOf('8180040503800000')).kind, 'bad');
  t.is(decodeLinkParameters(octetsOf('81800205018000')).kind, 'bad');
});

test('any octets at all give an outcome', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 30 }), (some) => {
      t.truthy(decodeLinkParameters(some).kind);
      t.truthy(decodeLinkParameters(Uint8Array.from([0x81, 0x80, some.length, ...some])).kind);
      t.truthy(decodeFrameReject(some).kind);
    }),
  );
});

test('the information of FRMR comes back', (t) => {
  const flag = fc.boolean();
  const number = fc.integer({ min: 0, max: 7 });
  const all = fc.record({
    rejected: fc.integer({ min: 0, max: 255 }),
    vs: number,
    vr: number,
    wasResponse: flag,
    unknownControl: flag,
    unexpectedInformation: flag,
    tooLong: flag,
    badNr: flag,
  });
  fc.assert(fc.property(all, (reject) => t.deepEqual(mustDecode(decodeFrameReject(must(encodeFrameReject(reject)))), reject)));
  t.is(decodeFrameReject(new Uint8Array(0)).kind, 'incomplete');
  t.is(decodeFrameReject(octetsOf('100101')).kind, 'bad');
});

test('the LLC header is told from a payload without one', (t) => {
  const payload = octetsOf('C001C1');
  for (const llc of [LLC_COMMAND, LLC_RESPONSE]) {
    t.is(toHex(addLlc(llc, payload)), `${llc}C001C1`);
    t.deepEqual(stripLlc(addLlc(llc, payload)), { llc, payload });
  }
  t.deepEqual(stripLlc(payload), { llc: undefined, payload });
  t.deepEqual(stripLlc(octetsOf('E6E6')), { llc: undefined, payload: octetsOf('E6E6') });
});
