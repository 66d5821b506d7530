/** Several nodes on one stream that lost something: each announces again what it serves, and of every shard somebody does. */
import { jetstreamManager } from '@nats-io/jetstream';
import type { ExecutionContext } from 'ava';
import { connect } from 'nats';
import { Value } from 'typebox/value';
import { createEventsChannel, type NatsOptions, NatsOptionsSchema, type OpenBus, openBus } from '../../../actors/bus/index.ts';
import { openMemoryStore } from '../../../actors/store/index.ts';
import type { Effect, Store } from '../../../actors/store/store.ts';
import { type NatsProgram, natsTest } from '../../support/nats-programs.ts';
import { type KeptLog, keptLog, realPorts } from '../../support/real-ports.ts';
import { create, doc, ref, update } from '../../support/store/documents.ts';

const SOURCE = 'urn:meterwright:test';
const STREAM = 'MW_EVENTS';
const SHARDS = [0, 1, 2, 3];

interface Node {
  readonly bus: OpenBus;
  readonly log: KeptLog;
  /** Shards that it serves; changed at will. */
  readonly serves: Set<number>;
}

interface World {
  readonly store: Store;
  node(name: string, ...serves: readonly number[]): Promise<Node>;
  /** One step of an actor; its shard is its number modulo 4. */
  step(actor: number): Promise<Effect>;
  tell(node: Node, ...effects: readonly Effect[]): Promise<string[]>;
  /** The stream is gone with all that is in it; both come back to an empty one. */
  lose(...nodes: readonly Node[]): Promise<void>;
  ids(): Promise<string[]>;
}

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 10_000;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Shards of which it announced something again, each time. */
const again = ({ log }: Node): readonly number[] =>
  log.lines.flatMap(({ text, fields }) =>
    text === 'what the event stream may have lost is announced again' ? [(fields as { readonly shards: number }).shards] : [],
  );

async function world(t: ExecutionContext, program: NatsProgram): Promise<World> {
  const server = await program.start(t);
  const store = openMemoryStore();
  const nodes: Node[] = [];
  const versions = new Map<number, number>();
  const nc = await connect({ servers: server.url });
  t.teardown(() => nc.close());
  const manager = await jetstreamManager(nc);
  return {
    store,
    async node(name, ...shards) {
      const serves = new Set(shards);
      const log = keptLog();
      const options = { ...(Value.Default(NatsOptionsSchema, {}) as NatsOptions), url: server.url, reconnectMinMs: 20, reconnectMaxMs: 50 };
      const others = async (lost: Parameters<OpenBus['lostElsewhere']>[0]) =>
        nodes.filter((one) => one.bus !== bus).flatMap((one) => one.bus.lostElsewhere(lost));
      const own = { serves: (shard: number) => serves.has(shard), others };
      const bus = await openBus(options, realPorts({ log }), { memory: { store, name: `bus.${name}`, source: SOURCE, shards: SHARDS, own } });
      t.teardown(() => bus.close());
      const node: Node = { bus, log, serves };
      nodes.push(node);
      await until('it is connected', () => bus.connected);
      return node;
    },
    async step(actor) {
      const version = (versions.get(actor) ?? 0) + 1;
      versions.set(actor, version);
      const at = Date.now();
      const data = { subject: `mw.evt.appointment.SUPX.${actor}.updated`, type: 'x', data: { mpid: 'SUPX', actorVersion: version } };
      const before = doc(actor, { createdAt: at, version: version - 1 });
      const key = `${before.id}/${version}/0`;
      const effect: Effect = {
        key,
        actor: before.id,
        routingKey: before.key,
        shard: before.shard,
        version,
        n: 0,
        channel: 'events',
        name: 'updated',
        createdAt: at,
        data,
      };
      const more = { effects: [effect], history: [{ version, at, event: 'e', from: null, to: 'x', said: [data] }] };
      await store.commit([[version === 1 ? create(doc(actor, { createdAt: at, changedAt: at }), more) : update(before, { changedAt: at }, more)]]);
      return effect;
    },
    async tell({ bus }, ...effects) {
      const channel = createEventsChannel(bus, { source: SOURCE, maxInFlight: 64 }, realPorts());
      const kinds: string[] = [];
      for (const effect of effects) {
        const { kind } = await channel.perform(effect, 1, new AbortController().signal);
        kinds.push(kind);
        if (kind === 'done') await store.settle([ref(effect)]);
      }
      return kinds;
    },
    async lose(...of) {
      await manager.streams.delete(STREAM);
      // The first event that nobody takes tells each that the stream is gone.
      await Promise.all(of.map(({ bus }) => bus.publish({ subject: 'mw.evt.node.x.y', id: 'x/1/0', payload: '{}' }).catch(() => {})));
      await until('they are back', () => of.every(({ bus }) => bus.connected));
    },
    async ids() {
      const { state } = await manager.streams.info(STREAM);
      const found: string[] = [];
      for (let seq = Math.max(1, state.first_seq); seq <= state.last_seq; seq++) {
        const message = await manager.streams.getMessage(STREAM, { seq });
        if (message) found.push(message.header.get('Nats-Msg-Id'));
      }
      return found.filter((id) => id.startsWith('appointment:')).map((id) => id.replace(/^.*?0*(\d+)\/(\d+)\/0$/, '$1/$2'));
    },
  };
}

natsTest('each node announces again the shards that it serves, and nothing is announced by two', async (t, nats) => {
  const w = await world(t, nats);
  const [a, b] = [await w.node('a', 0, 1), await w.node('b', 2, 3)];
  const steps = await Promise.all([4, 5, 6, 7].map((actor) => w.step(actor)));
  await w.tell(a, ...steps.filter(({ shard }) => shard < 2));
  await w.tell(b, ...steps.filter(({ shard }) => shard >= 2));
  await w.lose(a, b);
  await until('all are there again', async () => (await w.ids()).length === 4);
  t.deepEqual((await w.ids()).sort(), ['4/1', '5/1', '6/1', '7/1']);
  await until('nothing is owed any more', async () => {
    const notes = await Promise.all(['bus.a', 'bus.b'].map((name) => w.store.getMeta(name)));
    return notes.every((note) => (note as { readonly owed?: object }).owed === undefined);
  });
  t.deepEqual([again(a), again(b)], [[2], [2]]);
});

natsTest('what nobody serves when it is lost is announced by whoever has it next, before anything new of it', async (t, nats) => {
  const w = await world(t, nats);
  const a = await w.node('a', 0, 1, 2, 3);
  await w.tell(a, await w.step(4), await w.step(5));
  a.serves.clear();
  await w.lose(a);
  const next = await w.step(5);
  t.deepEqual(await w.ids(), []);
  t.deepEqual(await w.tell(a, next), ['retry'], 'it waits for what was before it');
  a.serves.add(1);
  await until('the shard was told', async () => (await w.ids()).length === 1);
  await until('it may go on', async () => (await w.tell(a, next))[0] === 'done');
  t.deepEqual(await w.ids(), ['5/1', '5/2']);
  a.serves.add(0);
  await until('the other too', async () => (await w.ids()).includes('4/1'));
});

natsTest('an owner that noticed no loss announces what another node found to be lost, once, and says when it has', async (t, nats) => {
  const w = await world(t, nats);
  const a = await w.node('a', 1, 2);
  await w.tell(a, await w.step(5), await w.step(6));
  a.serves.delete(2);
  const lost = { from: Date.now() - 60_000, to: Date.now() + 60_000, shards: SHARDS };
  t.deepEqual(a.bus.lostElsewhere(lost), [], 'not yet');
  await until('it has', () => a.bus.lostElsewhere(lost).length > 0);
  t.deepEqual(a.bus.lostElsewhere(lost), [1]);
  t.deepEqual(again(a), [1]);
});

natsTest('what is owed is kept over the end of the process', async (t, nats) => {
  const w = await world(t, nats);
  const a = await w.node('a', 0, 1, 2, 3);
  await w.tell(a, await w.step(6));
  a.serves.clear();
  await w.lose(a);
  await a.bus.close();
  const next = await w.node('a', 2);
  await until('it was told', async () => (await w.ids()).includes('6/1'));
  t.deepEqual(again(next), [1]);
});
