/**
 * `sessions`: a whole exchange. Each side's octets run through the stream decoder of its transport, and every recorded frame must
 * come out as one frame, with nothing before, between or behind.
 */
import { codecError } from '../../workers/codec/common/index.ts';
import { type FormMapping, type Json, MalformedVector, type Presented, type Protocol, type VectorContext } from './mapping.ts';
import { hexOctets, Members } from './members.ts';
import { type Side, shortHex, streamed, TRANSPORTS } from './transports.ts';

interface RecordedFrame {
  readonly side: Side;
  readonly octets: Uint8Array;
}

const sessionForm: FormMapping = {
  decode(octets, context) {
    return context.given?.frames === undefined ? decodeUncut(octets) : decodeRecorded(octets, context);
  },
};

function decodeRecorded(octets: Uint8Array, context: VectorContext): Presented {
  const given = new Members(context.given ?? {});
  const transport = given.text('transport');
  const create = Object.hasOwn(TRANSPORTS, transport) ? TRANSPORTS[transport] : undefined;
  if (create === undefined) throw new MalformedVector('transport', `must be one of ${Object.keys(TRANSPORTS).join(', ')}`);
  const streams = { 'client->meter': create('client->meter'), 'meter->client': create('meter->client') };
  let at = 0;
  for (const { side, octets: recorded } of given.list('frames', readFrame)) {
    const there = octets.subarray(at, at + recorded.length);
    if (!there.every((octet, index) => octet === recorded[index]) || there.length < recorded.length) {
      return refused(at, 'frames: put together they are `hex`', shortHex(recorded));
    }
    const { frames, fault, left } = streamed(streams[side], recorded);
    if (fault !== undefined) return refused(at, `frame: decodes from the stream (${fault})`, shortHex(recorded));
    if (frames.length !== 1 || left !== 0) return refused(at, 'frame: one frame, and nothing left over', `${frames.length} frames, ${left} octets left`);
    at += recorded.length;
  }
  if (at !== octets.length) return refused(at, 'frames: put together they are `hex`', `${octets.length - at} octets more`);
  return { kind: 'good', value: { transport, frameCount: given.list('frames', readFrame).length }, leniencies: [] };
}

/** A recording whose cuts are not known: whichever transport explains all of it. */
function decodeUncut(octets: Uint8Array): Presented {
  for (const [transport, create] of Object.entries(TRANSPORTS)) {
    const { frames, fault, left } = streamed(create('client->meter'), octets);
    if (fault !== undefined || left !== 0 || frames.length === 0) continue;
    return { kind: 'good', value: { transport, frameCount: frames.length, offsets: frames.map(({ offset }) => offset) }, leniencies: [] };
  }
  return refused(0, 'session: frames of one transport from start to end', shortHex(octets));
}

function readFrame(value: Json, path: string): RecordedFrame {
  const members = Members.of(value, path);
  return { side: members.oneOf('direction', ['client->meter', 'meter->client']), octets: hexOctets(members.raw('hex'), `${path}.hex`) };
}

function refused(offset: number, rule: string, got: string): Presented {
  return { kind: 'bad', error: codecError('unexpected_octet', offset, rule, got) };
}

export const sessions: Protocol = {
  name: 'sessions',
  forms: { session: sessionForm },
  formOf: () => 'session',
  // A session is frames of another protocol, which recognises them.
  recognise: () => 0,
};
