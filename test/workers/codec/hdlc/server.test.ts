import test from 'ava';
import { must, toHex } from '../../../../workers/codec/common/index.ts';
import {
  clientAddress,
  encodeHdlcFrame,
  type HdlcServerCommand,
  type HdlcServerEvent,
  HdlcServerLink,
  type HdlcServerOptions,
  serverAddress,
} from '../../../../workers/codec/hdlc/index.ts';
import { CLIENT, draw, type Seen, Side } from './bench-side.ts';
import { octetsOf } from './vectors.ts';

type ServerSide = Side<HdlcServerCommand, HdlcServerEvent>;

const meter = (options?: HdlcServerOptions): ServerSide => new Side(new HdlcServerLink(options), 'client');

function connected(options?: HdlcServerOptions, snrm = 'SNRM P'): ServerSide {
  const side = meter(options);
  side.hear(snrm);
  return side;
}

const reply = (hex: string): HdlcServerCommand => ({ type: 'reply', payload: octetsOf(hex) });
const told = ({ events }: Seen<HdlcServerEvent>): string[] =>
  events.map((event) => {
    if (event.type === 'request') return `request ${toHex(event.payload)}`;
    if (event.type === 'unsolicited') return `unsolicited ${toHex(event.payload)}${event.broadcast ? ' to all' : ''}`;
    if (event.type === 'connected') return `connected ${event.client}`;
    return `${event.type} ${event.reason}`;
  });
const SMALL = { parameters: { maxInfoTransmit: 5, maxInfoReceive: 5 } };
const WIDE = { parameters: { maxInfoTransmit: 5, maxInfoReceive: 5, windowTransmit: 3, windowReceive: 3 } };
const WIDE_SNRM = 'SNRM P 81800C050105060105070103080103';

test('SNRM is answered by UA with the parameters', (t) => {
  const seen = meter().hear('SNRM P');
  t.deepEqual(seen.sent, ['UA P 818012050180060180070400000001080400000001']);
  t.deepEqual(told(seen), ['connected 16']);
});

test('the UA names no more than the client takes and sends', (t) => {
  const side = meter({ parameters: { maxInfoTransmit: 250, maxInfoReceive: 200, windowTransmit: 5, windowReceive: 7 }, widths: { window: 1 } });
  const seen = side.hear('SNRM P 81800C0501640601C8070102080103');
  t.deepEqual(seen.sent, ['UA P 81800C0501C8060164070103080102']);
  t.like(seen.events[0], { agreement: { sendOctets: 200, sendWindow: 3, takeOctets: 100, takeWindow: 2 } });
});

test('a client that is not allowed gets DM', (t) => {
  t.deepEqual(meter({ clients: [32] }).hear('SNRM P').sent, ['DM P']);
});

test('without a link, whatever polls gets DM', (t) => {
  const side = meter();
  for (const frame of ['DISC P', 'I 0 0 P C0', 'RR 0 P']) t.deepEqual(side.hear(frame).sent, ['DM P']);
  t.deepEqual(side.hear('RR 0').sent, []);
});

test('DISC is answered by UA, with the parameters where the meter does so', (t) => {
  const seen = connected().hear('DISC P');
  t.deepEqual([seen.sent, told(seen)], [['UA P'], ['disconnected disc']]);
  t.deepEqual(connected({ discParameters: true }).hear('DISC P').sent, ['UA P 818012050180060180070400000001080400000001']);
});

test('a request is handed up without LLC, and its reply has one', (t) => {
  const side = connected();
  const seen = side.hear('I 0 0 P E6E600C001');
  t.deepEqual([seen.sent, told(seen)], [[], ['request C001']]);
  t.deepEqual(side.do(reply('C401')).sent, ['I 0 1 P E6E700C401']);
});

test('a long reply goes in segments, one window a poll', (t) => {
  const side = connected(SMALL, 'SNRM P 81800C050105060105070101080101');
  side.hear('I 0 0 P E6E600C0');
  t.deepEqual(side.do(reply('0102030405060708')).sent, ['I+ 0 1 P E6E7000102']);
  t.deepEqual(side.hear('RR 1 P').sent, ['I+ 1 1 P 0304050607']);
  t.deepEqual(side.hear('RR 2 P').sent, ['I 2 1 P 08']);
});

test('segmentOctets cuts replies shorter than agreed', (t) => {
  const side = connected({ segmentOctets: 4 });
  side.hear('I 0 0 P C0');
  t.deepEqual(side.do(reply('0102')).sent, ['I+ 0 1 P E6E70001']);
});

test('a window of segments goes at once, F on the last of them', (t) => {
  const side = connected(WIDE, WIDE_SNRM);
  side.hear('I 0 0 P C0');
  t.deepEqual(side.do(reply('0102030405060708090A0B0C0D0E0F')).sent, ['I+ 0 1 E6E7000102', 'I+ 1 1 0304050607', 'I+ 2 1 P 08090A0B0C']);
  t.deepEqual(side.hear('RR 1 P').sent, ['I+ 1 1 0304050607', 'I+ 2 1 08090A0B0C', 'I 3 1 P 0D0E0F']);
});

test('a request in segments is acknowledged by RR a window, and handed up once', (t) => {
  const side = connected(WIDE, WIDE_SNRM);
  const seen = side.hear('I+ 0 0 E6E6000102', 'I+ 1 0 03', 'I+ 2 0 P 04');
  t.deepEqual([seen.sent, told(seen)], [['RR 3 P'], []]);
  t.deepEqual(told(side.hear('I 3 0 P 05')), ['request 0102030405']);
});

test('a frame behind a gap is not taken, and the RR says which is awaited', (t) => {
  const side = connected(WIDE, WIDE_SNRM);
  t.deepEqual(side.hear('I+ 0 0 01', 'I 2 0 P 03').sent, ['RR 1 P']);
});

test('a duplicate is acknowledged and dropped; the reply that was not acknowledged goes again', (t) => {
  const side = connected();
  side.hear('I 0 0 P C0');
  const early = side.hear('I 0 0 P C0');
  t.deepEqual([early.sent, told(early)], [['RR 1 P'], []]);
  t.deepEqual(side.do(reply('C4')).sent, []);
  t.deepEqual(side.hear('RR 0 P').sent, ['I 0 1 P E6E700C4']);
  const late = side.hear('I 0 0 P C0');
  t.deepEqual([late.sent, told(late)], [['I 0 1 P E6E700C4'], []]);
  t.deepEqual(side.hear('RR 1 P').sent, ['RR 1 P']);
});

test('a reply waits for the next poll when the turn was given back', (t) => {
  const side = connected();
  side.hear('I 0 0 P C0');
  t.deepEqual(side.hear('RR 0 P').sent, ['RR 1 P']);
  t.deepEqual(side.do(reply('C4')).sent, []);
  t.deepEqual(side.hear('RR 0 P').sent, ['I 0 1 P E6E700C4']);
});

test('a busy meter takes nothing and answers RNR', (t) => {
  const side = connected();
  side.do({ type: 'busy', on: true });
  const seen = side.hear('I 0 0 P C0');
  t.deepEqual([seen.sent, told(seen)], [['RNR 0 P'], []]);
  t.deepEqual(side.hear('RR 0 P').sent, ['RNR 0 P']);
  side.do({ type: 'busy', on: false });
  t.deepEqual(side.hear('RR 0 P').sent, ['RR 0 P']);
});

test('a client that is not ready gets no I frames', (t) => {
  const side = connected();
  side.hear('I 0 0 P C0');
  side.hear('RR 0 P');
  side.do(reply('C4'));
  t.deepEqual(side.hear('RNR 0 P').sent, ['RR 1 P']);
});

test('frames that break the rules get FRMR until SNRM', (t) => {
  const bad: [string, string][] = [
    ['I 0 3 P C0', 'FRMR P 700008'],
    [`I 0 0 P ${'C0'.repeat(129)}`, 'FRMR P 100004'],
  ];
  for (const [frame, answer] of bad) {
    const side = connected();
    t.deepEqual(side.hear(frame).sent, [answer]);
    t.deepEqual(side.hear('RR 0 P').sent, [answer]);
    t.is(side.hear('SNRM P').sent.length, 1);
    t.deepEqual(told(side.hear('I 0 0 P C0')), ['request C0']);
  }
  t.deepEqual(connected().hear('RR 0 P 01').sent, ['FRMR P 110002']);
});

test('FRMR of the client ends the link', (t) => {
  t.deepEqual(told(connected().hear('FRMR P')), ['disconnected frame-reject']);
});

test('SNRM opens a link anew: numbers begin at 0 and what waited is forgotten', (t) => {
  const side = connected();
  side.hear('I 0 0 P C0');
  side.do(reply('C4'));
  side.hear('SNRM P');
  t.deepEqual(told(side.hear('I 0 0 P C1')), ['request C1']);
  t.deepEqual(side.do(reply('C5')).sent, ['I 0 1 P E6E700C5']);
});

test('a silent client loses its link', (t) => {
  const side = connected({ inactivityMs: 1000 });
  t.is(side.wait(500).deadlineMs, 1000);
  side.hear('RR 0 P');
  t.deepEqual(told(side.wait()), ['disconnected inactive']);
  t.is(side.nowMs, 1500);
  t.deepEqual(side.hear('RR 0 P').sent, ['DM P']);
});

test('a meter that drops the link answers the next poll by DM', (t) => {
  const side = connected();
  t.deepEqual(told(side.do({ type: 'disconnect' })), ['disconnected command']);
  t.deepEqual(side.hear('I 0 0 P C0').sent, ['DM P']);
});

test('a reply without a link, or a too long one, is refused', (t) => {
  t.deepEqual(told(meter().do(reply('C4'))), ['failed not-open']);
  t.deepEqual(told(connected({ maxMessage: 4 }).do(reply('C401'))), ['failed too-large']);
});

test('UI is handed up and not answered, also when it is for all stations', (t) => {
  const side = meter({ server: serverAddress(1, 17) });
  const ui = (destination: ReturnType<typeof serverAddress>) =>
    side.octets(must(encodeHdlcFrame({ type: 'UI', destination, source: CLIENT, pf: true, information: octetsOf('E6E6000F') })));
  t.deepEqual(told(ui(serverAddress(1, 17))), ['unsolicited 0F']);
  t.deepEqual(told(ui(serverAddress(0x7f, 0x7f, 2))), ['unsolicited 0F to all']);
  t.deepEqual(ui(serverAddress(2, 17)).events, []);
});

test('only UI is taken from a frame for all stations', (t) => {
  const side = meter();
  const snrm = must(encodeHdlcFrame({ type: 'SNRM', destination: clientAddress(0x7f), source: CLIENT, pf: true }));
  t.deepEqual(side.octets(snrm).sent, []);
});

test('another client gets DM while a link is open, and takes the meter over by SNRM', (t) => {
  const side = connected();
  const from = (type: 'RR' | 'SNRM') => {
    const head = { destination: serverAddress(1), source: clientAddress(32), pf: true };
    return side.octets(must(encodeHdlcFrame(type === 'RR' ? { ...head, type, nr: 0 } : { ...head, type })));
  };
  t.deepEqual(from('RR').sent, ['DM P']);
  t.deepEqual(told(from('SNRM')), ['connected 32']);
});

test('a damaged frame is dropped without a word', (t) => {
  const side = connected();
  const broken = draw('I 0 0 P C0', 'client');
  broken[9]! ^= 0x40;
  const seen = side.octets(broken);
  t.deepEqual([seen.sent, seen.events], [[], []]);
});
