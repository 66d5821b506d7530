/** Counters in doubt, settled by the simulated meter's own: `0.0.43.1.0.255` through client 16 (meter-protocols 5.9). */
import { connect } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { DialogueError } from '../../../../actors/dialogue/dialogue.ts';
import type { DlmsDialogueSetup } from '../../../../actors/dialogue/dlms/index.ts';
import { type MeterFarm, type MeterSpec, startMeters } from '../../../../ops/sim/meters/index.ts';
import { startPeer } from '../../../support/link/peer.ts';
import { dialogueWith, profile, services, type TestServices, within } from './rig.ts';

const KEYS = { encryptionKey: '000102030405060708090A0B0C0D0E0F', authenticationKey: 'D0D1D2D3D4D5D6D7D8D9DADBDCDDDEDF' };
const ISKRA: MeterSpec = { meterType: 'ISKRA_MX37X', serialNumber: '12345678', dlms: { ...KEYS, mechanism: 5, clientCounter: 70_000 } };
const TIMING = { replyTimeoutMs: 400, retries: 1 };

type Framing = 'hdlc' | 'wrapper';

async function farm(t: ExecutionContext, spec: MeterSpec): Promise<MeterFarm & { readonly port: number }> {
  const started = await startMeters({ controlPort: null }, [spec]);
  t.teardown(() => started.stop());
  return Object.assign(started, { port: started.meters[0]!.port });
}

/** A meter of an older edition: it refuses a counter without saying which it wants. The four octets are cut out of what goes by on the wrapper. */
async function withoutFloor(t: ExecutionContext, meterPort: number): Promise<number> {
  const peer = await startPeer(t, (client) => {
    const meter = connect({ host: '127.0.0.1', port: meterPort, noDelay: true });
    client.on('data', (octets) => void meter.write(octets));
    client.on('close', () => meter.destroy());
    meter.on('close', () => client.destroy());
    meter.on('data', (octets: Buffer) => {
      const isRefusal = octets.length === 15 && octets[8] === 0xd8 && octets[10] === 6;
      if (!isRefusal) client.write(octets);
      else client.write(Buffer.concat([octets.subarray(0, 6), Buffer.of(0, 3), octets.subarray(8, 11)]));
    });
  });
  return peer.port;
}

/** Counters from a store that was restored; `doubtful` once. */
function restored(from: number): TestServices {
  const given = services({}, from);
  let isTold = false;
  return {
    ...given,
    reserveCounters: async (title, mark, floor) => {
      const reserved = await given.reserveCounters(title, mark, floor);
      const doubtful = !isTold && floor === undefined;
      isTold = true;
      return { ...reserved, doubtful };
    },
  };
}

const dialogue = (t: ExecutionContext, port: number, framing: Framing, given: TestServices, change: Partial<DlmsDialogueSetup> = {}) =>
  dialogueWith(t, port, { profile: profile({ mechanism: 'hls-gmac', framing }, { timing: TIMING }), services: given, ...change });

test('a counter refused without a floor: the meter is asked for its own, and the log-in comes again above it', async (t) => {
  const meters = await farm(t, ISKRA);
  const given = services({}, 100);
  const talk = await dialogue(t, await withoutFloor(t, meters.port), 'wrapper', given);
  await talk.signOn(within());
  await talk.logIn(within());
  t.is(await talk.readSerial(within()), '12345678');
  t.deepEqual(
    given.reserved.map(({ floor }) => floor),
    [undefined, 70_001],
  );
  await talk.logOff(within());
});

test('a meter that refuses without a floor and does not tell its own counter: class meter, asked once', async (t) => {
  const meters = await farm(t, { ...ISKRA, dlms: { ...ISKRA.dlms, client: 16 } });
  const given = services({}, 100);
  const talk = await dialogue(t, await withoutFloor(t, meters.port), 'wrapper', {
    ...given,
    // Above what the meter tells, as far as the store knows, and yet refused.
    reserveCounters: async (title, mark) => given.reserveCounters(title, mark),
  });
  await talk.signOn(within());
  const error = await t.throwsAsync(talk.logIn(within()), { instanceOf: DialogueError });
  t.is(error.class, 'meter');
  t.true(given.reserved.length <= 2);
});

for (const framing of ['hdlc', 'wrapper'] as const) {
  test(`${framing}: after a restore the meter is asked before a counter is used`, async (t) => {
    const meters = await farm(t, { ...ISKRA, framing });
    const given = restored(100);
    const talk = await dialogue(t, meters.port, framing, given);
    await talk.signOn(within());
    await talk.logIn(within());
    t.is(await talk.readSerial(within()), '12345678');
    t.deepEqual(
      given.reserved.map(({ floor }) => floor),
      [undefined, 70_001],
    );
    await talk.logOff(within());
  });
}

test('by short names too', async (t) => {
  const meters = await farm(t, {
    meterType: 'LG_DLMS',
    serialNumber: '50034481',
    framing: 'hdlc',
    dlms: { ...KEYS, mechanism: 5, referencing: 'SN', clientCounter: 70_000 },
  });
  const given = restored(100);
  const talk = await dialogue(t, meters.port, 'hdlc', given, {
    profile: profile({ mechanism: 'hls-gmac', framing: 'hdlc', referencing: 'SN' }, { timing: TIMING }, 'LG_DLMS'),
    serialNumber: '50034481',
  });
  await talk.signOn(within());
  await talk.logIn(within());
  t.is(given.reserved[1]?.floor, 70_001);
});

test('after a restore a meter that does not tell its counter is logged into with the raised one', async (t) => {
  const meters = await farm(t, { ...ISKRA, framing: 'hdlc', dlms: { ...ISKRA.dlms, clientCounter: 5, client: 100, serverUpper: 1, serverLower: 17 } });
  const given = restored(1_000_001);
  const peer = await startPeer(t, (client) => {
    const meter = connect({ host: '127.0.0.1', port: meters.port, noDelay: true });
    // Frames of client 16 (21) never arrive.
    client.on('data', (octets: Buffer) => void (octets.includes(Buffer.from([0x21, 0x93])) || meter.write(octets)));
    client.on('close', () => meter.destroy());
    meter.on('data', (octets: Buffer) => void client.write(octets));
    meter.on('close', () => client.destroy());
  });
  const talk = await dialogue(t, peer.port, 'hdlc', given);
  await talk.signOn(within(6_000));
  await talk.logIn(within(6_000));
  t.is(await talk.readSerial(within()), '12345678');
  t.deepEqual(
    given.reserved.map(({ floor }) => floor),
    [undefined],
  );
});
