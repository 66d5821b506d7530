import { readFileSync } from 'node:fs';
import test from 'ava';
import { fromHex, must, toHex } from '../../../../workers/codec/common/index.ts';
import {
  decodeEmliteData,
  EMLITE_OBJECTS,
  EmliteClient,
  type EmliteEvent,
  EmliteServer,
  encodeEmliteClock,
  encodeEmliteData,
  encodeEmliteText,
} from '../../../../workers/codec/emlite/index.ts';

interface Session {
  readonly id: string;
  readonly frames: readonly { readonly direction: string; readonly hex: string }[];
}

const sessions = JSON.parse(readFileSync(new URL('../../../vectors/sessions.json', import.meta.url), 'utf8')) as readonly Session[];
const { frames } = sessions.find(({ id }) => id === 'sess-emlite')!;
const sent = (direction: string): readonly string[] => frames.filter((frame) => frame.direction === direction).map(({ hex }) => hex);

const NOTHING = new Uint8Array(0);
const read = (objectId: number): Uint8Array => must(encodeEmliteData({ kind: 'object', objectId, flag: 'read', payload: NOTHING }));
const clockOf = (second: number, minute: number): Uint8Array => must(encodeEmliteClock({ year: 2019, month: 1, day: 2, hour: 4, minute, second }));

const REQUESTS = [
  read(EMLITE_OBJECTS.serialNumber),
  read(EMLITE_OBJECTS.clock),
  must(encodeEmliteData({ kind: 'object', objectId: EMLITE_OBJECTS.clock, flag: 'write', payload: clockOf(40, 2) })),
  read(EMLITE_OBJECTS.clock),
];

/** A simulated meter with the clock readings of the recording. */
function answersOf(): (payload: Uint8Array) => Uint8Array {
  const readings = [clockOf(15, 2), clockOf(41, 2)];
  return (payload) => {
    const data = decodeEmliteData(payload);
    if (data.kind !== 'good' || data.value.kind !== 'object') return NOTHING;
    const { objectId, flag } = data.value;
    const value = objectId === EMLITE_OBJECTS.serialNumber ? must(encodeEmliteText('EML0000012345')) : readings[0]!;
    if (flag === 'read' && objectId === EMLITE_OBJECTS.clock) readings.shift();
    return must(encodeEmliteData({ kind: 'object', objectId, flag, payload: flag === 'write' ? NOTHING : value }));
  };
}

const PIECES: Readonly<Record<string, (octets: Uint8Array) => readonly Uint8Array[]>> = {
  whole: (octets) => [octets],
  'single octets': (octets) => [...octets].map((octet) => Uint8Array.of(octet)),
  'uneven pieces': (octets) => [octets.subarray(0, 3), octets.subarray(3, 4), octets.subarray(4)],
  'noise before each frame': (octets) => [Uint8Array.of(0xff, 0x00, 0x0d), octets],
  'a false start before each frame': (octets) => [Uint8Array.of(0x7e, 0x05), octets],
};

for (const [how, cut] of Object.entries(PIECES)) {
  test(`the client's frames are those of the recording: ${how}`, (t) => {
    const client = new EmliteClient({ source: 0x80aabbcc, gapMs: 0 });
    const replies = sent('meter->client');
    const wire: string[] = [];
    const events: EmliteEvent[] = [...client.step({ type: 'command', command: { type: 'open' } }, 0).events];
    for (const [turn, payload] of REQUESTS.entries()) {
      const step = client.step({ type: 'command', command: { type: 'request', payload, volatile: turn === 2 } }, turn * 100);
      wire.push(...step.send.map(toHex));
      for (const piece of cut(fromHex(replies[turn]!)!)) events.push(...client.step({ type: 'octets', octets: piece }, turn * 100 + 50).events);
    }
    t.deepEqual(wire, sent('client->meter'));
    t.deepEqual(
      events.map((event) => (event.type === 'reply' ? event.resultCode : event.type)),
      ['opened', 0, 0, 0, 0],
    );
  });

  test(`the meter's frames are those of the recording: ${how}`, (t) => {
    const server = new EmliteServer({ address: 0x18b0 });
    const answer = answersOf();
    const wire: string[] = [];
    for (const request of sent('client->meter')) {
      for (const piece of cut(fromHex(request)!)) {
        for (const event of server.step({ type: 'octets', octets: piece }, 0).events) {
          if (event.type === 'request')
            wire.push(...server.step({ type: 'command', command: { type: 'reply', payload: answer(event.payload) } }, 0).send.map(toHex));
        }
      }
    }
    t.deepEqual(wire, sent('meter->client'));
  });
}
