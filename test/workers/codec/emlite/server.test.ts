import test from 'ava';
import { fromHex, toHex } from '../../../../workers/codec/common/index.ts';
import { EmliteServer, type EmliteServerOptions } from '../../../../workers/codec/emlite/index.ts';

const hex = (text: string): Uint8Array => fromHex(text)!;
const READ = '7E1100000000801234560201800800008893';

function meter(options: Partial<EmliteServerOptions> = {}) {
  const server = new EmliteServer({ address: 0x18b0, ...options });
  const step = (input: Parameters<EmliteServer['step']>[0], now: number) => {
    const { send, events, deadlineMs } = server.step(input, now);
    return {
      sent: send.map((octets) => toHex(octets)),
      events: events.map((event) => (event.type === 'request' ? `request ${toHex(event.payload)}` : event.type)),
      deadlineMs,
    };
  };
  return {
    octets: (text: string, now = 0) => step({ type: 'octets', octets: hex(text) }, now),
    reply: (text: string, resultCode?: number) =>
      step({ type: 'command', command: { type: 'reply', payload: hex(text), ...(resultCode === undefined ? {} : { resultCode }) } }, 0),
    reset: () => step({ type: 'command', command: { type: 'reset' } }, 0),
    time: (now: number) => step({ type: 'time' }, now),
  };
}

test('a request to any address is given, and its reply carries the own address and the sequence', (t) => {
  const server = meter();
  t.deepEqual(server.octets(READ), { sent: [], events: ['request 0180080000'], deadlineMs: null });
  t.deepEqual(server.reply('018008000013010204020F03').sent, ['7E1880123456000018B002018008000013010204020F031E39']);
});

test('a result stands in the reply', (t) => {
  const server = meter();
  server.octets('7E11000018B0C06F009301018003090097FE');
  t.deepEqual(server.reply('0180030900', 5).sent, ['7E11C06F0093000018B0290180030900F8A2']);
});

test('a damaged request is answered by checksum-error, with the object that was read', (t) => {
  const step = meter().octets('7E1100000000801234560301800800008894');
  t.deepEqual(step.sent, ['7E1180123456000018B00B01800800001DF1']);
  t.deepEqual(step.events, ['dropped']);
});

test('a damaged request to another meter gets no answer, nor any where it is turned off', (t) => {
  t.deepEqual(meter().octets('7E1100000001801234560301800800008894').sent, []);
  t.deepEqual(meter({ answersDamage: false }).octets('7E1100000000801234560301800800008894').sent, []);
});

test('each request is answered once', (t) => {
  const server = meter();
  t.deepEqual(server.reply('01').events, ['failed']);
  server.octets(READ);
  t.is(server.reply('0180080000').sent.length, 1);
  t.deepEqual(server.reply('0180080000'), { sent: [], events: ['failed'], deadlineMs: null });
});

test('a reply that fits no frame is refused, and another may be given', (t) => {
  const server = meter();
  server.octets(READ);
  t.deepEqual(server.reply('00'.repeat(244)).events, ['failed']);
  t.is(server.reply('0180080000', 4).sent.length, 1);
});

test('a request behind a false 7E is found after a silence', (t) => {
  const server = meter();
  t.deepEqual(server.octets(`7EF0${READ}`, 100), { sent: [], events: [], deadlineMs: 2_100 });
  t.deepEqual(server.time(2_100).events, ['dropped', 'request 0180080000']);
});

test('a new connection forgets what was asked and half of a frame', (t) => {
  const server = meter();
  server.octets(`${READ}7E11`);
  server.reset();
  t.deepEqual(server.reply('01').events, ['failed']);
  t.deepEqual(server.octets(READ).events, ['request 0180080000']);
});
