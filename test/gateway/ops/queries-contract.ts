/** What search and counts must answer, whatever store is underneath: registered for each adapter by its own file. */
import type { ExecutionContext } from 'ava';
import { Reindex } from '../../../actors/engine/reindex.ts';
import type { ActorDoc, Store } from '../../../actors/store/store.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { startWorld } from '../../support/gateway/world.ts';
import { MPAN } from '../../support/machines/appointment-world.ts';
import { create, doc as storedDoc, update } from '../../support/store/documents.ts';
import { webhookWorld } from '../../support/webhook-world.ts';

type Open = () => Promise<{ readonly store: Store; dispose(): Promise<void> }>;
// biome-ignore lint/suspicious/noExplicitAny: what came over the wire
type Json = any;

const SHARDS = 4;

/** An engine over that store and a gateway over the engine. */
async function queriesWorld(open: Open) {
  const opened = await open();
  const clock = new FakeClock();
  const w = await webhookWorld({ store: opened.store, clock, engine: { shards: SHARDS } });
  const gateway = await startWorld({}, { engine: w.engine, clock });
  const get = async (path: string): Promise<{ status: number; body: Json }> => {
    const response = await gateway.fetch(`/ops/v1${path}`, { headers: { authorization: `Bearer ${gateway.token}` } });
    return { status: response.status, body: await response.json() };
  };
  return {
    ...w,
    get,
    /** Items of all pages. */
    async all(path: string, limit: number, between: () => Promise<unknown> = async () => {}): Promise<Json[]> {
      const items: Json[] = [];
      for (let cursor: string | null = ''; cursor !== null; ) {
        const page: { body: Json } = await get(`${path}&limit=${limit}${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`);
        items.push(...page.body.items);
        cursor = page.body.cursor;
        await between();
      }
      return items;
    },
    async close(): Promise<void> {
      await gateway.close();
      await w.close();
      await opened.dispose();
    },
  };
}

/** As the store keeps a meter action. */
function action(n: number, requestReference: string, serialNumber: string): ActorDoc {
  const request = { requestId: n, requestReference, owner: 'mts', target: { meterType: 'CEWE', serialNumber, remoteAddress: '10.0.0.1:1' } };
  return storedDoc(n, {
    id: `action:${n}`,
    kind: 'action',
    state: 'waiting',
    shard: 0,
    snapshot: { context: { request, end: null } } as never,
    indexes: { requestId: [String(n)], requestReference: [requestReference], serialNumber: [serialNumber] },
  });
}

type Declare = (title: string, run: (t: ExecutionContext) => Promise<void>) => unknown;

export function queriesContract(declare: Declare, open: Open): void {
  declare('search by MPAN finds its records and its processes of every supplier, page by page, while others come', async (t) => {
    const w = await queriesWorld(open);
    const mine = await w.ended('SUPX');
    const mpan = mine.key;
    await w.command(mpan, 'mpan.import', { mpan, lines: [{ mpid: 'SUPZ', supplierDipId: '2300000013', facts: {} }] });
    await w.ended('SUPX');
    const found = await w.all(`/search?mpan=${mpan}`, 1, () => w.ended('SUPY'));
    t.deepEqual(
      found.map(({ actor }: Json) => actor),
      [`mpan:SUPX:${mpan}`, `mpan:SUPZ:${mpan}`, mine.id],
    );
    t.like(found[2], { kind: 'appointment', state: 'FAILED', reason: 'operator_cancelled', mpid: 'SUPX', mpan, requestId: mine.id.slice(12), parked: false });
    t.deepEqual((await w.get(`/search?mpan=${MPAN}`)).body, { items: [], cursor: null });
    await w.close();
  });

  declare('search by request id, request reference and serial number', async (t) => {
    const w = await queriesWorld(open);
    const process = await w.ended();
    await w.store.commit([action(1234, 'REF-1', 'SN1'), action(1235, 'REF-1', 'SN2'), action(1236, 'REF-2', 'SN1')].map((one) => [create(one)]));
    const ids = async (query: string): Promise<string[]> => (await w.all(`/search?${query}`, 1)).map(({ actor }: Json) => actor);
    t.deepEqual(await ids(`requestId=${process.id.slice(12).toUpperCase()}`), [process.id]);
    t.deepEqual(await ids('requestId=1235'), ['action:1235']);
    t.deepEqual(await ids('requestReference=REF-1'), ['action:1234', 'action:1235']);
    t.deepEqual(await ids('serialNumber=SN1'), ['action:1234', 'action:1236']);
    t.like((await w.get('/search?requestId=1234')).body.items[0], { requestReference: 'REF-1', serialNumbers: ['SN1'], owner: 'mts', mpan: null });
    t.deepEqual(await ids('serialNumber=SN3'), []);
    await w.close();
  });

  declare('a search needs exactly one criterion, well-formed, and a cursor of its own', async (t) => {
    const w = await queriesWorld(open);
    for (const query of ['', 'mpan=1&requestId=1', 'mpan=123', 'requestId=x', 'serialNumber=', 'limit=0&mpan=2000056535971', 'color=red&requestId=1']) {
      t.like(await w.get(`/search?${query}`), { status: 422, body: { code: 'invalid_value' } }, query);
    }
    const mine = await w.ended();
    const { cursor } = (await w.get(`/search?mpan=${mine.key}&limit=1`)).body;
    for (const bad of [`requestId=1&cursor=${cursor}`, `mpan=${MPAN}&cursor=${cursor}`, `mpan=${MPAN}&cursor=abc`]) {
      t.like(await w.get(`/search?${bad}`), { status: 422, body: { code: 'cursor_invalid' } }, bad);
    }
    await w.close();
  });

  declare('counts by kind, state, age and reason are those of the store, over all shards, in pages', async (t) => {
    const w = await queriesWorld(open);
    for (let n = 0; n < 3; n++) await w.ended();
    const old = w.clock.now() - 3 * 86_400_000;
    await w.store.commit([1, 2].map((n) => [create({ ...action(n, 'R', 'S'), shard: n, since: old, createdAt: old, changedAt: old })]));
    const rows = await w.all('/counts?by=kind,state', 2);
    t.deepEqual(
      rows.filter(({ kind }: Json) => kind === 'appointment' || kind === 'action'),
      [
        { kind: 'action', state: 'waiting', count: 2 },
        { kind: 'appointment', state: 'FAILED', count: 3 },
      ],
    );
    t.deepEqual((await w.get('/counts?kind=appointment')).body.items, [
      { kind: 'appointment', state: 'FAILED', age: '0d', reason: 'operator_cancelled', count: 3 },
    ]);
    t.deepEqual((await w.get('/counts?kind=action&by=age')).body.items, [{ age: '2-6d', count: 2 }]);
    t.deepEqual((await w.get('/counts?age=2-6d&by=state')).body.items, [{ state: 'waiting', count: 2 }]);
    t.deepEqual((await w.get('/counts?reason=operator_cancelled&by=reason')).body.items, [{ reason: 'operator_cancelled', count: 3 }]);
    await w.clock.advance(2_000);
    await w.ended();
    await w.clock.advance(2_000);
    t.is((await w.get('/counts?kind=appointment')).body.items[0].count, 4);
    for (const bad of ['by=color', 'age=3d', 'limit=0', 'cursor=%00']) t.is((await w.get(`/counts?${bad}`)).status, 422, bad);
    await w.close();
  });

  declare('meter points of before are found by serial number once they were indexed again; those that are right are left alone', async (t) => {
    const w = await queriesWorld(open);
    const process = await w.ended();
    const [record] = await w.store.get([`mpan:SUPX:${process.key}`]);
    const meter = { items: {}, from: '2026-01-01', since: '2026-01-01', stamped: {} };
    const { context } = record!.snapshot as { context: object };
    const withMeters = { ...(record!.snapshot as object), context: { ...context, meters: { E1: meter, E2: meter } } };
    // As a version without that index left it.
    await w.store.commit([[update(record!, { snapshot: withMeters as never })]]);
    t.deepEqual((await w.get('/search?serialNumber=E1')).body.items, []);
    const commands: string[] = [];
    const second = await webhookWorld({ store: w.store, clock: w.clock, engine: { shards: SHARDS } });
    const reindex = (): Reindex =>
      new Reindex({
        ports: { clock: w.clock, log: w.log },
        store: w.store,
        registry: second.registry,
        command: (command) => {
          commands.push(command.id);
          return second.engine.command(command);
        },
        mayGo: () => true,
      });
    for (let life = 0; life < 2; life++) {
      const pass = reindex();
      pass.start();
      await w.until(async () => (await w.store.getMeta('indexes.mpan')) === 2);
      await pass.stop();
    }
    t.deepEqual(commands, [`reindex:mpan:SUPX:${process.key}`]);
    t.like((await w.get('/search?serialNumber=E2')).body.items[0], { actor: `mpan:SUPX:${process.key}`, serialNumbers: ['E1', 'E2'] });
    await second.engine.stop();
    await w.close();
  });
}
