/** The meters' sides of recorded sessions; the dialogue has to say what the recorded client said. */
import test, { type ExecutionContext } from 'ava';
import type { Dialogue } from '../../../../actors/dialogue/dialogue.ts';
import type { MeterProfile } from '../../../../actors/profile/index.ts';
import { readVectorFile } from '../../../../ops/vectors/file.ts';
import { Members } from '../../../../ops/vectors/members.ts';
import { fromHex, hdlc, must, mustDecode, toHex } from '../../../../workers/codec/index.ts';
import { startPeer } from '../../../support/link/peer.ts';
import { dialogueWith, profile, services, within } from './rig.ts';

const vectors = readVectorFile(new URL('../../../vectors/sessions.json', import.meta.url).pathname);

interface Recorded {
  readonly direction: string;
  readonly octets: Uint8Array;
}

function framesOf(id: string): readonly Recorded[] {
  const session = vectors.find((vector) => vector.id === id);
  const frames = new Members(session?.context.given ?? {}).list('frames', (value, path) => Members.of(value, path));
  return frames.map((frame) => ({ direction: frame.text('direction'), octets: frame.hex('hex') }));
}

/** Recorded writes carry hundredths of a second, ours never do: 00 in their place, and the FCS made anew. */
function withoutHundredths(octets: Uint8Array): Uint8Array {
  const text = toHex(octets);
  const at = text.indexOf('090C07EA');
  if (at < 0 || !/C101C1|060102/.test(text)) return octets;
  const changed = octets.slice();
  changed[at / 2 + 2 + 8] = 0;
  if (octets[0] !== 0x7e) return changed;
  const frame = mustDecode(hdlc.decodeHdlcFrame(octets));
  if (frame.type !== 'I') return octets;
  const information = frame.information.slice();
  information[toHex(information).indexOf('090C07EA') / 2 + 2 + 8] = 0;
  return must(hdlc.encodeHdlcFrame({ ...frame, information }));
}

/** Answers each recorded frame of the client with the recorded frames that follow it. Anything else is kept in `strange`. */
async function replay(t: ExecutionContext, id: string, change: Partial<Parameters<typeof dialogueWith>[2]>) {
  const frames = framesOf(id);
  const said: string[] = [];
  const strange: string[] = [];
  let at = 0;
  let held = Buffer.alloc(0);
  const peer = await startPeer(t, (socket) => {
    socket.on('data', (octets) => {
      held = Buffer.concat([held, octets]);
      for (;;) {
        const expected = frames[at];
        if (expected === undefined || held.length < expected.octets.length) return;
        const came = held.subarray(0, expected.octets.length);
        held = held.subarray(came.length);
        said.push(toHex(came));
        if (toHex(came) !== toHex(withoutHundredths(expected.octets))) strange.push(`${toHex(came)} in place of ${toHex(expected.octets)}`);
        for (at++; frames[at]?.direction === 'meter->client'; at++) socket.write(frames[at]!.octets);
      }
    });
  });
  const dialogue = await dialogueWith(t, peer.port, { password: 'Gurux', ...change });
  return { dialogue, strange, left: () => frames.length - at, said };
}

const NOW = (second: number): number => Date.UTC(2026, 10, 21, 16, 34, second);

const recordedProfile = (dlms: Partial<NonNullable<MeterProfile['dlms']>>): MeterProfile =>
  profile(
    {
      client: 17,
      serverUpper: 1,
      serverLower: null,
      conformance: '401E5D',
      maxPduSize: 65_535,
      aarqForms: ['usual'],
      framing: 'hdlc',
      serialSn: null,
      ...dlms,
    },
    { clock: { writeDeviation: 'zero', writeDayOfWeek: false, method: 'set' }, timing: { replyTimeoutMs: 2_000 } },
  );

async function begin(dialogue: Dialogue): Promise<void> {
  await dialogue.signOn(within());
  await dialogue.logIn(within());
}

test('c_ln_set: LLS, read, set, read, shift_time by -15 s, read, release', async (t) => {
  const given = recordedProfile({});
  const { dialogue, strange, left } = await replay(t, 'sess-cap-c_ln_set', { profile: given });
  await begin(dialogue);
  t.is((await dialogue.readClock(within())).meterAt, NOW(3));
  await dialogue.writeClock(() => NOW(3), within());
  const sample = await dialogue.readClock(within());
  Object.assign(given.clock, { method: 'shift-when-small' });
  const offsetMs = sample.meterAt - (sample.sentAt.wallMs + sample.firstAt.wallMs) / 2;
  await dialogue.writeClock(() => Date.now() + dialogue.transitMs + offsetMs - 15_000, within());
  await dialogue.readClock(within());
  await dialogue.logOff(within());
  t.deepEqual(strange, []);
  t.is(left(), 0);
});

test('cpp_sn: no password, object list in segments, the clock found in it', async (t) => {
  const { dialogue, strange, left } = await replay(t, 'sess-cap-cpp_sn', { profile: recordedProfile({ client: 16, mechanism: 'none', referencing: 'SN' }) });
  await begin(dialogue);
  t.is((await dialogue.readClock(within())).meterAt, NOW(6));
  await dialogue.logOff(within());
  t.deepEqual(strange, []);
  t.is(left(), 0);
});

test('cpp_sn_lls: the clock is written by its short name', async (t) => {
  const { dialogue, strange, left } = await replay(t, 'sess-cap-cpp_sn_lls', { profile: recordedProfile({ referencing: 'SN' }) });
  await begin(dialogue);
  t.is((await dialogue.readClock(within())).meterAt, NOW(7));
  await dialogue.writeClock(() => NOW(7), within());
  await dialogue.readClock(within());
  await dialogue.logOff(within());
  t.deepEqual(strange, []);
  t.is(left(), 0);
});

test('cpp_w_lls: the same over the wrapper', async (t) => {
  const { dialogue, strange, left } = await replay(t, 'sess-cap-cpp_w_lls', { profile: recordedProfile({ framing: 'wrapper' }) });
  await begin(dialogue);
  t.is((await dialogue.readClock(within())).meterAt, NOW(8));
  await dialogue.writeClock(() => NOW(8), within());
  await dialogue.readClock(within());
  await dialogue.logOff(within());
  t.deepEqual(strange, []);
  t.is(left(), 0);
});

test('c_gmac: HLS 5, ciphered by service in the log-in and generally after it, the same octets under the same challenge and counters', async (t) => {
  const challenge = fromHex('C85B71B65A205E4C2866ED2A885985B4')!;
  const clientSystemTitle = fromHex('4142434445464748')!;
  const { dialogue, strange, said } = await replay(t, 'sess-cap-c_gmac', {
    profile: recordedProfile({ client: 1, mechanism: 'hls-gmac' }),
    services: { ...services({ clientSystemTitle }, 5_000), random: () => challenge },
  });
  await begin(dialogue);
  t.is((await dialogue.readClock(within())).meterAt, NOW(3));
  t.deepEqual(strange, []);
  t.is(said.length, 4);
});
