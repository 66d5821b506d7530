import test from 'ava';
import { fromHex, type LinkInput, type LinkStep, must, toHex } from '../../../../workers/codec/common/index.ts';
import { encodeWrapperFrame, WrapperLink, type WrapperLinkEvent, type WrapperLinkOptions, WrapperServerLink } from '../../../../workers/codec/wrapper/index.ts';

const octetsOf = (hex: string) => fromHex(hex) ?? new Uint8Array(0);

const GET = octetsOf('C001C100080000010000FF0200');
const REPLY = octetsOf('C401C100090C07EA0B150610220800000000');
const NOTIFICATION = octetsOf('0F000000010000');

const frameOf = (payload: Uint8Array, sourceWPort = 1, destinationWPort = 16): Uint8Array =>
  must(encodeWrapperFrame({ sourceWPort, destinationWPort, payload }));

const open = (options: Partial<WrapperLinkOptions> = {}): WrapperLink => {
  const link = new WrapperLink({ clientWPort: 16, serverWPort: 1, responseTimeoutMs: 1000, ...options });
  link.step({ type: 'command', command: { type: 'open' } }, 0);
  return link;
};

const request = (payload: Uint8Array, volatile = false) => ({ type: 'command', command: { type: 'request', payload, volatile } }) as const;
const octets = (some: Uint8Array) => ({ type: 'octets', octets: some }) as const;
const TIME = { type: 'time' } as const;

const typesOf = (step: LinkStep<WrapperLinkEvent>): string[] => step.events.map(({ type }) => type);

test('a request goes out in a frame and its reply comes back', (t) => {
  const link = open();
  const sent = link.step(request(GET), 5);
  t.deepEqual(sent.send.map(toHex), ['000100100001000DC001C100080000010000FF0200']);
  t.is(sent.deadlineMs, 1005);
  const got = link.step(octets(frameOf(REPLY)), 100);
  t.deepEqual(got.events, [{ type: 'reply', payload: REPLY, repeated: false, leniencies: [] }]);
  t.is(got.deadlineMs, null);
});

test('a reply may come an octet at a time; the wait is for silence', (t) => {
  const link = open();
  link.step(request(GET), 0);
  const events: WrapperLinkEvent[] = [];
  let nowMs = 0;
  for (const octet of frameOf(REPLY)) {
    nowMs += 900;
    events.push(...link.step(octets(Uint8Array.of(octet)), nowMs).events);
  }
  t.deepEqual(
    events.map(({ type }) => type),
    ['reply'],
  );
});

test('a reply that trickles in for ever is given up', (t) => {
  const link = open({ replyTimeoutMs: 5000 });
  link.step(request(GET), 0);
  const frame = frameOf(new Uint8Array(200));
  let failedAtMs = 0;
  for (let index = 0; index < frame.length && failedAtMs === 0; index++) {
    if (typesOf(link.step(octets(frame.slice(index, index + 1)), index * 500)).includes('failed')) failedAtMs = index * 500;
  }
  t.is(failedAtMs, 5000);
});

test('the events keep their octets when the memory of the input is used again', (t) => {
  const link = open();
  link.step(request(GET), 0);
  const input = frameOf(REPLY);
  const [event] = link.step(octets(input), 1).events;
  input.fill(0);
  t.true(event?.type === 'reply' && toHex(event.payload) === toHex(REPLY));
});

test('a reply with the ports of the request is taken by name, or dropped where that is turned off', (t) => {
  const unswapped = frameOf(REPLY, 16, 1);
  const lenient = open();
  lenient.step(request(GET), 0);
  t.like(lenient.step(octets(unswapped), 1).events[0], { type: 'reply', leniencies: ['unswapped-ports'] });
  const strict = open({ strict: ['unswapped-ports'] });
  strict.step(request(GET), 0);
  t.like(strict.step(octets(unswapped), 1).events[0], { type: 'dropped', reason: 'ports' });
});

test('frames of other ports are dropped and the wait goes on', (t) => {
  const link = open();
  link.step(request(GET), 0);
  const step = link.step(octets(frameOf(REPLY, 2, 16)), 500);
  t.like(step.events[0], { type: 'dropped', reason: 'ports' });
  t.is(step.deadlineMs, 1000);
  t.deepEqual(typesOf(link.step(octets(frameOf(REPLY)), 600)), ['reply']);
});

test('what a meter sends unasked is handed up and is no reply', (t) => {
  const link = open();
  t.deepEqual(link.step(octets(frameOf(NOTIFICATION)), 0).events, [{ type: 'notification', payload: NOTIFICATION }]);
  link.step(request(GET), 1);
  t.deepEqual(typesOf(link.step(octets(frameOf(NOTIFICATION)), 2)), ['notification']);
  t.deepEqual(typesOf(link.step(octets(frameOf(REPLY)), 3)), ['reply']);
});

test('an answer to no question is dropped', (t) => {
  t.like(open().step(octets(frameOf(REPLY)), 0).events[0], { type: 'dropped', reason: 'unasked' });
});

test('damage is dropped with its error and the reply behind it is found', (t) => {
  const link = open();
  link.step(request(GET), 0);
  const step = link.step(octets(Uint8Array.from([0x7e, 0x7e, ...frameOf(REPLY)])), 1);
  t.deepEqual(typesOf(step), ['dropped', 'reply']);
  t.like(step.events[0], { reason: 'damaged', octets: 2 });
});

test('silence fails the link; nothing is repeated on TCP', (t) => {
  const link = open();
  link.step(request(GET), 0);
  t.deepEqual(typesOf(link.step(TIME, 999)), []);
  const step = link.step(TIME, 1000);
  t.deepEqual(step, { send: [], events: [{ type: 'failed', reason: 'no-reply' }], deadlineMs: null });
  t.like(link.step(request(GET), 1001).events[0], { type: 'failed', reason: 'not-open' });
});

test('where retries are set the same octets go again, and the reply says so', (t) => {
  const link = open({ retries: 1 });
  const first = link.step(request(GET), 0);
  const second = link.step(TIME, 1000);
  t.deepEqual(second.send.map(toHex), first.send.map(toHex));
  t.deepEqual(second.events, [{ type: 'repeated', attempt: 1 }]);
  t.is(second.deadlineMs, 2000);
  t.like(link.step(octets(frameOf(REPLY)), 1500).events[0], { type: 'reply', repeated: true });
  link.step(request(GET), 2000);
  link.step(TIME, 3000);
  t.deepEqual(typesOf(link.step(TIME, 4000)), ['failed']);
});

test('a volatile request is never repeated: silence leaves its outcome unknown and the link open', (t) => {
  const link = open({ retries: 5 });
  link.step(request(GET, true), 0);
  const step = link.step(TIME, 1000);
  t.deepEqual(step, { send: [], events: [{ type: 'unknown-outcome', reason: 'no-reply' }], deadlineMs: null });
  t.is(link.step(request(GET), 1001).send.length, 1);
});

test('closing amid a volatile request leaves its outcome unknown', (t) => {
  const link = open();
  link.step(request(GET, true), 0);
  t.deepEqual(link.step({ type: 'command', command: { type: 'close' } }, 1).events, [{ type: 'unknown-outcome', reason: 'disconnected' }, { type: 'closed' }]);
});

test('commands at a wrong moment are refused and change nothing', (t) => {
  const fresh = { type: 'command', command: { type: 'fresh', payload: GET } } as const;
  const closed = new WrapperLink({ clientWPort: 16, serverWPort: 1 });
  t.deepEqual(closed.step(request(GET), 0).events, [{ type: 'failed', reason: 'not-open' }]);
  t.deepEqual(closed.step(fresh, 0).events, [{ type: 'failed', reason: 'not-open' }]);
  t.like(closed.step(octets(frameOf(REPLY)), 0).events[0], { type: 'dropped', reason: 'unasked' });
  const link = open();
  t.deepEqual(link.step(fresh, 0).events, [{ type: 'failed', reason: 'busy' }]);
  link.step(request(GET), 0);
  for (const input of [request(GET), fresh, { type: 'command', command: { type: 'open' } }] satisfies LinkInput<unknown>[]) {
    const step = link.step(input as Parameters<typeof link.step>[0], 1);
    t.deepEqual(step.events, [{ type: 'failed', reason: 'busy' }]);
    t.is(step.send.length, 0);
  }
  t.deepEqual(typesOf(link.step(octets(frameOf(REPLY)), 2)), ['reply']);
});

test('a request that fits no frame is refused and the link stays open', (t) => {
  const link = open();
  t.like(link.step(request(new Uint8Array(65_536)), 0).events[0], { type: 'failed', reason: 'too-large' });
  t.is(link.step(request(GET), 0).send.length, 1);
});

test('what was held back before is forgotten when the link is opened again', (t) => {
  const link = open();
  link.step(octets(frameOf(REPLY).slice(0, 10)), 0);
  link.step({ type: 'command', command: { type: 'open' } }, 1);
  link.step(request(GET), 2);
  t.deepEqual(typesOf(link.step(octets(frameOf(REPLY)), 3)), ['reply']);
});

test('client and meter speak with each other in single octets, with either order of ports', (t) => {
  for (const unswappedPorts of [false, true]) {
    const client = open();
    const meter = new WrapperServerLink({ unswappedPorts, serverWPorts: [1] });
    const [sent] = client.step(request(GET), 0).send;
    const asked = [...(sent ?? [])].flatMap((octet) => meter.step(octets(Uint8Array.of(octet)), 0).events);
    t.deepEqual(asked, [{ type: 'request', payload: GET, clientWPort: 16, serverWPort: 1 }]);
    const [answer] = meter.step({ type: 'command', command: { type: 'send', payload: REPLY, clientWPort: 16, serverWPort: 1 } }, 0).send;
    const events = [...(answer ?? [])].flatMap((octet) => client.step(octets(Uint8Array.of(octet)), 1).events);
    t.like(events[0], { type: 'reply', leniencies: unswappedPorts ? ['unswapped-ports'] : [] });
    t.is(events.length, 1);
  }
});

test('a meter drops frames for logical devices that it does not have, and damage', (t) => {
  const meter = new WrapperServerLink({ serverWPorts: [1] });
  t.like(meter.step(octets(frameOf(GET, 16, 2)), 0).events[0], { type: 'dropped', reason: 'ports' });
  t.like(meter.step(octets(octetsOf('7E')), 0).events[0], { type: 'dropped', reason: 'damaged' });
  const any = new WrapperServerLink();
  t.like(any.step(octets(frameOf(GET, 16, 2)), 0).events[0], { type: 'request', serverWPort: 2 });
});

test('a meter that says too much for a frame is told', (t) => {
  const command = { type: 'send', payload: new Uint8Array(65_536), clientWPort: 16, serverWPort: 1 } as const;
  t.like(new WrapperServerLink().step({ type: 'command', command }, 0).events[0], { type: 'failed', reason: 'too-large' });
  t.deepEqual(new WrapperServerLink().step(TIME, 0), { send: [], events: [], deadlineMs: null });
});
