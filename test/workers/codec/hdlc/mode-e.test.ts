import test from 'ava';
import { type LinkCommand, type LinkMachine, type LinkStep, toHex } from '../../../../workers/codec/common/index.ts';
import {
  type HdlcServerCommand,
  ModeEClient,
  type ModeEClientEvent,
  type ModeEClientOptions,
  ModeEServer,
  type ModeEServerEvent,
  type ModeEServerOptions,
} from '../../../../workers/codec/hdlc/index.ts';
import { octetsOf } from './vectors.ts';

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (octets: Uint8Array): string => new TextDecoder('latin1').decode(octets);
const IDENT = '/LGZ5\\2ZMD3104\r\n';
const METER: ModeEServerOptions = { identification: { manufacturer: 'LGZ', baudChar: '5', enhanced: ['2'], identification: 'ZMD3104' } };
const SIGN_ON = { type: 'line', baud: 300, dataBits: 7, parity: 'even' } as const;
const HDLC = { type: 'line', baud: 9600, dataBits: 8, parity: 'none' } as const;
const SNRM = '7EA0070321930F017E';

class Clocked<Command, Event> {
  nowMs = 0;
  readonly machine: LinkMachine<Command, Event>;
  constructor(machine: LinkMachine<Command, Event>) {
    this.machine = machine;
  }
  do = (command: Command): LinkStep<Event> => this.machine.step({ type: 'command', command }, this.nowMs);
  hear = (octets: Uint8Array): LinkStep<Event> => this.machine.step({ type: 'octets', octets }, this.nowMs);
  wait(): LinkStep<Event> {
    this.nowMs = this.machine.step({ type: 'time' }, this.nowMs).deadlineMs ?? this.nowMs;
    return this.machine.step({ type: 'time' }, this.nowMs);
  }
}

const client = (options?: ModeEClientOptions) => new Clocked<LinkCommand, ModeEClientEvent>(new ModeEClient(options));
const meter = (options: ModeEServerOptions = METER) => new Clocked<HdlcServerCommand, ModeEServerEvent>(new ModeEServer(options));
const types = (step: LinkStep<{ readonly type: string }>): string[] => step.events.map(({ type }) => type);

test('the client asks at 300 7E1, selects HDLC at the speed of the meter, changes the line, then sends SNRM', (t) => {
  const side = client();
  const asked = side.do({ type: 'open' });
  t.deepEqual(asked.events, [SIGN_ON]);
  t.deepEqual(asked.send.map(text), ['/?!\r\n']);
  const selected = side.hear(ascii(IDENT));
  t.deepEqual(types(selected), ['identified']);
  t.deepEqual(selected.send.map(toHex), ['063235320D0A']);
  t.is(selected.deadlineMs, 300);
  const switched = side.wait();
  t.deepEqual(switched.events, [HDLC]);
  t.deepEqual(switched.send.map(toHex), [SNRM]);
});

test('an echo, fill, and an answer an octet at a time do not hinder the sign-on', (t) => {
  const side = client({ deviceAddress: '12345678' });
  t.deepEqual(side.do({ type: 'open' }).send.map(text), ['/?12345678!\r\n']);
  const sent = [...ascii(`/?12345678!\r\n\0\x7f${IDENT}`)].flatMap((octet) => side.hear(Uint8Array.of(octet)).send);
  t.deepEqual(sent.map(toHex), ['063235320D0A']);
});

test('parity made in octets goes out in bit 7 and leaves the line at eight bits', (t) => {
  const side = client({ parity: 'octets' });
  const asked = side.do({ type: 'open' });
  t.deepEqual(asked.events, [{ ...HDLC, baud: 300 }]);
  t.deepEqual(asked.send.map(toHex), ['AF3F218D0A']);
  const ident = Uint8Array.from(ascii(IDENT), (octet) => {
    const ones = octet.toString(2).replaceAll('0', '').length;
    return ones % 2 === 0 ? octet : octet | 0x80;
  });
  t.deepEqual(side.hear(ident).send.map(toHex), ['06B235B28D0A']);
});

test('a lower speed may be asked for', (t) => {
  const side = client({ baudChar: '3' });
  side.do({ type: 'open' });
  t.deepEqual(side.hear(ascii(IDENT)).send.map(toHex), ['063233320D0A']);
  t.deepEqual(side.wait().events, [{ ...HDLC, baud: 2400 }]);
});

test('a meter that does not offer mode E refuses the link', (t) => {
  const side = client();
  side.do({ type: 'open' });
  t.deepEqual(side.hear(ascii('/LGZ5ZMD3104\r\n')).events.at(-1), { type: 'failed', reason: 'refused' });
});

test('a meter that identifies itself again has not taken the option', (t) => {
  const side = client();
  side.do({ type: 'open' });
  side.hear(ascii(IDENT));
  t.deepEqual(side.hear(ascii(IDENT)).events.at(-1), { type: 'failed', reason: 'refused' });
});

test('the request is sent again after silence, up to the retries', (t) => {
  const side = client({ signOnRetries: 1 });
  t.is(side.do({ type: 'open' }).deadlineMs, 5000);
  t.deepEqual(side.wait().send.map(text), ['/?!\r\n']);
  t.deepEqual(side.wait().events, [{ type: 'failed', reason: 'no-reply' }]);
  t.is(side.do({ type: 'open' }).send.length, 1);
});

test('commands at a wrong moment are refused, close ends the sign-on', (t) => {
  const side = client();
  t.deepEqual(side.do({ type: 'request', payload: octetsOf('C0') }).events, [{ type: 'failed', reason: 'not-open' }]);
  side.do({ type: 'open' });
  t.deepEqual(side.do({ type: 'open' }).events, [{ type: 'failed', reason: 'busy' }]);
  const ended = side.do({ type: 'close' });
  t.deepEqual([ended.events, ended.deadlineMs], [[{ type: 'closed' }], null]);
});

test('an address that no request can carry fails the sign-on', (t) => {
  const step = client({ deviceAddress: 'x'.repeat(33) }).do({ type: 'open' });
  t.like(step.events.at(-1), { type: 'failed', reason: 'protocol-error' });
  t.is(step.deadlineMs, null);
});

test('client and meter sign on, talk, and go back to 300 baud', (t) => {
  const reader = client();
  const device = meter();
  t.deepEqual((device.machine as ModeEServer).line, SIGN_ON);
  const lines: unknown[] = [];
  const pass = (step: LinkStep<ModeEClientEvent>): LinkStep<ModeEServerEvent>[] => step.send.map((octets) => device.hear(octets));
  const back = (steps: LinkStep<ModeEServerEvent>[]): LinkStep<ModeEClientEvent>[] =>
    steps.flatMap((step) => {
      lines.push(...step.events.filter(({ type }) => type === 'line'));
      return step.send.map((octets) => reader.hear(octets));
    });

  const [selected] = back(pass(reader.do({ type: 'open' })));
  back(pass(selected!));
  t.deepEqual(lines, [HDLC]);
  const [opened] = back(pass(reader.wait()));
  t.deepEqual(types(opened!), ['opened']);

  const [asked] = pass(reader.do({ type: 'request', payload: octetsOf('C001') }));
  t.deepEqual(types(asked!), ['request']);
  const [answered] = back([device.do({ type: 'reply', payload: octetsOf('C401') })]);
  t.like(answered!.events[0], { type: 'reply', repeated: false });

  device.nowMs = reader.nowMs;
  const [closed] = back(pass(reader.do({ type: 'close' })));
  t.deepEqual(types(closed!), ['closed']);
  t.deepEqual(device.wait().events, [SIGN_ON]);
  t.deepEqual(reader.do({ type: 'open' }).send.map(text), ['/?!\r\n']);
});

test('a meter answers its own address and the empty one, and no other', (t) => {
  const device = meter({ ...METER, deviceAddress: '123' });
  t.deepEqual(device.hear(ascii('/?!\r\n')).send.map(text), [IDENT]);
  t.deepEqual(device.hear(ascii('/?123!\r\n')).send.map(text), [IDENT]);
  t.deepEqual(device.hear(ascii('/?124!\r\n')).send, []);
});

test('a meter tells when the client chooses something other than HDLC', (t) => {
  const device = meter();
  device.hear(ascii('/?!\r\n'));
  t.deepEqual(types(device.hear(ascii('\x06051\r\n'))), ['other-mode']);
});

test('a meter that gets no SNRM goes back to 300 baud', (t) => {
  const device = meter({ ...METER, waitMs: 1000 });
  device.hear(ascii('/?!\r\n'));
  t.deepEqual(device.hear(ascii('\x06252\r\n')).events, [HDLC]);
  device.wait();
  t.deepEqual(device.wait().events, [SIGN_ON]);
  t.is(device.nowMs, 1300);
  t.deepEqual(device.hear(ascii('/?!\r\n')).send.map(text), [IDENT]);
});

test('a meter that gets no option select forgets the request', (t) => {
  const device = meter({ ...METER, waitMs: 1000 });
  device.hear(ascii('/?!\r\n'));
  device.wait();
  t.deepEqual(device.hear(ascii('\x06252\r\n')).events, []);
});
