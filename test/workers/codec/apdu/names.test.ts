import test from 'ava';
import {
  aarq,
  accessResultName,
  accessResultOf,
  action,
  CONFORMANCE_BITS,
  conformanceNames,
  conformanceOf,
  diagnosticName,
  encodeApdu,
  get,
  initiateRequest,
  read,
  releaseRequest,
  set,
  write,
} from '../../../../workers/codec/apdu/index.ts';
import { fromHex, must, toHex } from '../../../../workers/codec/common/index.ts';
import { vectorOf } from './vectors.ts';

test('each conformance bit has one name and comes back from it', (t) => {
  t.is(CONFORMANCE_BITS.length, 24);
  for (const [bit, name] of CONFORMANCE_BITS.entries()) {
    const octets = conformanceOf([name]);
    t.is((octets[0]! << 16) | (octets[1]! << 8) | octets[2]!, 0x80_0000 >>> bit);
    t.deepEqual(conformanceNames(octets), [name]);
  }
});

test('names of access results come back as numbers, unknown ones too', (t) => {
  for (let result = 0; result < 256; result++) t.is(accessResultOf(accessResultName(result)), result);
  t.is(accessResultName(0), 'success');
  t.is(accessResultName(250), 'other-reason');
  t.is(accessResultOf('no-such-result'), undefined);
  t.is(accessResultOf('unknown-256'), undefined);
});

test('diagnostics are named by their source', (t) => {
  t.is(diagnosticName('acse-service-user', 13), 'authentication-failure');
  t.is(diagnosticName('acse-service-provider', 2), 'no-common-acse-version');
  t.is(diagnosticName('acse-service-user', 99), 'unknown-99');
});

test('the requests of a dialogue are the published octets', (t) => {
  const clock = { classId: 8, obis: [0, 0, 1, 0, 0, 255] } as const;
  const time = { type: 'octet-string', octets: fromHex('07E301020304040500000000')! } as const;
  const same = (apdu: Parameters<typeof encodeApdu>[0], id: string) => t.is(toHex(must(encodeApdu(apdu))), toHex(vectorOf(id).octets), id);
  same(get({ classId: 8, obis: clock.obis, id: 4 }), 'apdu-der-get-status');
  same(set({ ...clock, id: 2 }, time), 'apdu-der-set-clock-gmt');
  same(action({ ...clock, id: 6 }, { type: 'long', value: 30 }), 'apdu-der-clock-shift-plus-30');
  same(read(0x0160), 'apdu-sn-read-clock');
  same(write(0x0160, { type: 'octet-string', octets: fromHex('07EA0B15FF1022073F000000')! }), 'apdu-sn-write-clock');
  same(releaseRequest(), 'apdu-u9n-rlrq');
  same(initiateRequest({ maxReceivePduSize: 1200 }), 'apdu-u9n-initiate-req');
  same(aarq({ contextName: 'SN' }), 'hdlc-cap-cpp-sn-03');
  same(
    aarq({ authentication: { level: 'lls', password: fromHex('3132333435363738')! }, initiate: initiateRequest({ maxReceivePduSize: 1200 }) }),
    'apdu-u9n-aarq-lls',
  );
  same(aarq({ authentication: { level: 'hls', mechanism: 2, challenge: fromHex('3132333435363738')! } }), 'apdu-u9n-aarq-hls2');
});
