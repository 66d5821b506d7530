import anyTest, { type TestFn } from 'ava';
import type { InboundRequest } from '../../actors/dip/index.ts';
import { startWorld, type World } from '../support/gateway/world.ts';

const test = anyTest as TestFn<World & { received: InboundRequest[] }>;

test.beforeEach(async (t) => {
  const received: InboundRequest[] = [];
  const receive = async (request: InboundRequest) => {
    received.push(request);
    return { status: 207, headers: { 'content-type': 'application/json', 'retry-after': '3' }, body: '{"messageArray":[]}' };
  };
  t.context = Object.assign(await startWorld({ maxDipBodyBytes: 100_000 }, { receiver: { receive } }), { received });
});
test.afterEach.always((t) => t.context.close());

async function get(world: World, path: string): Promise<{ status: number; body: unknown }> {
  const response = await world.fetch(path, { headers: { 'x-api-key': world.key } });
  return { status: response.status, body: await response.json() };
}

function seedMpan(world: World): void {
  world.face.seed({
    id: 'mpan:SUPX:2000056535971',
    kind: 'mpan',
    snapshot: {
      context: {
        mpid: 'SUPX',
        mpan: '2000056535971',
        facts: { gsp_group_id: '_A', distributor_dip_id: '1000000010' },
        versions: {},
        meteringServices: [],
        dataServices: [],
        linked: [],
        related: [],
        meters: {
          M1: {
            items: { meter_type: 'S2ADE', meter_installation_datetime: '2021-06-14T00:00:00+01:00' },
            from: '2026-03-30',
            since: '2026-03-30',
            stamped: {},
          },
        },
      },
    },
  });
}

test('an MPAN record is shown to its supplier', async (t) => {
  seedMpan(t.context);
  const { status, body } = await get(t.context, '/mpan/v1/SUPX?mpan_id=2000056535971');
  t.is(status, 200);
  t.like(body as object, { mpan_core: 2000056535971, gsp_group_id: '_A', distributor_dip_id: '1000000010' });
});

test('404: an MPAN that is not known; 422: none given, or a bad one', async (t) => {
  t.is((await get(t.context, '/mpan/v1/SUPX?mpan_id=2000056535971')).status, 404);
  t.is((await get(t.context, '/mpan/v1/SUPX')).status, 422);
  t.is((await get(t.context, '/mpan/v1/SUPX?mpan_id=12')).status, 422);
});

test('meters are listed as of a day; an unknown MPAN has none', async (t) => {
  seedMpan(t.context);
  const path = '/meter-technical-details/v1/SUPX?mpan_id=2000056535971';
  t.like(((await get(t.context, path)).body as object[])[0], { meter_id: 'M1', meter_type: 'S2ADE' });
  t.deepEqual((await get(t.context, `${path}&as_of=2020-01-01`)).body, []);
  t.is((await get(t.context, `${path}&as_of=soon`)).status, 422);
  t.deepEqual((await get(t.context, '/meter-technical-details/v1/SUPX?mpan_id=1900012374324')).body, []);
});

test('agents: by DIP id, an empty list for none, and all', async (t) => {
  t.deepEqual(await get(t.context, '/agents/v1/SUPX?dip_id=1234567890'), { status: 200, body: [] });
  t.deepEqual(await get(t.context, '/agents/v1/SUPX/list'), { status: 200, body: [] });
  t.is((await get(t.context, '/agents/v1/SUPX')).status, 422);
  t.is((await get(t.context, '/agents/v1/SUPX?dip_id=1')).status, 422);
});

test('a callback reaches the receiver with its raw bytes, headers in lower case, and the path as called', async (t) => {
  const body = Buffer.from([0x5b, 0x20, 0xff, 0x5d]);
  const response = await t.context.fetch('/dip/inbound/IF-035?a=b%20c', {
    method: 'POST',
    body,
    headers: { 'X-DIP-Signature': 'Sig', 'content-type': 'application/json' },
  });
  t.is(response.status, 207);
  t.is(response.headers.get('retry-after'), '3');
  t.is(response.headers.get('content-type'), 'application/json');
  t.is(await response.text(), '{"messageArray":[]}');
  const [request] = t.context.received;
  t.like(request!, { interface: 'IF-035', method: 'POST', url: '/dip/inbound/IF-035?a=b%20c' });
  t.is(request!.headers['x-dip-signature'], 'Sig');
  t.deepEqual(request!.body, body);
});

test('status messages have a path of their own', async (t) => {
  await t.context.fetch('/dip/inbound/status', { method: 'POST', body: '[]' });
  t.is(t.context.received[0]!.interface, 'status');
});

test('413: a callback above its limit', async (t) => {
  t.regex(
    await t.context.raw(`POST /dip/inbound/IF-035 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 200000\r\n\r\n${'a'.repeat(200_000)}`),
    /^HTTP\/1\.1 413 /,
  );
});
