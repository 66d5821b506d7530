/** A scripted DLMS meter on a real socket: the codec's server links around what the test answers. */
import type { Socket } from 'node:net';
import type { ExecutionContext } from 'ava';
import type { StepLimits } from '../../../../actors/dialogue/dialogue.ts';
import { createDlmsDialogue, type DlmsDialogueSetup, type DlmsKeys } from '../../../../actors/dialogue/dlms/index.ts';
import type { DialogueServices } from '../../../../actors/dialogue/services.ts';
import { BUILT_IN_PROFILES, type MeterProfile } from '../../../../actors/profile/index.ts';
import { apdu, data, fromHex, hdlc, must, mustDecode, wrapper } from '../../../../workers/codec/index.ts';
import { openTo, startPeer } from '../../../support/link/peer.ts';
import { realClock } from '../../../support/real-ports.ts';

/** What the meter says to an APDU: octets or an APDU; `silence`; `disconnect` (DM to the next poll). */
export type Said = apdu.Apdu | Uint8Array | 'silence' | 'disconnect' | 'frame-reject' | 'close' | readonly (apdu.Apdu | Uint8Array)[];

export type Script = (asked: apdu.PlainApdu, octets: Uint8Array) => Said | Promise<Said>;

export interface ScriptedMeter {
  readonly port: number;
  /** Every APDU that came, in order. */
  readonly asked: apdu.PlainApdu[];
  readonly octets: Uint8Array[];
  /** SNRM on HDLC. */
  links: number;
  sockets: Socket[];
  /** Octets that are lost on their way to the meter, HDLC. */
  lose: (octets: Uint8Array) => boolean;
  /** Says something that nobody asked for, on the wrapper. */
  say(said: apdu.Apdu): void;
}

const octetsOf = (said: apdu.Apdu | Uint8Array): Uint8Array => (said instanceof Uint8Array ? said : must(apdu.encodeApdu(said)));

export async function startMeter(
  t: ExecutionContext,
  framing: 'hdlc' | 'wrapper',
  script: Script,
  options: hdlc.HdlcServerOptions = {},
): Promise<ScriptedMeter> {
  const meter = { asked: [] as apdu.PlainApdu[], octets: [] as Uint8Array[], links: 0, sockets: [] as Socket[], lose: (_octets: Uint8Array): boolean => false };
  let say = (_said: apdu.Apdu): void => {};
  const hear = (octets: Uint8Array): apdu.PlainApdu => {
    const heard = mustDecode(apdu.decodeApdu(octets), octets.length) as apdu.PlainApdu;
    meter.asked.push(heard);
    meter.octets.push(octets);
    return heard;
  };
  const onHdlc = (socket: Socket): void => {
    const link = new hdlc.HdlcServerLink({ server: hdlc.serverAddress(1, 17), ...options });
    const run = async (input: Parameters<typeof link.step>[0]): Promise<void> => {
      const { send, events } = link.step(input, performance.now());
      for (const frame of send) socket.write(frame);
      for (const event of events) {
        if (event.type === 'connected') meter.links++;
        if (event.type !== 'request') continue;
        const said = await script(hear(event.payload), event.payload);
        if (said === 'disconnect') {
          await run({ type: 'command', command: { type: 'disconnect' } });
          socket.write(must(hdlc.encodeHdlcFrame({ type: 'DM', destination: hdlc.clientAddress(100), source: hdlc.serverAddress(1, 17), pf: true })));
        } else if (said === 'frame-reject') {
          await run({ type: 'command', command: { type: 'disconnect' } });
          const information = fromHex('100201')!;
          socket.write(
            must(hdlc.encodeHdlcFrame({ type: 'FRMR', destination: hdlc.clientAddress(100), source: hdlc.serverAddress(1, 17), pf: true, information })),
          );
        } else if (said === 'close') socket.destroy();
        else if (said !== 'silence') await run({ type: 'command', command: { type: 'reply', payload: octetsOf(said as apdu.Apdu) } });
      }
    };
    socket.on('data', (octets) => {
      if (!meter.lose(octets)) void run({ type: 'octets', octets });
    });
  };
  const onWrapper = (socket: Socket): void => {
    const link = new wrapper.WrapperServerLink();
    const send = (said: apdu.Apdu | Uint8Array, ports: { clientWPort: number; serverWPort: number }): void => {
      for (const frame of link.step({ type: 'command', command: { type: 'send', payload: octetsOf(said), ...ports } }, 0).send) socket.write(frame);
    };
    socket.on('data', async (octets) => {
      for (const event of link.step({ type: 'octets', octets }, 0).events) {
        if (event.type !== 'request') continue;
        const { clientWPort, serverWPort } = event;
        say = (said) => send(said, { clientWPort, serverWPort });
        const said = await script(hear(event.payload), event.payload);
        if (said === 'close') socket.destroy();
        else if (Array.isArray(said)) for (const one of said) send(one as apdu.Apdu, { clientWPort, serverWPort });
        else if (said !== 'silence' && said !== 'disconnect' && said !== 'frame-reject') send(said as apdu.Apdu, { clientWPort, serverWPort });
      }
    });
  };
  const peer = await startPeer(t, (socket) => {
    meter.sockets.push(socket);
    (framing === 'hdlc' ? onHdlc : onWrapper)(socket);
  });
  return Object.assign(meter, { port: peer.port, say: (said: apdu.Apdu) => say(said) });
}

// What meters say

const HEAD = { pdu: 'AARE', contextName: 'LN', result: 0, diagnosticSource: 'acse-service-user', diagnostic: 0 } as const;

export const initiated = (vaaName = 0x0007, conformance = '001E1D'): apdu.InitiateResponse => ({
  pdu: 'initiate-response',
  dlmsVersion: 6,
  oldConformanceTag: false,
  conformance: fromHex(conformance)!,
  maxReceivePduSize: 1024,
  vaaName,
});

export const accepted = (change: Partial<apdu.Aare> = {}): apdu.Aare => ({
  ...HEAD,
  userInformation: initiated(change.contextName?.startsWith('SN') ? 0xfa00 : 7),
  ...change,
});
export const rejected = (diagnostic: number, change: Partial<apdu.Aare> = {}): apdu.Aare => ({ ...HEAD, result: 1, diagnostic, ...change });
export const INITIATE_ERROR: apdu.ConfirmedServiceError = { pdu: 'confirmed-service-error', service: 1, errorChoice: 6, errorValue: 2 };
export const RELEASED: apdu.Release = { pdu: 'RLRE', reason: 0 };

export const dateTime = (epochMs: number, options: Parameters<typeof data.fromInstant>[1] = {}): Uint8Array => {
  const made = data.fromInstant(epochMs, options);
  if (made.kind === 'bad') throw new Error(made.error.rule);
  return must(data.encodeDateTime(made.value));
};

const SERIAL_OBIS = '0.0.96.1.0.255';

export interface PlainMeter {
  aare: (aarq: apdu.Aarq) => Said;
  serial: string;
  /** Meter minus host, milliseconds. */
  offsetMs: number;
  writes: apdu.PlainApdu[];
  setResult: number;
  /** Looked at first. */
  first?: (asked: apdu.PlainApdu) => Said | undefined;
}

/** A meter by logical names, in clear. */
export function plainMeter(change: Partial<PlainMeter> = {}): { readonly state: PlainMeter; readonly script: Script } {
  const state: PlainMeter = { aare: () => accepted(), serial: '12345678', offsetMs: 0, writes: [], setResult: 0, ...change };
  const script: Script = (asked) => {
    const said = state.first?.(asked);
    if (said !== undefined) return said;
    switch (asked.pdu) {
      case 'AARQ':
        return state.aare(asked);
      case 'RLRQ':
        return RELEASED;
      case 'get-request': {
        if (asked.choice !== 'normal') break;
        const { invokeId, confirmed, highPriority, attribute } = asked;
        const head = { pdu: 'get-response', choice: 'normal', invokeId, confirmed, highPriority } as const;
        if (attribute.classId === 8)
          return { ...head, data: { type: 'octet-string', octets: dateTime(Date.now() + state.offsetMs, { hundredths: 'filled' }) } };
        if (attribute.obis.join('.') === SERIAL_OBIS) return { ...head, data: { type: 'octet-string', octets: Buffer.from(` ${state.serial}\0`) } };
        return { ...head, accessResult: 4 };
      }
      case 'set-request': {
        state.writes.push(asked);
        const { invokeId, confirmed, highPriority } = asked;
        return { pdu: 'set-response', choice: 'normal', invokeId, confirmed, highPriority, accessResult: state.setResult };
      }
      case 'action-request': {
        state.writes.push(asked);
        const { invokeId, confirmed, highPriority } = asked;
        return { pdu: 'action-response', choice: 'normal', invokeId, confirmed, highPriority, actionResult: state.setResult };
      }
      default:
    }
    return { pdu: 'exception-response', stateError: 2, serviceError: 2 };
  };
  return { state, script };
}

// The dialogue's side

export const profileOf = (type: string): MeterProfile & { dlms: NonNullable<MeterProfile['dlms']> } => {
  const found = BUILT_IN_PROFILES.find(({ meterType }) => meterType === type);
  if (found?.dlms === undefined) throw new Error(type);
  return found as MeterProfile & { dlms: NonNullable<MeterProfile['dlms']> };
};

const QUICK = { replyTimeoutMs: 150, retries: 1, interOctetMs: 100 };

export function profile(
  dlms: Partial<NonNullable<MeterProfile['dlms']>> = {},
  change: { readonly timing?: Partial<MeterProfile['timing']>; readonly clock?: Partial<MeterProfile['clock']> } = {},
  type = 'ISKRA_MX37X',
): MeterProfile {
  const base = profileOf(type);
  return { ...base, timing: { ...base.timing, ...QUICK, ...change.timing }, clock: { ...base.clock, ...change.clock }, dlms: { ...base.dlms, ...dlms } };
}

export interface TestServices extends DialogueServices {
  readonly reserved: { readonly floor: number | undefined; readonly from: number }[];
}

export function services(keys?: Partial<DlmsKeys>, from = 5_000, count = 1_000): TestServices {
  let next = from;
  const reserved: TestServices['reserved'] = [];
  return {
    reserved,
    meterKeys: async () => keys && { ...TEST_KEYS, release: () => {}, ...keys },
    reserveCounters: async (_title, _mark, floor) => {
      next = Math.max(next, floor ?? 0);
      reserved.push({ floor, from: next });
      next += count;
      return { from: next - count, count };
    },
    random: (octets) => Uint8Array.from({ length: octets }, (_, index) => 0x30 + index),
  };
}

export const TEST_KEYS = {
  suite: 0,
  encryptionKey: fromHex('000102030405060708090A0B0C0D0E0F')!,
  authenticationKey: fromHex('D0D1D2D3D4D5D6D7D8D9DADBDCDDDEDF')!,
  clientSystemTitle: Buffer.from('MWRCLNT1'),
} as const;

export const within = (ms = 3_000, signal = new AbortController().signal): StepLimits => ({ signal, deadlineMs: realClock.monotonic() + ms });

export async function dialogueWith(t: ExecutionContext, port: number, change: Partial<DlmsDialogueSetup> = {}) {
  const link = await openTo(t, port);
  return createDlmsDialogue({
    profile: profile(),
    link,
    clock: realClock,
    password: 'guruX',
    reopen: () => openTo(t, port),
    services: services(),
    canonicalAddress: `tcp:127.0.0.1:${port}`,
    ...change,
  });
}

/** Signed on and logged in. */
export async function loggedIn(t: ExecutionContext, port: number, change: Partial<DlmsDialogueSetup> = {}) {
  const dialogue = await dialogueWith(t, port, change);
  await dialogue.signOn(within());
  await dialogue.logIn(within());
  return dialogue;
}
