import test from 'ava';
import { TelnetCodec, type TelnetEvent } from '../../../../actors/line/rfc2217/codec.ts';

const hex = (octets: Uint8Array): string => Buffer.from(octets).toString('hex').toUpperCase();
const bytes = (text: string): Uint8Array => Buffer.from(text.replaceAll(' ', ''), 'hex');
const data = (events: readonly TelnetEvent[]): string => hex(Buffer.concat(events.map((event) => (event.type === 'data' ? event.octets : new Uint8Array()))));

/** Both sides agreed to binary. */
function binary(): TelnetCodec {
  const codec = new TelnetCodec();
  codec.start();
  codec.decode(bytes('FFFD00 FFFB00'));
  return codec;
}

test('it opens with offers of binary, go-ahead and COM-PORT, and asks the server for the first two', (t) => {
  t.is(hex(new TelnetCodec().start()), 'FFFB00FFFB03FFFB2CFFFD00FFFD03');
});

test('FF is doubled both ways', (t) => {
  const codec = binary();
  t.is(hex(codec.encode(bytes('01FF02FFFF'))), '01FFFF02FFFFFFFF');
  t.is(data(codec.decode(bytes('01FFFF02FFFFFFFF')).events), '01FF02FFFF');
});

test('what is cut anywhere is put together again', (t) => {
  const codec = binary();
  const stream = bytes('01 FFFF FFFA2C6BFFFFFFF0 02 FFF1 03');
  const events = [...stream].flatMap((octet) => [...codec.decode(Uint8Array.of(octet)).events]);
  t.is(data(events), '01FF0203');
  t.deepEqual(
    events.find((event) => event.type === 'com'),
    { type: 'com', command: 107, value: Uint8Array.of(0xff) },
  );
});

test('commands double FF inside too', (t) => {
  t.is(hex(new TelnetCodec().command(1, [0, 0, 0xff, 0x80])), 'FFFA2C010000FFFF80FFF0');
});

test('in binary a CR stands alone and NUL is data', (t) => {
  const codec = binary();
  t.is(hex(codec.encode(bytes('0D000D0A'))), '0D000D0A');
  t.is(data(codec.decode(bytes('0D000D0A')).events), '0D000D0A');
});

test('without binary a NUL follows CR, and is taken off', (t) => {
  const codec = new TelnetCodec();
  codec.start();
  codec.decode(bytes('FFFE00 FFFC00'));
  t.is(hex(codec.encode(bytes('410D42'))), '410D0042');
  t.is(data(codec.decode(bytes('410D00420042')).events), '410D420042');
});

test('answers to offers are not answered', (t) => {
  const codec = new TelnetCodec();
  codec.start();
  t.deepEqual(codec.decode(bytes('FFFD00 FFFD03 FFFD2C FFFB00 FFFB03')).send, []);
});

test('the consent to COM-PORT is told, and its refusal', (t) => {
  for (const [octets, agreed] of [
    ['FFFD2C', true],
    ['FFFE2C', false],
  ] as const) {
    const codec = new TelnetCodec();
    codec.start();
    t.deepEqual(codec.decode(bytes(octets)).events, [{ type: 'com-port', agreed }]);
  }
});

test('options that we do not know are refused, once each', (t) => {
  const codec = binary();
  t.deepEqual(codec.decode(bytes('FFFB01 FFFD18')).send.map(hex), ['FFFE01', 'FFFC18']);
  t.deepEqual(codec.decode(bytes('FFFC01 FFFE18')).send, []);
});

test('a subnegotiation without end is bounded, and the next is understood', (t) => {
  const codec = binary();
  codec.decode(bytes(`FFFA2C${'00'.repeat(100_000)}`));
  const { events } = codec.decode(bytes('FFF0 FFFA2C6580FFF0'));
  t.deepEqual(events.at(-1), { type: 'com', command: 101, value: Uint8Array.of(0x80) });
});
