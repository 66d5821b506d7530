import test from 'ava';
import { fromHex, must, mustDecode, toHex } from '../../../../workers/codec/common/index.ts';
import {
  decodeEmliteFrame,
  EmliteClient,
  type EmliteClientOptions,
  type EmliteCommand,
  type EmliteEvent,
  type EmliteHeader,
  encodeEmliteFrame,
} from '../../../../workers/codec/emlite/index.ts';

const hex = (text: string): Uint8Array => fromHex(text)!;
const SOURCE = 0x80123456;
const METER = 0x18b0;
const READ = '0180080000';
const CLOCK = '018008000013010204020F03';
const WRITE = '018008000113010204040503';
const WRITTEN = '0180080001';

const frame = (data: string, header: Partial<EmliteHeader> = {}): string =>
  toHex(must(encodeEmliteFrame({ destination: SOURCE, source: METER, sequence: 1, resultCode: 0, ...header }, hex(data))));

const nameOf = (event: EmliteEvent): string => {
  if (event.type === 'repeated') return `repeated ${event.attempt}`;
  if (event.type === 'reply') return `reply ${event.resultCode} ${toHex(event.payload)}${event.repeated ? ' repeated' : ''}`;
  return 'reason' in event ? `${event.type} ${event.reason}` : event.type;
};

function link(options: Partial<EmliteClientOptions> = {}) {
  const client = new EmliteClient({ source: SOURCE, ...options });
  const step = (input: Parameters<EmliteClient['step']>[0], now: number) => {
    const { send, events, deadlineMs } = client.step(input, now);
    return { sent: send.map((octets) => toHex(octets)), events: events.map(nameOf), deadlineMs };
  };
  const command = (value: EmliteCommand, now = 0) => step({ type: 'command', command: value }, now);
  return {
    client,
    command,
    request: (payload: string, now = 0, volatile = false) => command({ type: 'request', payload: hex(payload), volatile }, now),
    octets: (text: string, now = 0) => step({ type: 'octets', octets: hex(text) }, now),
    time: (now: number) => step({ type: 'time' }, now),
  };
}

function opened(options: Partial<EmliteClientOptions> = {}) {
  const client = link(options);
  client.command({ type: 'open' });
  return client;
}

const headerOf = (sent: readonly string[]): EmliteHeader => mustDecode(decodeEmliteFrame(hex(sent[0]!)));

test('open sends nothing and is done at once', (t) => {
  t.deepEqual(link().command({ type: 'open' }), { sent: [], events: ['opened'], deadlineMs: null });
});

test('a request goes out framed, and its reply comes back with its result', (t) => {
  const client = opened();
  const step = client.request(READ, 100);
  t.like(headerOf(step.sent), { destination: 0, source: SOURCE, sequence: 1, resultCode: 0 });
  t.is(step.deadlineMs, 10_100);
  t.deepEqual(client.octets(frame(CLOCK), 200), { sent: [], events: [`reply 0 ${CLOCK}`], deadlineMs: null });
});

test('the first reply tells the address of the meter, which is used from then on', (t) => {
  const client = opened({ gapMs: 0 });
  client.request(READ);
  client.octets(frame(CLOCK));
  t.is(client.client.destination, METER);
  t.is(headerOf(client.request(READ).sent).destination, METER);
});

test('an address that was given is used, and no other meter answers', (t) => {
  const client = opened({ destination: 5 });
  t.is(headerOf(client.request(READ).sent).destination, 5);
  t.deepEqual(client.octets(frame(CLOCK)).events, []);
  t.deepEqual(client.octets(frame(CLOCK, { source: 5 })).events, [`reply 0 ${CLOCK}`]);
});

test('the sequence counts modulo 8', (t) => {
  const client = opened({ gapMs: 0, firstSequence: 6 });
  const seen = [0, 1, 2, 3].map(() => {
    const { sequence } = headerOf(client.request(READ).sent);
    client.octets(frame(CLOCK, { sequence }));
    return sequence;
  });
  t.deepEqual(seen, [6, 7, 0, 1]);
});

for (const [what, data, header] of [
  ['another sequence', CLOCK, { sequence: 2 }],
  ['another client', CLOCK, { destination: SOURCE + 1 }],
  ['its own echo', READ, { destination: 0, source: SOURCE }],
  ['another object', '0160010000', {}],
  ['another object refused', '0160010000', { resultCode: 5 }],
  ['another format', '0370', {}],
  ['no data and no refusal', '', {}],
] as const) {
  test(`dropped: ${what}`, (t) => {
    const client = opened();
    client.request(READ);
    t.deepEqual(client.octets(frame(data, header), 10), { sent: [], events: [], deadlineMs: 10_000 });
  });
}

test('a refusal is a reply, with or without data', (t) => {
  for (const data of [READ, '', '01']) {
    const client = opened();
    client.request(READ);
    t.deepEqual(client.octets(frame(data, { resultCode: 5 })).events, [`reply 5 ${data}`]);
  }
});

test('a reply counts in single octets and behind noise', (t) => {
  const client = opened();
  client.request(READ);
  const events = [...`FF00${frame(CLOCK)}`.matchAll(/../g)].flatMap(([octet], index) => client.octets(octet, index).events);
  t.deepEqual(events, [`reply 0 ${CLOCK}`]);
});

test('a false 7E before the reply is given up after 2 s of silence', (t) => {
  const client = opened();
  client.request(READ);
  t.deepEqual(client.octets(`7EF0${frame(CLOCK)}`, 100), { sent: [], events: [], deadlineMs: 2_100 });
  t.deepEqual(client.time(2_100).events, [`reply 0 ${CLOCK}`]);
});

test('a request without a reply is repeated after 10 s and a pause of 7 s, with the same sequence', (t) => {
  const client = opened();
  const first = client.request(READ);
  t.deepEqual(client.time(10_000), { sent: [], events: [], deadlineMs: 17_000 });
  t.deepEqual(client.time(17_000), { sent: first.sent, events: ['repeated 2'], deadlineMs: 27_000 });
  t.deepEqual(client.octets(frame(CLOCK), 17_100).events, [`reply 0 ${CLOCK} repeated`]);
});

test('a late reply is taken while the link pauses before the repeat', (t) => {
  const client = opened();
  client.request(READ);
  client.time(10_000);
  t.deepEqual(client.octets(frame(CLOCK), 12_000), { sent: [], events: [`reply 0 ${CLOCK}`], deadlineMs: null });
});

test('after five repeats the link fails', (t) => {
  const client = opened();
  let step = client.request(READ);
  let sent = 0;
  while (step.deadlineMs !== null) {
    sent += step.sent.length;
    step = client.time(step.deadlineMs);
  }
  t.is(sent, 6);
  t.deepEqual(step.events, ['failed no-reply']);
  t.deepEqual(client.request(READ).events, ['failed not-open']);
});

test('a request that the meter saw damaged is repeated, and the refusal is given when no repeat is left', (t) => {
  const client = opened({ retries: 1 });
  client.request(READ);
  t.deepEqual(client.octets(frame(READ, { resultCode: 1 }), 100), { sent: [], events: [], deadlineMs: 7_100 });
  t.is(client.time(7_100).sent.length, 1);
  t.deepEqual(client.octets(frame(READ, { resultCode: 1 }), 7_200).events, [`reply 1 ${READ} repeated`]);
});

test('a volatile request is never repeated: its time over, the outcome is unknown and the link stays open', (t) => {
  const client = opened();
  t.is(client.request(WRITE, 0, true).sent.length, 1);
  t.deepEqual(client.time(10_000), { sent: [], events: ['unknown-outcome no-reply'], deadlineMs: null });
  t.is(client.request(READ, 20_000).sent.length, 1);
});

test('a volatile request that the meter saw damaged is not repeated: the refusal is given', (t) => {
  const client = opened();
  client.request(WRITE, 0, true);
  t.deepEqual(client.octets(frame(WRITTEN, { resultCode: 1 }), 10), { sent: [], events: [`reply 1 ${WRITTEN}`], deadlineMs: null });
});

test('a late reply to a volatile request does not answer the read behind it', (t) => {
  const client = opened();
  client.request(WRITE, 0, true);
  client.time(10_000);
  client.request(READ, 15_000);
  t.deepEqual(client.octets(frame(WRITTEN), 15_100).events, []);
});

test('2 s lie between a reply and the next request', (t) => {
  const client = opened();
  client.request(READ);
  client.octets(frame(CLOCK), 1_000);
  t.deepEqual(client.request(READ, 1_500), { sent: [], events: [], deadlineMs: 3_000 });
  t.is(client.time(3_000).sent.length, 1);
});

test('a volatile request that had to wait asks for a fresh payload', (t) => {
  const client = opened();
  client.request(READ);
  client.octets(frame(CLOCK), 1_000);
  client.request(WRITE, 1_500, true);
  t.deepEqual(client.time(3_000), { sent: [], events: ['fresh-payload-wanted'], deadlineMs: null });
  const { sent } = client.command({ type: 'fresh', payload: hex('018008000113010204040603') }, 3_050);
  t.is(toHex(mustDecode(decodeEmliteFrame(hex(sent[0]!))).data), '018008000113010204040603');
  t.deepEqual(client.time(13_050).events, ['unknown-outcome no-reply']);
});

test('where wanted, every transmission but the first asks for a new connection', (t) => {
  const client = opened({ newConnectionPerRequest: true, gapMs: 0 });
  t.is(client.request(READ).sent.length, 1);
  client.octets(frame(CLOCK));
  t.deepEqual(client.request(READ, 10), { sent: [], events: ['connection-wanted'], deadlineMs: null });
  t.is(client.command({ type: 'connected' }, 50).sent.length, 1);
  client.time(10_050);
  t.deepEqual(client.time(17_050).events, ['connection-wanted']);
  t.deepEqual(client.command({ type: 'connected' }, 17_100).events, ['repeated 2']);
});

test('a volatile request asks for its payload when the new connection stands', (t) => {
  const client = opened({ newConnectionPerRequest: true, gapMs: 0 });
  client.request(READ);
  client.octets(frame(CLOCK));
  t.deepEqual(client.request(WRITE, 10, true).events, ['connection-wanted']);
  t.deepEqual(client.command({ type: 'connected' }, 50), { sent: [], events: ['fresh-payload-wanted'], deadlineMs: null });
  t.is(client.command({ type: 'fresh', payload: hex(WRITE) }, 60).sent.length, 1);
});

test('the link closed while a volatile request is out: its outcome is unknown', (t) => {
  const client = opened();
  client.request(WRITE, 0, true);
  t.deepEqual(client.command({ type: 'close' }).events, ['unknown-outcome disconnected', 'closed']);
});

test('a command at a wrong moment is refused and changes nothing', (t) => {
  const client = link();
  t.deepEqual(client.request(READ).events, ['failed not-open']);
  t.deepEqual(client.command({ type: 'connected' }).events, ['failed protocol-error']);
  client.command({ type: 'open' });
  client.request(READ);
  t.deepEqual(client.request(READ).events, ['failed busy']);
  t.deepEqual(client.command({ type: 'open' }).events, ['failed busy']);
  t.deepEqual(client.command({ type: 'fresh', payload: hex(WRITE) }).events, ['failed protocol-error']);
  t.deepEqual(client.octets(frame(CLOCK)).events, [`reply 0 ${CLOCK}`]);
});

test('a payload that fits no frame is refused, and the link stays open', (t) => {
  const client = opened();
  t.deepEqual(client.request('00'.repeat(244)), { sent: [], events: ['failed too-large'], deadlineMs: null });
  t.is(client.request(READ).sent.length, 1);
});
