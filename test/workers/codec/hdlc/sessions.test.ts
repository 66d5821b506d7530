import test from 'ava';
import { type LinkCommand, mustDecode, toHex } from '../../../../workers/codec/common/index.ts';
import {
  decodeHdlcFrame,
  type HdlcClientEvent,
  HdlcClientLink,
  type HdlcFrame,
  type HdlcServerCommand,
  type HdlcServerEvent,
  HdlcServerLink,
  HdlcStream,
  stripLlc,
} from '../../../../workers/codec/hdlc/index.ts';
import { HDLC_SESSIONS, octetsOf, type SessionVector } from './vectors.ts';

interface Recorded {
  readonly fromClient: boolean;
  readonly hex: string;
  readonly frame: HdlcFrame;
}

const record = ({ frames }: SessionVector): Recorded[] =>
  frames.map(({ direction, hex }) => ({ fromClient: direction === 'client->meter', hex, frame: mustDecode(decodeHdlcFrame(octetsOf(hex))) }));

const payloadOf = (frame: HdlcFrame): Uint8Array => stripLlc(frame.information).payload;

/** What a dialogue must have said for this frame of the client; undefined for frames that the link sends of itself. */
function commandOf({ frame }: Recorded): LinkCommand | undefined {
  if (frame.type === 'SNRM') return { type: 'open' };
  if (frame.type === 'DISC') return { type: 'close' };
  return frame.type === 'I' ? { type: 'request', payload: payloadOf(frame) } : undefined;
}

const NOISE = Uint8Array.of(0, 0x55, 0xff, 0x13);
const cuts: Readonly<Record<string, (octets: Uint8Array) => Uint8Array[]>> = {
  'whole frames': (octets) => [octets],
  'octet by octet': (octets) => [...octets].map((octet) => Uint8Array.of(octet)),
  'pieces of three with noise between frames': (octets) => {
    const pieces: Uint8Array[] = [NOISE];
    for (let at = 0; at < octets.length; at += 3) pieces.push(octets.slice(at, at + 3));
    return pieces;
  },
};

for (const session of HDLC_SESSIONS) {
  const frames = record(session);
  const first = frames[0]!.frame;

  for (const [name, cut] of Object.entries(cuts)) {
    test(`${session.id}: the client link sends the recorded frames, the meter's come in ${name}`, (t) => {
      const link = new HdlcClientLink({ client: first.source.upper, server: first.destination });
      const sent: string[] = [];
      const events: HdlcClientEvent[] = [];
      for (const recorded of frames) {
        const command = recorded.fromClient ? commandOf(recorded) : undefined;
        const inputs = recorded.fromClient
          ? command === undefined
            ? []
            : [{ type: 'command', command } as const]
          : cut(octetsOf(recorded.hex)).map((octets) => ({ type: 'octets', octets }) as const);
        for (const input of inputs) {
          const step = link.step(input, 0);
          sent.push(...step.send.map(toHex));
          events.push(...step.events);
        }
      }
      t.deepEqual(
        sent,
        frames.filter(({ fromClient }) => fromClient).map(({ hex }) => hex),
      );
      t.deepEqual(events.at(0), { type: 'opened' });
      t.deepEqual(events.at(-1), { type: 'closed' });
      const replies = events.flatMap((event) => (event.type === 'reply' ? [toHex(event.payload)] : []));
      t.deepEqual(replies, repliesOf(frames));
    });
  }

  test(`${session.id}: the meter link sends the recorded frames`, (t) => {
    const link = new HdlcServerLink({ server: first.destination, segmentOctets: 125, discParameters: true });
    const replies = repliesOf(frames);
    const sent: string[] = [];
    const events: HdlcServerEvent[] = [];
    const step = (input: { type: 'octets'; octets: Uint8Array } | { type: 'command'; command: HdlcServerCommand }) => {
      const { send, events: told } = link.step(input, 0);
      sent.push(...send.map(toHex));
      events.push(...told);
      return told;
    };
    for (const { fromClient, hex } of frames) {
      if (!fromClient) continue;
      const asked = step({ type: 'octets', octets: octetsOf(hex) }).some(({ type }) => type === 'request');
      const payload = asked ? replies.shift() : undefined;
      if (payload !== undefined) step({ type: 'command', command: { type: 'reply', payload: octetsOf(payload) } });
    }
    t.deepEqual(
      sent,
      frames.filter(({ fromClient }) => !fromClient).map(({ hex }) => hex),
    );
    const requests = events.flatMap((event) => (event.type === 'request' ? [toHex(event.payload)] : []));
    t.deepEqual(
      requests,
      frames.flatMap(({ fromClient, frame }) => (fromClient && frame.type === 'I' ? [toHex(payloadOf(frame))] : [])),
    );
  });
}

/** The whole replies of the meter, put together out of their segments. */
function repliesOf(frames: readonly Recorded[]): string[] {
  const replies: string[] = [];
  let growing = '';
  for (const { fromClient, frame } of frames) {
    if (fromClient || frame.type !== 'I') continue;
    growing += toHex(growing === '' ? payloadOf(frame) : frame.information);
    if (frame.segmented) continue;
    replies.push(growing);
    growing = '';
  }
  return replies;
}

test('the recorded sessions as a whole are one stream of their frames', (t) => {
  for (const { frames } of HDLC_SESSIONS) {
    const stream = new HdlcStream();
    stream.push(octetsOf(frames.map(({ hex }) => hex).join('')));
    let count = 0;
    for (let event = stream.next(); event !== undefined; event = stream.next()) if (event.kind === 'frame') count++;
    t.is(count, frames.length);
  }
});
