import test from 'ava';
import { type LinkCommand, toHex } from '../../../../workers/codec/common/index.ts';
import { type HdlcClientEvent, HdlcClientLink, type HdlcClientOptions } from '../../../../workers/codec/hdlc/index.ts';
import { draw, type Seen, Side } from './bench-side.ts';
import { octetsOf } from './vectors.ts';

type ClientSide = Side<LinkCommand, HdlcClientEvent>;

const closed = (options?: HdlcClientOptions): ClientSide => new Side(new HdlcClientLink(options), 'server');

function opened(options?: HdlcClientOptions, ua = 'UA P'): ClientSide {
  const side = closed(options);
  side.do({ type: 'open' });
  side.hear(ua);
  return side;
}

const request = (hex: string, volatile = false): LinkCommand => ({ type: 'request', payload: octetsOf(hex), volatile });
const fresh = (hex: string): LinkCommand => ({ type: 'fresh', payload: octetsOf(hex) });
const told = ({ events }: Seen<HdlcClientEvent>): string[] =>
  events.map((event) => {
    if (event.type === 'reply') return `reply ${toHex(event.payload)}${event.repeated ? ' repeated' : ''}`;
    if (event.type === 'unsolicited') return `unsolicited ${event.frame} ${toHex(event.payload)}`;
    if (event.type === 'failed' || event.type === 'unknown-outcome') return `${event.type} ${event.reason}`;
    return event.type === 'repeated' ? `repeated ${event.attempt}` : event.type;
  });
/** UA with sizes of `info` and windows of `window` both ways. */
const ua = (info: number, window: number): string => {
  const hex = (value: number) => value.toString(16).padStart(2, '0').toUpperCase();
  return `UA P 81800C0501${hex(info)}0601${hex(info)}0701${hex(window)}0801${hex(window)}`;
};
const SMALL = { parameters: { maxInfoTransmit: 5, maxInfoReceive: 5 } };
const WIDE = { parameters: { maxInfoTransmit: 5, maxInfoReceive: 5, windowTransmit: 3, windowReceive: 3 } };

test('opening sends SNRM without parameters when all are the defaults', (t) => {
  const side = closed();
  t.deepEqual(side.do({ type: 'open' }).sent, ['SNRM P']);
  t.deepEqual(told(side.hear('UA P')), ['opened']);
});

test('opening sends the parameters that are proposed, in the widths that are asked', (t) => {
  const side = closed({ parameters: { maxInfoReceive: 500 }, widths: { window: 1 } });
  t.deepEqual(side.do({ type: 'open' }).sent, ['SNRM P 81800D050180060201F4070101080101']);
  t.deepEqual(closed({ sendParameters: 'always' }).do({ type: 'open' }).sent, ['SNRM P 818012050180060180070400000001080400000001']);
});

test('what the UA transmits limits what is received, and the reverse', (t) => {
  const side = opened(
    { parameters: { maxInfoTransmit: 200, maxInfoReceive: 100, windowTransmit: 7, windowReceive: 2 } },
    'UA P 81800C05015006017807010108010A',
  );
  t.deepEqual((side.link as HdlcClientLink).agreement, { sendOctets: 120, sendWindow: 7, takeOctets: 80, takeWindow: 1 });
});

test('a UA without parameters means 128 octets and windows of one', (t) => {
  const side = opened({ parameters: { maxInfoTransmit: 200, maxInfoReceive: 200, windowTransmit: 7, windowReceive: 7 } });
  t.deepEqual((side.link as HdlcClientLink).agreement, { sendOctets: 128, sendWindow: 1, takeOctets: 128, takeWindow: 1 });
});

test('SNRM is sent again after silence, up to the retries, then the link fails', (t) => {
  const side = closed({ retries: 2, responseTimeoutMs: 1000 });
  t.is(side.do({ type: 'open' }).deadlineMs, 1000);
  t.deepEqual(side.wait().sent, ['SNRM P']);
  t.deepEqual(told(side.wait()), ['repeated 2']);
  t.deepEqual(told(side.wait()), ['failed no-reply']);
  t.is(side.wait(0).deadlineMs, null);
});

test('DM refuses the opening', (t) => {
  const side = closed();
  side.do({ type: 'open' });
  t.deepEqual(told(side.hear('DM P')), ['failed refused']);
});

test('a UA whose parameters are broken fails the opening with the error', (t) => {
  const side = closed();
  side.do({ type: 'open' });
  const { events } = side.hear('UA P 828000');
  t.like(events[0], { type: 'failed', reason: 'protocol-error', error: { code: 'unexpected_octet' } });
});

test('a request and its reply: numbers rise, LLC is added and taken off', (t) => {
  const side = opened();
  t.deepEqual(side.do(request('C001')).sent, ['I 0 0 P E6E600C001']);
  t.deepEqual(told(side.hear('I 0 1 P E6E700C401')), ['reply C401']);
  t.deepEqual(side.do(request('C002')).sent, ['I 1 1 P E6E600C002']);
  t.deepEqual(told(side.hear('I 1 2 P E6E700C402')), ['reply C402']);
});

test('numbers go round after seven', (t) => {
  const side = opened();
  for (let turn = 0; turn < 20; turn++) {
    t.deepEqual(side.do(request('C0')).sent, [`I ${turn % 8} ${turn % 8} P E6E600C0`]);
    t.deepEqual(told(side.hear(`I ${turn % 8} ${(turn + 1) % 8} P E6E700C4`)), ['reply C4']);
  }
});

test('a long request goes in segments, LLC in the first only, each acknowledged', (t) => {
  const side = opened(SMALL, ua(5, 1));
  t.deepEqual(side.do(request('0102030405060708')).sent, ['I+ 0 0 P E6E6000102']);
  t.deepEqual(side.hear('RR 1 P').sent, ['I+ 1 0 P 0304050607']);
  t.deepEqual(side.hear('RR 2 P').sent, ['I 2 0 P 08']);
  t.deepEqual(told(side.hear('I 0 3 P E6E700C4')), ['reply C4']);
});

test('a window of segments goes at once, P on the last of them', (t) => {
  const side = opened(WIDE, ua(5, 3));
  t.deepEqual(side.do(request('0102030405060708090A0B0C0D0E0F1011121314')).sent, ['I+ 0 0 E6E6000102', 'I+ 1 0 0304050607', 'I+ 2 0 P 08090A0B0C']);
  t.deepEqual(side.hear('RR 3 P').sent, ['I+ 3 0 0D0E0F1011', 'I 4 0 P 121314']);
});

test('a long reply is acknowledged by RR a window, and put together', (t) => {
  const side = opened(WIDE, ua(5, 3));
  side.do(request('C0'));
  t.deepEqual(side.hear('I+ 0 1 E6E7000102').sent, []);
  t.deepEqual(side.hear('I+ 1 1 0304', 'I+ 2 1 P 05').sent, ['RR 3 P']);
  t.deepEqual(told(side.hear('I 3 1 P 06')), ['reply 010203040506']);
});

test('a window that came whole is acknowledged though no frame of it had F', (t) => {
  const side = opened(WIDE, ua(5, 3));
  side.do(request('C0'));
  t.deepEqual(side.hear('I+ 0 1 01', 'I+ 1 1 02', 'I+ 2 1 03').sent, ['RR 3 P']);
});

test('a frame that was lost in a window of the reply is asked for again', (t) => {
  const side = opened(WIDE, ua(5, 3));
  side.do(request('C0'));
  const seen = side.hear('I+ 0 1 01', 'I+ 2 1 P 03');
  t.deepEqual(seen.sent, ['RR 1 P']);
  t.deepEqual(told(side.hear('I+ 1 1 02', 'I+ 2 1 03', 'I 3 1 P 04')), ['reply 01020304 repeated']);
});

test('after silence the same frame goes again, and the reply says so', (t) => {
  const side = opened();
  side.do(request('C0'));
  const seen = side.wait();
  t.deepEqual(seen.sent, ['I 0 0 P E6E600C0']);
  t.deepEqual(told(seen), ['repeated 1']);
  t.deepEqual(told(side.hear('I 0 1 P C4')), ['reply C4 repeated']);
});

test('only the segments that were not taken go again', (t) => {
  const side = opened(WIDE, ua(5, 3));
  side.do(request('01020304050607080910'));
  t.deepEqual(side.hear('RR 1 P').sent, ['I+ 1 0 0304050607', 'I 2 0 P 080910']);
});

test('silence through all retries gives the link up', (t) => {
  const side = opened({ retries: 1 });
  side.do(request('C0'));
  side.wait();
  t.deepEqual(told(side.wait()), ['failed no-reply']);
  t.deepEqual(told(side.do(request('C0'))), ['failed not-open']);
});

test('a server that took the request and has no answer yet is polled', (t) => {
  const side = opened({ pollIntervalMs: 300 });
  side.do(request('C0'));
  const seen = side.hear('RR 1 P');
  t.deepEqual([seen.sent, seen.deadlineMs], [[], 300]);
  t.deepEqual(side.wait().sent, ['RR 0 P']);
  t.deepEqual(told(side.hear('I 0 1 P C4')), ['reply C4']);
});

test('a server without an answer is polled for so long and no longer', (t) => {
  const side = opened({ pollIntervalMs: 300, busyTimeoutMs: 1000 });
  side.do(request('C0'));
  let seen = side.hear('RR 1 P');
  for (let turn = 0; turn < 3; turn++) {
    side.wait();
    seen = side.hear('RR 1 P');
  }
  seen = side.wait();
  t.deepEqual(told(seen), ['failed no-reply']);
});

test('a busy server is polled, and gets the request when it is ready', (t) => {
  const side = opened();
  side.do(request('C0'));
  t.deepEqual(side.hear('RNR 0 P').sent, []);
  t.deepEqual(side.wait().sent, ['RR 0 P']);
  t.deepEqual(side.hear('RNR 0 P').sent, []);
  t.deepEqual(side.wait().sent, ['RR 0 P']);
  t.deepEqual(side.hear('RR 0 P').sent, ['I 0 0 P E6E600C0']);
  t.deepEqual(told(side.hear('I 0 1 P C4')), ['reply C4 repeated']);
});

test('a server that stays busy fails the link', (t) => {
  const side = opened({ pollIntervalMs: 500, busyTimeoutMs: 500 });
  side.do(request('C0'));
  side.hear('RNR 0 P');
  t.deepEqual(told(side.wait()), ['failed busy']);
});

test('DM and FRMR end the link', (t) => {
  const left = opened();
  t.deepEqual(told(left.hear('DM P')), ['failed disconnected']);
  const rejected = opened();
  rejected.do(request('C0'));
  const { events } = rejected.hear('FRMR P 100001');
  t.like(events[0], { type: 'failed', reason: 'frame-reject', error: { rule: 'control: not rejected by the peer (unknownControl)', got: '10' } });
  t.deepEqual(rejected.do({ type: 'open' }).sent, ['SNRM P']);
});

test('an acknowledgement of what was never sent is a protocol error', (t) => {
  const side = opened();
  side.do(request('C0'));
  t.deepEqual(told(side.hear('RR 3 P')), ['failed protocol-error']);
});

test('a frame with a wrong check is dropped without a word', (t) => {
  const side = opened();
  side.do(request('C0'));
  const broken = draw('I 0 1 P C4', 'server');
  broken[8]! ^= 1;
  const seen = side.octets(broken);
  t.deepEqual([seen.sent, seen.events], [[], []]);
  t.deepEqual(side.wait().sent, ['I 0 0 P E6E600C0']);
});

test('frames of and to other stations are dropped', (t) => {
  const side = opened();
  side.do(request('C0'));
  const seen = side.octets(draw('I 0 1 P C4', 'client'));
  t.deepEqual([seen.sent, seen.events], [[], []]);
});

test('a duplicate is acknowledged and dropped, without P while nothing is asked', (t) => {
  const side = opened();
  side.do(request('C0'));
  side.hear('I 0 1 P C4');
  const seen = side.hear('I 0 1 P C4');
  t.deepEqual([seen.sent, seen.events], [['RR 1'], []]);
  t.deepEqual(side.do(request('C1')).sent, ['I 1 1 P E6E600C1']);
  const again = side.hear('I 0 1 P C4');
  t.deepEqual([again.sent, again.events], [[], []]);
});

test('an RR that takes nothing of a single frame is no reason to send it again', (t) => {
  const side = opened();
  side.do(request('C0'));
  t.deepEqual(side.hear('RR 0 P').sent, []);
});

test('a window of which nothing was taken goes again at once, and then only after a silence', (t) => {
  const side = opened(WIDE, ua(5, 3));
  side.do(request('010203'));
  t.is(side.hear('RR 0 P').sent.length, 2);
  t.deepEqual(side.hear('RR 0 P').sent, []);
  t.is(side.wait().sent.length, 2);
});

test('UI is handed up without LLC', (t) => {
  t.deepEqual(told(opened().hear('UI E6E7000F')), ['unsolicited UI 0F']);
});

test('an I frame that nothing asked for is acknowledged and handed up', (t) => {
  const seen = opened().hear('I 0 0 P E6E7000F');
  t.deepEqual([seen.sent, told(seen)], [['RR 1'], ['unsolicited I 0F']]);
});

test('closing sends DISC and ends with UA or DM', (t) => {
  for (const answer of ['UA P', 'DM P']) {
    const side = opened();
    t.deepEqual(side.do({ type: 'close' }).sent, ['DISC P']);
    t.deepEqual(told(side.hear(answer)), ['closed']);
  }
});

test('DISC is sent again, and the link is closed though no answer comes', (t) => {
  const side = opened({ retries: 1 });
  side.do({ type: 'close' });
  t.deepEqual(side.wait().sent, ['DISC P']);
  t.deepEqual(told(side.wait()), ['closed']);
});

test('commands at a wrong moment are refused and change nothing', (t) => {
  const side = closed({ maxMessage: 10 });
  t.deepEqual(told(side.do(request('C0'))), ['failed not-open']);
  t.deepEqual(told(side.do({ type: 'close' })), ['closed']);
  side.do({ type: 'open' });
  t.deepEqual(told(side.do({ type: 'open' })), ['failed busy']);
  side.hear('UA P');
  t.deepEqual(told(side.do(fresh('C0'))), ['failed busy']);
  t.deepEqual(told(side.do(request('0102030405060708'))), ['failed too-large']);
  side.do(request('C0'));
  t.deepEqual(told(side.do(request('C1'))), ['failed busy']);
  t.deepEqual(told(side.hear('I 0 1 P C4')), ['reply C4']);
});

test('a reply beyond maxMessage fails the link', (t) => {
  const side = opened({ maxMessage: 10 });
  side.do(request('C0'));
  side.hear('I+ 0 1 P 010203040506');
  t.deepEqual(told(side.hear('I+ 1 1 P 010203040506')), ['failed too-large']);
});

test('a frame with a silence inside is given up, and the next one is taken', (t) => {
  const side = opened({ interOctetMs: 100 });
  side.do(request('C0'));
  const frame = draw('I 0 1 P C4', 'server');
  t.is(side.octets(frame.subarray(0, 8)).deadlineMs, 100);
  side.nowMs += 150;
  t.deepEqual(told(side.octets(frame)), ['reply C4']);
});

test('a reply that is coming in puts off the timeout, but not for ever', (t) => {
  const side = opened({ interOctetMs: 2000, responseTimeoutMs: 5000 });
  side.do(request('C0'));
  const frame = draw(`I 0 1 P ${'C4'.repeat(50)}`, 'server');
  side.nowMs = 4999;
  side.octets(frame.subarray(0, 8));
  const late = side.wait(500);
  t.deepEqual([late.sent, late.deadlineMs], [[], 6999]);
  let at = 8;
  for (; side.nowMs < 9000; at++) {
    side.nowMs += 1500;
    side.octets(frame.subarray(at, at + 1));
  }
  t.deepEqual(side.wait().sent, ['I 0 0 P E6E600C0']);
});

test('configured values that no frame can carry fail the opening', (t) => {
  t.deepEqual(told(closed({ client: 200 }).do({ type: 'open' })), ['failed protocol-error']);
  t.deepEqual(told(closed({ parameters: { maxInfoReceive: 0 } }).do({ type: 'open' })), ['failed protocol-error']);
});

// Volatile requests

test('volatile: silence asks by RR, and never sends the payload again', (t) => {
  const side = opened();
  t.deepEqual(side.do(request('C1', true)).sent, ['I 0 0 P E6E600C1']);
  t.deepEqual(side.wait().sent, ['RR 0 P']);
  t.deepEqual(side.wait().sent, ['RR 0 P']);
});

test('volatile: not taken, so a fresh payload goes under the same number', (t) => {
  const side = opened();
  side.do(request('C1', true));
  side.wait();
  t.deepEqual(told(side.hear('RR 0 P')), ['fresh-payload-wanted']);
  t.is(side.wait(0).deadlineMs, null);
  t.deepEqual(side.do(fresh('C2')).sent, ['I 0 0 P E6E600C2']);
  t.deepEqual(told(side.hear('I 0 1 P C5')), ['reply C5']);
});

test('volatile: the fresh payload is volatile too', (t) => {
  const side = opened();
  side.do(request('C1', true));
  side.wait();
  side.hear('RR 0 P');
  side.do(fresh('C2'));
  t.deepEqual(side.wait().sent, ['RR 0 P']);
  t.deepEqual(told(side.hear('RR 0 P')), ['fresh-payload-wanted']);
});

test('volatile: taken, so the answer is awaited', (t) => {
  const side = opened();
  side.do(request('C1', true));
  side.wait();
  t.deepEqual(side.hear('RR 1 P').sent, []);
  t.deepEqual(side.wait().sent, ['RR 0 P']);
  t.deepEqual(told(side.hear('I 0 1 P C5')), ['reply C5 repeated']);
});

test('volatile: the answer itself may come to the question', (t) => {
  const side = opened();
  side.do(request('C1', true));
  side.wait();
  t.deepEqual(told(side.hear('I 0 1 P C5')), ['reply C5 repeated']);
});

test('volatile: nothing heard at all leaves the outcome unknown', (t) => {
  const side = opened({ retries: 2 });
  side.do(request('C1', true));
  side.wait();
  side.wait();
  t.deepEqual(told(side.wait()), ['unknown-outcome no-reply', 'failed no-reply']);
});

test('volatile: a link that ends under it leaves the outcome unknown', (t) => {
  const ends: [string, string[]][] = [
    ['DM P', ['unknown-outcome disconnected', 'failed disconnected']],
    ['FRMR P', ['unknown-outcome frame-reject', 'failed frame-reject']],
  ];
  for (const [frame, events] of ends) {
    const side = opened();
    side.do(request('C1', true));
    t.deepEqual(told(side.hear(frame)), events);
  }
  const side = opened();
  side.do(request('C1', true));
  t.deepEqual(told(side.do({ type: 'close' })), ['unknown-outcome disconnected']);
});

test('volatile: not taken and closed is no unknown outcome', (t) => {
  const side = opened();
  side.do(request('C1', true));
  side.wait();
  side.hear('RR 0 P');
  t.deepEqual(told(side.do({ type: 'close' })), []);
});

test('volatile: a busy server is asked, and a fresh payload is wanted when it is ready', (t) => {
  const side = opened();
  side.do(request('C1', true));
  side.hear('RNR 0 P');
  t.deepEqual(side.wait().sent, ['RR 0 P']);
  t.deepEqual(told(side.hear('RR 0 P')), ['fresh-payload-wanted']);
});

test('volatile: an RR that nothing asked for is not believed', (t) => {
  const side = opened();
  side.do(request('C1', true));
  const seen = side.hear('RR 0 P');
  t.deepEqual([seen.sent, seen.events], [[], []]);
});

test('volatile in segments: nothing taken, so all of it is wanted fresh', (t) => {
  const side = opened(WIDE, ua(5, 3));
  t.is(side.do(request('0102030405060708', true)).sent.length, 3);
  t.deepEqual(side.wait().sent, ['RR 0 P']);
  t.deepEqual(told(side.hear('RR 0 P')), ['fresh-payload-wanted']);
  t.deepEqual(side.do(fresh('0A')).sent, ['I 0 0 P E6E6000A']);
});

test('volatile in segments: a part taken gives the link up, for nothing of it goes again', (t) => {
  const side = opened(WIDE, ua(5, 3));
  side.do(request('0102030405060708', true));
  const seen = side.hear('RR 1 P');
  t.deepEqual([seen.sent, told(seen)], [[], ['failed volatile-not-repeated']]);
  const asked = opened(SMALL, ua(5, 1));
  asked.do(request('0102030405060708', true));
  asked.hear('RR 1 P');
  asked.wait();
  t.deepEqual(told(asked.hear('RR 1 P')), ['failed volatile-not-repeated']);
});

test('volatile in segments: each goes once while they are acknowledged', (t) => {
  const side = opened(SMALL, ua(5, 1));
  side.do(request('0102030405', true));
  t.deepEqual(side.hear('RR 1 P').sent, ['I 1 0 P 030405']);
  t.deepEqual(told(side.hear('I 0 2 P C5')), ['reply C5']);
});
