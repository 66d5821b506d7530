import test from 'ava';
import { fromHex, type LinkEvent, type LinkStep, must, mustDecode, toHex } from '../../../../workers/codec/common/index.ts';
import { decodeEdmiFrame, EdmiClient, type EdmiClientOptions, encodeEdmiFrame } from '../../../../workers/codec/edmi/index.ts';

const hex = (text: string): Uint8Array => fromHex(text)!;
const frame = (command: string): string => toHex(must(encodeEdmiFrame(hex(command))));
const ACK = frame('06');
const READ_CLOCK = '52F03D';
const CLOCK = '52F03D02011304020F';
const WRITE_CLOCK = '57F03D020113040405';

/** A client with its own time; every call gives what went out and what happened. */
function link(options: EdmiClientOptions = {}) {
  const client = new EdmiClient(options);
  let last: LinkStep<LinkEvent> = { send: [], events: [], deadlineMs: null };
  const shown = (step: LinkStep<LinkEvent>) => {
    last = step;
    return {
      sent: step.send.map(toHex),
      events: step.events.map((event) => (event.type === 'reply' ? `reply ${toHex(event.payload)}${event.repeated ? ' repeated' : ''}` : nameOf(event))),
      deadlineMs: step.deadlineMs,
    };
  };
  return {
    open: (now = 0) => shown(client.step({ type: 'command', command: { type: 'open' } }, now)),
    close: (now = 0) => shown(client.step({ type: 'command', command: { type: 'close' } }, now)),
    request: (payload: string, now = 0, volatile = false) =>
      shown(client.step({ type: 'command', command: { type: 'request', payload: hex(payload), volatile } }, now)),
    fresh: (payload: string, now = 0) => shown(client.step({ type: 'command', command: { type: 'fresh', payload: hex(payload) } }, now)),
    octets: (text: string, now = 0) => shown(client.step({ type: 'octets', octets: hex(text) }, now)),
    time: (now: number) => shown(client.step({ type: 'time' }, now)),
    lastSent: () => last.send[0]!,
  };
}

const nameOf = (event: LinkEvent): string => {
  if (event.type === 'repeated') return `repeated ${event.attempt}`;
  return 'reason' in event ? `${event.type} ${event.reason}` : event.type;
};

function opened(options: EdmiClientOptions = {}) {
  const client = link({ wake: 'none', ...options });
  client.open();
  return client;
}

for (const [wake, octets] of [
  ['esc', '1B'],
  ['stx-etx', '0203'],
  ['iec-request', '2F3F210D0A'],
] as const) {
  test(`open wakes the meter by ${wake} and is done by its ACK`, (t) => {
    const client = link({ wake });
    t.deepEqual(client.open(), { sent: [octets], events: [], deadlineMs: 10_000 });
    t.deepEqual(client.octets(`FF${ACK}`, 500), { sent: [], events: ['opened'], deadlineMs: null });
  });
}

test('a wake-up signal without an answer is repeated, then the link fails', (t) => {
  const client = link({ retries: 2 });
  client.open();
  t.deepEqual(client.time(9_999).sent, []);
  t.deepEqual(client.time(10_000), { sent: ['1B'], events: ['repeated 2'], deadlineMs: 20_000 });
  t.deepEqual(client.time(20_000), { sent: ['1B'], events: ['repeated 3'], deadlineMs: 30_000 });
  t.deepEqual(client.time(30_000), { sent: [], events: ['failed no-reply'], deadlineMs: null });
  t.deepEqual(client.request(READ_CLOCK, 30_001).events, ['failed not-open']);
});

test('the ACK of a wake-up signal may come in the extended form', (t) => {
  const client = link({ destination: 251_308_613 });
  client.open();
  t.deepEqual(client.octets('0245012B16680EFAAA45FFFF06EE8C03').events, ['opened']);
});

test('a request goes out framed, and its reply comes back without the frame', (t) => {
  const client = opened();
  t.deepEqual(client.request(READ_CLOCK, 100), { sent: ['0252F03D29F903'], events: [], deadlineMs: 10_100 });
  t.deepEqual(client.octets('0252F03D10420110530410420F00E703', 200), { sent: [], events: [`reply ${CLOCK}`], deadlineMs: null });
});

test('a reply counts in single octets and behind noise', (t) => {
  const client = opened();
  client.request(READ_CLOCK);
  const events = [...`FF02${frame(CLOCK)}`.matchAll(/../g)].flatMap(([octet], index) => client.octets(octet, index).events);
  t.deepEqual(events, [`reply ${CLOCK}`]);
});

test('a CAN is a reply', (t) => {
  const client = opened();
  client.request(WRITE_CLOCK, 0, true);
  t.deepEqual(client.octets(frame('1804')).events, ['reply 1804']);
});

test('a damaged reply is dropped, and the request repeated when the time is over', (t) => {
  const client = opened();
  client.request(READ_CLOCK);
  t.deepEqual(client.octets('0252F03D10420110530410420F00E603', 200), { sent: [], events: [], deadlineMs: 10_000 });
  t.deepEqual(client.time(10_000), { sent: ['0252F03D29F903'], events: ['repeated 2'], deadlineMs: 20_000 });
  t.deepEqual(client.octets(frame(CLOCK), 10_300).events, [`reply ${CLOCK} repeated`]);
});

test('after five repeats the link fails, 60 s in all', (t) => {
  const client = opened();
  client.request(READ_CLOCK);
  let sent = 1;
  let step = client.time(0);
  while (step.deadlineMs !== null) {
    step = client.time(step.deadlineMs);
    sent += step.sent.length;
    if (step.deadlineMs === null) t.deepEqual(step.events, ['failed no-reply']);
  }
  t.is(sent, 6);
});

test('a volatile request is never repeated: its time over, the outcome is unknown and the link stays open', (t) => {
  const client = opened();
  t.is(client.request(WRITE_CLOCK, 0, true).sent.length, 1);
  t.deepEqual(client.time(10_000), { sent: [], events: ['unknown-outcome no-reply'], deadlineMs: null });
  t.deepEqual(client.request(READ_CLOCK, 20_000).sent, [frame(READ_CLOCK)]);
});

test('the link closed while a volatile request is out: its outcome is unknown', (t) => {
  const client = opened();
  client.request(WRITE_CLOCK, 0, true);
  t.deepEqual(client.close(5).events, ['unknown-outcome disconnected', 'closed']);
});

for (const [what, request, stale] of [
  ['an ACK does not answer a read', READ_CLOCK, '06'],
  ['another register does not answer a read', READ_CLOCK, '52F00232353100'],
  ['the echo of a read does not answer it', READ_CLOCK, READ_CLOCK],
  ['the echo of a write does not answer it', WRITE_CLOCK, WRITE_CLOCK],
  ['data do not answer a write', WRITE_CLOCK, CLOCK],
  ['data do not answer a login', '4C412C4200', CLOCK],
  ['a 32-bit register does not answer a 16-bit read', READ_CLOCK, '4D0000F03D02011304020F'],
  ['the echo of a read of several does not answer it', '4D0000FFF10000F002', '4D0000FFF10000F002'],
] as const) {
  test(`stale frames are dropped: ${what}`, (t) => {
    const client = opened();
    client.request(request);
    t.deepEqual(client.octets(frame(stale), 10), { sent: [], events: [], deadlineMs: 10_000 });
  });
}

for (const [what, request, reply] of [
  ['login', '4C412C4200', '06'],
  ['logout', '58', '06'],
  ['write', WRITE_CLOCK, '06'],
  ['32-bit write', '4E0000F03D020113040405', '06'],
  ['32-bit read', '4D0000F002', '4D0000F00232353100'],
  ['read of several', '4D0000FFF10000F002', '4D0000FFF10032353100'],
  ['data type', '49F002', '49F00246'],
  ['file', '46010203', '46010203FF'],
] as const) {
  test(`answered: ${what}`, (t) => {
    const client = opened();
    client.request(request);
    t.deepEqual(client.octets(frame(reply), 10).events, [`reply ${reply}`]);
  });
}

test('the simple form is left quiet after a repeated request, so that a late answer meets nothing', (t) => {
  const client = opened();
  client.request(READ_CLOCK);
  client.time(10_000);
  client.octets(frame(CLOCK), 10_100);
  t.deepEqual(client.request(READ_CLOCK, 10_200), { sent: [], events: [], deadlineMs: 11_100 });
  t.deepEqual(client.octets(frame(CLOCK), 10_300).events, []);
  t.deepEqual(client.time(11_100), { sent: [frame(READ_CLOCK)], events: [], deadlineMs: 21_100 });
});

test('a volatile request that had to wait for a quiet line asks for a fresh payload', (t) => {
  const client = opened();
  client.request(READ_CLOCK);
  client.time(10_000);
  client.octets(frame(CLOCK), 10_100);
  t.deepEqual(client.request(WRITE_CLOCK, 10_200, true).sent, []);
  t.deepEqual(client.time(11_100), { sent: [], events: ['fresh-payload-wanted'], deadlineMs: null });
  t.deepEqual(client.fresh('57F03D020113040406', 11_150).sent, [frame('57F03D020113040406')]);
  t.deepEqual(client.time(21_150).events, ['unknown-outcome no-reply']);
});

test('half a frame from before a request does not spoil its reply', (t) => {
  const client = opened();
  client.octets('025258');
  client.request(READ_CLOCK, 10);
  t.deepEqual(client.octets(frame(CLOCK), 20).events, [`reply ${CLOCK}`]);
});

const extended = (client: ReturnType<typeof link>) => mustDecode(decodeEdmiFrame(client.lastSent())).extended!;
const replied = (command: string, numbers: { destination: number; source: number; sequence: number }): string =>
  toHex(must(encodeEdmiFrame(hex(command), numbers)));

test('a serial number makes extended frames with a sequence that counts from 1', (t) => {
  const client = opened({ destination: 251_308_613 });
  client.request(READ_CLOCK);
  t.deepEqual(extended(client), { destination: 251_308_613, source: 0x012b_1668, sequence: 1 });
  client.octets(replied(CLOCK, { destination: 0x012b_1668, source: 251_308_613, sequence: 1 }), 10);
  client.request(READ_CLOCK, 20);
  t.is(extended(client).sequence, 2);
});

test('a repeat keeps its sequence', (t) => {
  const client = opened({ destination: 7 });
  client.request(READ_CLOCK);
  client.time(10_000);
  t.is(extended(client).sequence, 1);
});

test('after 7FFF comes 1', (t) => {
  const client = opened({ destination: 7 });
  for (let sequence = 1; sequence <= 0x7fff; sequence++) {
    client.request('58', sequence);
    client.octets(replied('06', { destination: 0x012b_1668, source: 7, sequence }), sequence);
  }
  client.request('58', 40_000);
  t.is(extended(client).sequence, 1);
});

test('one number for all requests can be set', (t) => {
  const client = opened({ destination: 7, sequence: 0xffff });
  client.request('58');
  t.is(extended(client).sequence, 0xffff);
});

for (const [what, numbers] of [
  ['another sequence', { destination: 0x012b_1668, source: 7, sequence: 2 }],
  ['another meter', { destination: 0x012b_1668, source: 8, sequence: 1 }],
  ['another client', { destination: 0x012b_1669, source: 7, sequence: 1 }],
  ['its own echo', { destination: 7, source: 0x012b_1668, sequence: 1 }],
] as const) {
  test(`extended replies are dropped: ${what}`, (t) => {
    const client = opened({ destination: 7 });
    client.request(READ_CLOCK);
    t.deepEqual(client.octets(replied(CLOCK, numbers), 10).events, []);
  });
}

test('a simple reply to an extended request is dropped, and the reverse', (t) => {
  const numbered = opened({ destination: 7 });
  numbered.request(READ_CLOCK);
  t.deepEqual(numbered.octets(frame(CLOCK), 10).events, []);
  const simple = opened();
  simple.request(READ_CLOCK);
  t.deepEqual(simple.octets(replied(CLOCK, { destination: 0x012b_1668, source: 7, sequence: 1 }), 10).events, []);
});

test('the extended form needs no quiet line: the sequence tells a late answer', (t) => {
  const client = opened({ destination: 7 });
  client.request(READ_CLOCK);
  client.time(10_000);
  const reply = replied(CLOCK, { destination: 0x012b_1668, source: 7, sequence: 1 });
  client.octets(reply, 10_100);
  t.is(client.request(READ_CLOCK, 10_200).sent.length, 1);
  t.deepEqual(client.octets(reply, 10_300).events, []);
});

test('a command at a wrong moment is refused and changes nothing', (t) => {
  const client = link({ wake: 'none' });
  t.deepEqual(client.request(READ_CLOCK).events, ['failed not-open']);
  t.deepEqual(client.fresh(WRITE_CLOCK).events, ['failed protocol-error']);
  client.open();
  client.request(READ_CLOCK);
  t.deepEqual(client.request('58').events, ['failed busy']);
  t.deepEqual(client.open().events, ['failed busy']);
  t.deepEqual(client.octets(frame(CLOCK)).events, [`reply ${CLOCK}`]);
});

test('a payload that fits no frame is refused, and the link stays open', (t) => {
  const client = opened({ maxBody: 16 });
  t.deepEqual(client.request('57F03D'.padEnd(60, '0')), { sent: [], events: ['failed too-large'], deadlineMs: null });
  t.deepEqual(client.request('').events, ['failed protocol-error']);
  t.is(client.request(READ_CLOCK).sent.length, 1);
});

test('what the link sent and gave is not changed by later octets', (t) => {
  const client = new EdmiClient({ wake: 'none' });
  client.step({ type: 'command', command: { type: 'open' } }, 0);
  const payload = hex(READ_CLOCK);
  client.step({ type: 'command', command: { type: 'request', payload } }, 0);
  payload.fill(0);
  const octets = hex(frame(CLOCK));
  const [event] = client.step({ type: 'octets', octets }, 1).events;
  octets.fill(0);
  t.true(event?.type === 'reply' && toHex(event.payload) === CLOCK);
});
