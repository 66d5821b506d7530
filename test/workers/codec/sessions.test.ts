import test from 'ava';
import { kept } from '../../../ops/fuzz/equal.ts';
import { piecesOf } from '../../../ops/fuzz/properties.ts';
import { Random } from '../../../ops/fuzz/random.ts';
import { readVectorFile, type Vector } from '../../../ops/vectors/file.ts';
import { Members } from '../../../ops/vectors/members.ts';
import { type Side, TRANSPORTS } from '../../../ops/vectors/transports.ts';

const sessions = readVectorFile(new URL('../../vectors/sessions.json', import.meta.url).pathname);
const SIDES: readonly Side[] = ['client->meter', 'meter->client'];

/** What may lie between frames: nothing that begins one. A wrapper has no flag, so only what cannot be its version is noise. */
const NOISE: Readonly<Record<string, readonly number[]>> = {
  hdlc: [0x00, 0x55, 0xff, 0xa0, 0x0d],
  wrapper: [0xff, 0x55, 0x80],
  'iec62056-21': [0x00, 0x7f, 0xff],
  emlite: [0x00, 0xff, 0x55],
};

function framesOf(session: Vector, side: Side): readonly Uint8Array[] {
  const frames = new Members(session.context.given ?? {}).list('frames', (value, path) => Members.of(value, path));
  return frames.filter((frame) => frame.text('direction') === side).map((frame) => frame.hex('hex'));
}

const transportOf = (session: Vector): string => new Members(session.context.given ?? {}).text('transport');

/** What a stream makes of the pieces: frames by value, and octets that belong to none. */
function heard(session: Vector, side: Side, pieces: Iterable<Uint8Array>): { readonly frames: readonly unknown[]; readonly lost: number } {
  const stream = TRANSPORTS[transportOf(session)]!(side);
  const frames: unknown[] = [];
  let lost = 0;
  for (const piece of pieces) {
    stream.push(piece);
    for (let event = stream.next(); event !== undefined; event = stream.next()) {
      if (event.kind === 'frame') frames.push(kept(event.frame));
      else lost += event.octets;
    }
  }
  return { frames, lost };
}

function* oneByOne(frames: readonly Uint8Array[]): Generator<Uint8Array> {
  for (const frame of frames) for (const octet of frame) yield Uint8Array.of(octet);
}

for (const session of sessions) {
  for (const side of SIDES) {
    const recorded = framesOf(session, side);
    const { frames: whole } = heard(session, side, recorded);

    test(`${session.id}, ${side}: every recorded frame is one frame`, (t) => {
      t.is(whole.length, recorded.length);
      t.true(whole.length > 0);
    });

    test(`${session.id}, ${side}: pieces of one octet give the same frames`, (t) => {
      t.deepEqual(heard(session, side, oneByOne(recorded)), { frames: whole, lost: 0 });
    });

    test(`${session.id}, ${side}: pieces of random sizes give the same frames`, (t) => {
      for (let seed = 1; seed <= 10; seed++) {
        t.deepEqual(heard(session, side, piecesOf(Buffer.concat(recorded), new Random(seed))), { frames: whole, lost: 0 }, `seed ${seed}`);
      }
    });

    test(`${session.id}, ${side}: noise between frames is skipped and nothing else`, (t) => {
      const choices = NOISE[transportOf(session)]!;
      for (let seed = 1; seed <= 10; seed++) {
        const random = new Random(seed);
        const noisy = recorded.flatMap((frame) => [Uint8Array.from({ length: 1 + random.below(12) }, () => random.pick(choices)!), frame]);
        const { frames, lost } = heard(session, side, piecesOf(Buffer.concat(noisy), random));
        t.deepEqual(frames, whole, `seed ${seed}`);
        t.is(lost, noisy.reduce((sum, part) => sum + part.length, 0) - recorded.reduce((sum, part) => sum + part.length, 0), `seed ${seed}`);
      }
    });
  }
}
