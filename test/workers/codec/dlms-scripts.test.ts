/**
 * The recorded DLMS exchanges again, this time as a dialogue would have them: commands built by the codecs, with the challenge,
 * the counters and the time of the recording given in; the octets on the wire must be the recorded ones. HLS-5 is computed.
 */
import { readFileSync } from 'node:fs';
import test from 'ava';
import { apdu, hdlc, type LinkCommand, type LinkEvent, type LinkMachine, must, mustDecode, security, toHex, wrapper } from '../../../workers/codec/index.ts';
import { octetsOf } from './hdlc/vectors.ts';

interface Session {
  readonly id: string;
  readonly transport: string;
  readonly frames: readonly { readonly direction: string; readonly hex: string }[];
}

const sessions = JSON.parse(readFileSync(new URL('../../vectors/sessions.json', import.meta.url), 'utf8')) as readonly Session[];

const CLOCK = { classId: 8, obis: [0, 0, 1, 0, 0, 255], id: 2 } as const;
const SHIFT_TIME = { ...CLOCK, id: 6 };
const OBJECTS = { classId: 15, obis: [0, 0, 40, 0, 0, 255], id: 2 } as const;
const REPLY_TO_HLS = { ...OBJECTS, id: 1 };
const PASSWORD = octetsOf('4775727578');
const time = (hex: string) => ({ type: 'octet-string', octets: octetsOf(hex) }) as const;
const open = (contextName: 'LN' | 'SN', conformance: string, lls: boolean) =>
  apdu.aarq({
    contextName,
    ...(lls ? { authentication: { level: 'lls', password: PASSWORD } } : {}),
    initiate: apdu.initiateRequest({ conformance: octetsOf(conformance) }),
  });
const next = (blockNumber: number) => ({ pdu: 'get-request', choice: 'next', ...apdu.DEFAULT_INVOCATION, blockNumber }) as const;
const encode = (...apdus: readonly apdu.Apdu[]): readonly Uint8Array[] => apdus.map((one) => must(apdu.encodeApdu(one)));

const KEYS = { encryptionKey: octetsOf('000102030405060708090A0B0C0D0E0F'), authenticationKey: octetsOf('D0D1D2D3D4D5D6D7D8D9DADBDCDDDEDF') };
const TITLE = octetsOf('4142434445464748');
const OWN_CHALLENGE = octetsOf('C85B71B65A205E4C2866ED2A885985B4');
const METER_CHALLENGE = octetsOf('91C8E472391C8E47A3D1E874BADD6E37');

/** The ciphered session: counters from 5000, one for the proof inside its own APDU; the challenge of the recording. */
function gmacScript(): readonly Uint8Array[] {
  const seal = (plain: apdu.PlainApdu, form: 'glo' | 'general-glo', invocationCounter: number) =>
    must(security.sealApdu(plain, { form, securityControl: 0x30, systemTitle: TITLE, invocationCounter, keys: KEYS }));
  const request = apdu.aarq({
    contextName: 'LN-ciphered',
    authentication: { level: 'hls', mechanism: 5, challenge: OWN_CHALLENGE },
    callingApTitle: TITLE,
    initiate: apdu.initiateRequest({ conformance: octetsOf(recordedConformance()) }),
  });
  const proof = must(security.encodeGmac({ challenge: METER_CHALLENGE, systemTitle: TITLE, keys: KEYS, invocationCounter: 5001 }));
  return [
    seal(request, 'glo', 5000),
    seal(apdu.action(REPLY_TO_HLS, { type: 'octet-string', octets: proof }), 'glo', 5002),
    seal(apdu.get(CLOCK), 'general-glo', 5003),
    seal(apdu.set(CLOCK, time('07EA0B15FF10220361000000')), 'general-glo', 5004),
    seal(apdu.get(CLOCK), 'general-glo', 5005),
    ...encode(apdu.releaseRequest()),
  ];
}

/** What the recorded client proposed, which the ciphered AARQ holds. */
function recordedConformance(): string {
  const frame = framesOf('sess-cap-c_gmac', 'client->meter')[1] ?? '';
  const payload = hdlc.stripLlc(mustDecode(hdlc.decodeHdlcFrame(octetsOf(frame))).information).payload;
  const opened = mustDecode(security.openApdu(payload, { keys: KEYS, senderTitle: TITLE }));
  const { plain } = opened;
  if (plain?.pdu !== 'AARQ' || plain.userInformation?.pdu !== 'initiate-request') throw new Error('the recording begins with an AARQ');
  return toHex(plain.userInformation.conformance);
}

const SCRIPTS: Readonly<Record<string, () => readonly Uint8Array[]>> = {
  'sess-cap-c_ln_set': () =>
    encode(
      open('LN', '401E5D', true),
      apdu.get(CLOCK),
      apdu.set(CLOCK, time('07EA0B15FF10220327000000')),
      apdu.get(CLOCK),
      apdu.action(SHIFT_TIME, { type: 'long', value: -15 }),
      apdu.get(CLOCK),
      apdu.releaseRequest(),
    ),
  'sess-cap-c_gmac': gmacScript,
  'sess-cap-cpp_sn': () => encode(open('SN', '1C0320', false), apdu.read(0xfa08), apdu.read(0x0160), apdu.releaseRequest()),
  'sess-cap-cpp_sn_lls': () =>
    encode(
      open('SN', '1C0320', true),
      apdu.read(0xfa08),
      apdu.read(0x0160),
      apdu.write(0x0160, time('07EA0B15FF1022073F000000')),
      apdu.read(0x0160),
      apdu.releaseRequest(),
    ),
  'sess-cap-cpp_w_lls': () =>
    encode(open('LN', '401E5D', true), apdu.get(CLOCK), apdu.set(CLOCK, time('07EA0B15FF10220815000000')), apdu.get(CLOCK), apdu.releaseRequest()),
  'sess-cap-cpp_ln_objs': () => encode(open('LN', '401E5D', false), apdu.get(CLOCK), apdu.get(OBJECTS), next(1), apdu.releaseRequest()),
  'sess-cap-cpp_w_objs': () => encode(open('LN', '401E5D', false), apdu.get(CLOCK), apdu.get(OBJECTS), next(1), apdu.releaseRequest()),
};

function framesOf(id: string, direction: string): readonly string[] {
  const session = sessions.find((one) => one.id === id);
  return (session?.frames ?? []).filter((frame) => frame.direction === direction).map(({ hex }) => hex);
}

/** The link of the transport, with the addresses of the recording. */
function linkOf(session: Session): LinkMachine<LinkCommand, LinkEvent | { readonly type: 'unsolicited' | 'notification' | 'dropped' }> {
  const first = octetsOf(session.frames[0]?.hex ?? '');
  if (session.transport === 'wrapper') {
    const { sourceWPort, destinationWPort } = mustDecode(wrapper.decodeWrapperFrame(first));
    return new wrapper.WrapperLink({ clientWPort: sourceWPort, serverWPort: destinationWPort });
  }
  const { source, destination } = mustDecode(hdlc.decodeHdlcFrame(first));
  return new hdlc.HdlcClientLink({ client: source.upper, server: destination });
}

function piecesOf(octets: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0, turn = 0; at < octets.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    pieces.push(octets.slice(at, at + size));
    at += size;
  }
  return pieces;
}

const CUTS: Readonly<Record<string, (octets: Uint8Array, transport: string) => Uint8Array[]>> = {
  'whole frames': (octets) => [octets],
  'pieces of one octet': (octets) => piecesOf(octets, [1]),
  'pieces of many sizes': (octets) => piecesOf(octets, [3, 1, 11, 2, 40, 7]),
  'pieces with noise between frames': (octets, transport) => [octetsOf(transport === 'wrapper' ? 'FF5580' : '0055FFA00D'), ...piecesOf(octets, [5])],
};

for (const session of sessions) {
  const script = SCRIPTS[session.id];
  if (script === undefined) continue;
  for (const [how, cut] of Object.entries(CUTS)) {
    test(`${session.id}: the scripted client sends the recorded frames, the meter's come in ${how}`, (t) => {
      const link = linkOf(session);
      const commands = [...script()];
      const sent: string[] = [];
      const told: LinkEvent['type'][] = [];
      const say = (): void => {
        const payload = commands.shift();
        drive({ type: 'command', command: payload === undefined ? { type: 'close' } : { type: 'request', payload } });
      };
      const drive = (input: Parameters<typeof link.step>[0]): void => {
        const { send, events } = link.step(input, 0);
        sent.push(...send.map(toHex));
        for (const event of events) {
          if (event.type === 'opened' || event.type === 'reply' || event.type === 'closed') told.push(event.type);
          if (event.type === 'opened' || event.type === 'reply') say();
        }
      };
      drive({ type: 'command', command: { type: 'open' } });
      let asked = 0;
      for (const { direction, hex } of session.frames) {
        if (direction === 'meter->client') for (const octets of cut(octetsOf(hex), session.transport)) drive({ type: 'octets', octets });
        // The recorded client waited no longer for the answer to its release.
        else if (++asked > sent.length && link instanceof hdlc.HdlcClientLink) drive({ type: 'command', command: { type: 'close' } });
      }
      const recorded = framesOf(session.id, 'client->meter');
      t.deepEqual(sent, recorded);
      t.is(told[0], 'opened');
    });
  }
}

test('every recorded DLMS session has a script', (t) => {
  const dlms = sessions.filter(({ transport }) => transport === 'hdlc' || transport === 'wrapper').map(({ id }) => id);
  t.deepEqual(Object.keys(SCRIPTS).sort(), [...dlms].sort());
});

/** What the meter said, built anew by the codecs where they can build it: its own defects cannot be. */
test('the meter of every session is rebuilt by the codecs, except where its octets are defective', (t) => {
  let rebuilt = 0;
  for (const session of sessions.filter(({ id }) => id in SCRIPTS)) {
    for (const { direction, hex } of session.frames) {
      if (direction !== 'meter->client') continue;
      const octets = octetsOf(hex);
      if (session.transport === 'wrapper') {
        const frame = mustDecode(wrapper.decodeWrapperFrame(octets));
        const payload = rebuild(frame.payload) ?? frame.payload;
        t.is(toHex(must(wrapper.encodeWrapperFrame({ ...frame, payload }))), hex);
        continue;
      }
      const frame = mustDecode(hdlc.decodeHdlcFrame(octets));
      const { llc, payload } = hdlc.stripLlc(frame.information);
      const again = llc === undefined || frame.segmented ? undefined : rebuild(payload);
      if (again !== undefined) rebuilt++;
      const information = again === undefined || llc === undefined ? frame.information : hdlc.addLlc(llc, again);
      t.is(toHex(must(hdlc.encodeHdlcFrame({ ...frame, information }))), hex);
    }
  }
  t.true(rebuilt >= 15, `${rebuilt} frames were built from APDUs`);
});

/** The APDU encoded again; ciphered ones opened and sealed again. Undefined where a leniency was needed. */
function rebuild(payload: Uint8Array): Uint8Array | undefined {
  const decoded = apdu.decodeApdu(payload);
  if (decoded.kind !== 'good' || decoded.leniencies.length > 0) return undefined;
  if (!apdu.isCiphered(decoded.value)) return must(apdu.encodeApdu(decoded.value));
  const { securityControl, invocationCounter } = decoded.value;
  const opened = security.openApdu(payload, { keys: KEYS, senderTitle: TITLE });
  if (opened.kind !== 'good' || opened.leniencies.length > 0 || opened.value.plain === undefined) return undefined;
  const form = decoded.value.pdu === 'general-glo-ciphering' ? 'general-glo' : 'glo';
  return must(security.sealApdu(opened.value.plain, { form, securityControl, systemTitle: TITLE, invocationCounter, keys: KEYS }));
}
