import test from 'ava';
import { fromHex, must, toHex } from '../../../../workers/codec/common/index.ts';
import { EdmiClient, EdmiServer, type EdmiServerOptions, encodeEdmiFrame } from '../../../../workers/codec/edmi/index.ts';

const hex = (text: string): Uint8Array => fromHex(text)!;
const READ_CLOCK = '52F03D';
const CLOCK = '52F03D02011304020F';

function meter(options: EdmiServerOptions = {}) {
  const server = new EdmiServer(options);
  const shown = (step: ReturnType<EdmiServer['step']>) => ({
    sent: step.send.map(toHex),
    events: step.events.map((event) => (event.type === 'request' ? `request ${toHex(event.payload)}` : event.type)),
  });
  return {
    octets: (text: string) => shown(server.step({ type: 'octets', octets: hex(text) }, 0)),
    reply: (text: string) => shown(server.step({ type: 'command', command: { type: 'reply', payload: hex(text) } }, 0)),
    reset: () => shown(server.step({ type: 'command', command: { type: 'reset' } }, 0)),
  };
}

for (const signal of ['1B', '0203', '2F3F210D0A']) {
  test(`the wake-up signal ${signal} is answered by an ACK`, (t) => {
    t.deepEqual(meter().octets(signal), { sent: ['020606A403'], events: ['wake'] });
  });
}

test('a simple request is given, and its reply is simple', (t) => {
  const server = meter();
  t.deepEqual(server.octets('0252F03D29F903'), { sent: [], events: [`request ${READ_CLOCK}`] });
  t.deepEqual(server.reply(CLOCK), { sent: ['0252F03D10420110530410420F00E703'], events: [] });
});

test('an extended request is answered with its numbers exchanged and its sequence', (t) => {
  const server = meter({ serial: 251_308_613 });
  server.octets('02450EFAAA45012B1668FFFF4C45444D492C494D4445494D444500841503');
  t.deepEqual(server.reply('06').sent, ['0245012B16680EFAAA45FFFF06EE8C03']);
});

test('an extended request to another serial number gets no answer', (t) => {
  const server = meter({ serial: 1 });
  t.deepEqual(server.octets('02450EFAAA45012B1668FFFF4C45444D492C494D4445494D444500841503'), { sent: [], events: [] });
  t.deepEqual(server.reply('06').events, ['failed']);
});

test('a damaged frame gets no answer', (t) => {
  t.deepEqual(meter().octets('0252F13D29F903'), { sent: [], events: ['dropped'] });
});

test('each request is answered once', (t) => {
  const server = meter();
  server.octets('0252F03D29F903');
  server.reply(CLOCK);
  t.deepEqual(server.reply(CLOCK), { sent: [], events: ['failed'] });
});

test('a reply that fits no frame is refused, and another may be given', (t) => {
  const server = meter({ maxBody: 16 });
  server.octets('0252F03D29F903');
  t.deepEqual(server.reply('52F03D'.padEnd(60, '0')), { sent: [], events: ['failed'] });
  t.is(server.reply('1805').sent.length, 1);
});

test('a new connection forgets what was asked and half of a frame', (t) => {
  const server = meter();
  server.octets('0252F03D29F9030252');
  server.reset();
  t.deepEqual(server.reply(CLOCK).events, ['failed']);
  t.deepEqual(server.octets('0252F03D29F903').events, [`request ${READ_CLOCK}`]);
});

for (const [name, options] of [
  ['simple', {}],
  ['extended', { destination: 251_308_613 }],
] as const) {
  test(`client and meter talk through single octets and noise, ${name}`, (t) => {
    const client = new EdmiClient(options);
    const server = new EdmiServer({ serial: 251_308_613 });
    const answers: Readonly<Record<string, string>> = { [READ_CLOCK]: CLOCK, '57F03D020113040405': '06', '58': '06' };
    const heard: string[] = [];
    const pass = (fromClient: readonly Uint8Array[]): void => {
      for (const octet of [0xff, ...fromClient.flatMap((piece) => [...piece])]) {
        const { send, events } = server.step({ type: 'octets', octets: Uint8Array.of(octet) }, 0);
        const replies = events.flatMap((event) =>
          event.type === 'request'
            ? server.step({ type: 'command', command: { type: 'reply', payload: hex(answers[toHex(event.payload)] ?? '1803') } }, 0).send
            : [],
        );
        for (const back of [...send, ...replies].flatMap((piece) => [0xfe, ...piece])) {
          for (const event of client.step({ type: 'octets', octets: Uint8Array.of(back) }, 0).events)
            heard.push(event.type === 'reply' ? toHex(event.payload) : event.type);
        }
      }
    };
    pass(client.step({ type: 'command', command: { type: 'open' } }, 0).send);
    for (const payload of [READ_CLOCK, '57F03D020113040405', '52F0FF', '58'])
      pass(client.step({ type: 'command', command: { type: 'request', payload: hex(payload), volatile: payload.startsWith('57') } }, 0).send);
    t.deepEqual(heard, ['opened', CLOCK, '06', '1803', '06']);
  });
}

test('noise on the line costs no request', (t) => {
  const server = meter();
  const wire = toHex(must(encodeEdmiFrame(hex(READ_CLOCK))));
  t.deepEqual(server.octets(`FFFEFD${wire}00${wire}`).events, [`request ${READ_CLOCK}`, `request ${READ_CLOCK}`]);
});
