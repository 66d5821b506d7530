/** The channel against the simulated market, which shares no code with it: HTTPS, signatures both ways, journal, replay, requeue. */
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { createDip, type Dip } from '../../../actors/dip/dip.ts';
import type { InboundPayload } from '../../../actors/dip/intake.ts';
import type { Command } from '../../../actors/engine/definition.ts';
import type { EngineFace } from '../../../actors/engine/face.ts';
import { type Market, startMarket } from '../../../ops/sim/market/index.ts';
import { makePair } from '../../support/dip/keys.ts';
import { if031 } from '../../support/dip/messages.ts';
import { dipOptions, effectOf } from '../../support/dip/world.ts';
import { realPorts } from '../../support/real-ports.ts';

interface World {
  readonly dip: Dip;
  readonly market: Market;
  readonly taken: InboundPayload[];
  /** Resolves when that many messages of the interface have been taken in. */
  arrived(name: string, count: number): Promise<void>;
}

async function world(t: ExecutionContext, marketChange: object = {}): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'dip-'));
  const pair = await makePair('us');
  const taken: InboundPayload[] = [];
  let wake = (): void => {};
  const engine = {
    store: { find: async () => [], get: async () => [] },
    command: async (command: Command) => {
      taken.push(command.payload as InboundPayload);
      wake();
      return { kind: 'handled', outcomes: [] };
    },
  } as unknown as EngineFace;

  let dip: Dip | undefined;
  const callbacks = createServer(async (request, reply) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const url = request.url ?? '';
    const headers = request.headers as Record<string, string>;
    const answer = await dip!.receiver.receive({
      interface: url.split('/').at(-1) ?? '',
      method: request.method ?? '',
      url,
      headers,
      body: Buffer.concat(chunks),
      receivedAt: Date.now(),
    });
    reply.writeHead(answer.status, answer.headers).end(answer.body);
  });
  callbacks.listen(0, '127.0.0.1');
  await once(callbacks, 'listening');
  const market = await startMarket({
    dataDir: join(folder, 'market'),
    trustedThumbprints: [pair.thumbprint],
    initialMs: 20,
    outcomeMs: 40,
    activeMs: 60,
    checkDates: false,
    ...marketChange,
  });
  const write = async (name: string, text: string): Promise<string> => {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  };
  const options = dipOptions({
    baseUrl: market.url,
    callbackBaseUrl: `http://127.0.0.1:${(callbacks.address() as AddressInfo).port}`,
    signingKeyFile: await write('us.key', pair.key),
    signingCertificateFile: await write('us.crt', pair.cert),
    ...(market.caFile === null ? {} : { caFile: market.caFile }),
    trustedCertificates: [market.certificateThumbprint],
    gap: { pollMs: 20 },
  });
  const memory = { load: async () => null, save: async () => {} };
  dip = await createDip({ options, ports: realPorts(), engine: () => engine, memory, onCircuit: () => {} });
  t.teardown(async () => {
    await dip?.close();
    await market.stop();
    callbacks.closeAllConnections();
    callbacks.close();
    await rm(folder, { recursive: true, force: true });
  });
  return {
    dip,
    market,
    taken,
    arrived: (name, count) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (taken.filter(({ message }) => message.interface === name).length >= count) resolve();
        };
        wake = look;
        look();
      }),
  };
}

const opened = (dip: Dip): Promise<void> => new Promise((resolve) => dip.gate.onOpen(resolve));
const never = new AbortController().signal;

function sendOf(n: number) {
  const sur = `S-IF-031-2300000012-SUP-20260324-${String(n).padStart(32, '0')}`;
  return effectOf({ sur, body: JSON.stringify(if031(sur)) });
}

test('the market accepts what we send, and its answers come back by signed callbacks', async (t) => {
  const { dip, taken, arrived } = await world(t);
  await dip.start(null);
  const result = await dip.channels[0]!.perform(sendOf(1), 1, never);
  t.like(result, { kind: 'done', event: { type: 'dip.accepted' } });
  await arrived('IF-036', 1);
  const messages = taken.map(({ message }) => message);
  t.deepEqual(
    messages.map((message) => message.interface),
    ['IF-032', 'IF-035', 'IF-036'],
  );
  t.like(messages[0], { response: { code: 'A' }, mpan: '2000056535971' });
  t.is(messages[2]?.incoming?.effectiveFrom, '2026-03-30');
  t.true(
    result.kind === 'done' &&
      messages.some((message) => [message.senderCorrelationId, message.initialCorrelationId].includes(String(result.event?.correlationId))),
  );
});

test('the journal, the replay and the requeue of the market are understood', async (t) => {
  const { dip, taken, arrived } = await world(t);
  await dip.start(null);
  const effect = sendOf(2);
  await dip.channels[0]!.perform(effect, 1, never);
  await arrived('IF-036', 1);
  const query = (data: object) => dip.channels[1]!.perform({ ...effect, channel: 'dip-query', data: data as never }, 1, never);

  t.like(await query({ interface: 'IF-031', sur: effect.key, supplierDipId: '2300000012', test: false }), {
    event: { type: 'delivery.status', outcome: 'delivered' },
  });
  t.like(await query({ interface: 'IF-031', sur: `${effect.key}r9`, supplierDipId: '2300000012', test: false }), { event: { outcome: 'not-delivered' } });

  const before = taken.length;
  const window = { from: Date.now() - 60_000, to: Date.now() };
  t.like(await query({ interface: 'IF-035', supplierDipId: '2300000012', mpan: '2000056535971', ...window, test: false }), {
    event: { type: 'replay.answered', outcome: 'accepted' },
  });
  t.true(taken.slice(before).some(({ message }) => message.interface === 'IF-035' && message.sur === taken[1]?.message.sur));
});

test('after a gap the market sends everything again, and then the gate opens', async (t) => {
  const { dip, taken, arrived } = await world(t);
  t.false(dip.gate.open);
  await dip.start(null);
  await dip.channels[0]!.perform(sendOf(3), 1, never);
  await arrived('IF-036', 1);
  const before = taken.length;
  await dip.start(Date.now() - 3_600_000);
  t.false(dip.gate.open);
  await opened(dip);
  const again = new Set(taken.slice(before).map(({ message }) => message.interface));
  t.deepEqual([...again].sort(), ['IF-032', 'IF-035', 'IF-036']);
});
