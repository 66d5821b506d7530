/** The DTN actors on the real engine: every line once in files that were not refused, whatever crashes. */
import test from 'ava';
import { Value } from 'typebox/value';
import { assign, setup } from 'xstate';
import { createAlertDefinition } from '../../../actors/alert/index.ts';
import { dtnDefinition, dtnFileDefinition, dtnHandlers } from '../../../actors/dtn/index.ts';
import type { ActorDefinition } from '../../../actors/engine/definition.ts';
import { Engine, EngineOptionsSchema, Registry } from '../../../actors/engine/index.ts';
import { MemoryDisk, openMemoryStore } from '../../../actors/store/memory/memory-store.ts';
import type { ActorDoc, Effect } from '../../../actors/store/store.ts';
import { type ActorId, engineActions } from '../../../machines/common/effects.ts';
import { type D0151Line, slotOf } from '../../../machines/dtn/index.ts';
import { TestChannel, testPorts } from '../../support/engine.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { AT, d0151, smallSettings } from '../../support/machines/dtn-world.ts';

/** Stands for the process that owes a line: asks for it, and keeps what it is told. */
const owner = setup({
  types: { context: {} as { told: string[] }, events: {} as { type: string; line?: D0151Line; fileId?: string | null } },
  actions: { ...engineActions, keep: assign({ told: ({ context, event }) => [...context.told, `${event.type} ${event.fileId}`] }) },
}).createMachine({
  context: { told: [] },
  on: {
    owe: {
      actions: {
        type: 'tell',
        params: ({ event }) => ({ to: 'dtn:SUPX', key: 'SUPX', event: { type: 'line.added', flow: 'D0151', line: event.line as never } }),
      },
    },
    'dtn.*': { actions: 'keep' },
  },
});
const ownerDefinition: ActorDefinition = {
  kind: 'appointment',
  machine: owner,
  machineVersion: 1,
  migrate: (snapshot) => snapshot,
  stateOf: () => 'open',
  indexesOf: () => ({}),
  effects: {},
};

const MPANS = ['2000056535971', '1900012374324', '1200023305967'];
const line = (n: number): D0151Line => d0151({ mpan: MPANS[n - 1] ?? '', reference: `appointment:${n}`, referenceKey: MPANS[n - 1] ?? '' });

function world(disk = new MemoryDisk(), now = AT, crash?: (point: string) => 'go' | 'stop', atomicGroups = true) {
  const clock = new FakeClock(now);
  const store = openMemoryStore({ disk, atomicGroups });
  const registry = new Registry()
    .define(dtnDefinition(smallSettings))
    .define(dtnFileDefinition(smallSettings))
    .define(createAlertDefinition({ subjectPrefix: 'mw' }))
    .define(ownerDefinition)
    .handle('dtn.receipt', dtnHandlers['dtn.receipt'])
    .handle('dtn.flush', dtnHandlers['dtn.flush'])
    .handle('owe', async (turn, payload) => {
      const { n, line: owed, id } = payload as { n: string; line: D0151Line; id: string };
      const actor: ActorId = `appointment:${n}`;
      if (!(await turn.get(actor))) await turn.create({ id: actor, kind: 'appointment', input: null });
      await turn.apply(actor, { type: 'owe', line: owed }, [id]);
    });
  const gateway = new TestChannel('dtn', 'key', (effect) => ({
    kind: 'done',
    event: { type: 'file.taken', fileId: (effect.data as { fileId: string }).fileId },
  }));
  const options = { ...(Value.Default(EngineOptionsSchema, {}) as object), shards: 4 } as never;
  const engine = new Engine({
    options,
    ports: testPorts(clock),
    store,
    registry,
    channels: [gateway, new TestChannel('events', 'actor')],
    ...(crash ? { crash } : {}),
  });
  engine.start();
  let counter = 0;
  let dead = false;
  const command = <T>(key: string, type: string, payload: unknown): Promise<T> =>
    engine.command<T>({ key, type, payload, origin: 'caller', id: `c${++counter}` });
  const settle = async (): Promise<void> => {
    for (let quiet = 0; quiet < 25; ) {
      // A world that crashed waits for ever.
      await new Promise((resolve) => dead || setImmediate(resolve));
      quiet = engine.queued === 0 ? quiet + 1 : 0;
    }
  };
  return {
    clock,
    store,
    engine,
    gateway,
    settle,
    crash(): void {
      dead = true;
      engine.abandon();
      store.abandon();
    },
    owe: async (n: string, owed: D0151Line) => {
      await command(owed.referenceKey, 'owe', { n, line: owed, id: `owe:${n}` });
      await settle();
    },
    receipt: async (fileId: string, outcome: 'acknowledged' | 'refused', text = '') => {
      const reply = await command<{ kind: string }>('SUPX', 'dtn.receipt', { fileId, outcome, text });
      await settle();
      return reply.kind;
    },
    pass: async (ms: number) => {
      await clock.advance(ms);
      await settle();
    },
    doc: async (id: ActorId): Promise<ActorDoc | undefined> => (await store.get([id]))[0],
    told: async (n: string): Promise<string[]> =>
      ((await store.get([`appointment:${n}`]))[0]!.snapshot as unknown as { context: { told: string[] } }).context.told,
  };
}

test('a line goes from the process into one file, and every step of it comes back', async (t) => {
  const w = world();
  await w.owe('1', line(1));
  await w.pass(60_000);
  t.true(w.gateway.performed[0]?.body?.includes('297|2000056535971|'));
  t.is(await w.receipt('0000000001', 'acknowledged'), 'applied');
  t.deepEqual(await w.told('1'), ['dtn.queued null', 'dtn.sent 0000000001', 'dtn.acknowledged 0000000001']);
  t.is((await w.doc('dtn-file:SUPX:0000000001'))?.state, 'acknowledged');
  t.is((await w.store.slot(slotOf('D0151', line(1))))?.owner, 'dtn-file:SUPX:0000000001');
});

test('a line that went out before is not written again: whoever asks hears where it stands', async (t) => {
  const w = world();
  await w.owe('1', line(1));
  await w.pass(60_000);
  await w.receipt('0000000001', 'acknowledged');
  await w.owe('9', { ...line(1), reference: 'appointment:9' });
  await w.pass(60_000);
  t.is(w.gateway.performed.length, 1);
  t.deepEqual(await w.told('9'), ['dtn.sent 0000000001', 'dtn.acknowledged 0000000001']);
});

test('a refused file gives its slots to the file that replaces it', async (t) => {
  const w = world();
  await w.owe('1', line(1));
  await w.pass(60_000);
  await w.receipt('0000000001', 'refused', 'bad header');
  t.is(await w.store.slot(slotOf('D0151', line(1))), undefined);
  await w.pass(60_000);
  t.is((await w.store.slot(slotOf('D0151', line(1))))?.owner, 'dtn-file:SUPX:0000000002');
  t.deepEqual((await w.told('1')).slice(1), ['dtn.sent 0000000001', 'dtn.rejected 0000000001', 'dtn.queued 0000000002', 'dtn.sent 0000000002']);
});

test('a receipt for an unknown file is said to be one', async (t) => {
  const w = world();
  t.is(await w.receipt('0000000099', 'acknowledged'), 'missing');
});

test('the same receipt twice is one', async (t) => {
  const w = world();
  await w.owe('1', line(1));
  await w.pass(60_000);
  await w.receipt('0000000001', 'acknowledged');
  t.is(await w.receipt('0000000001', 'acknowledged'), 'duplicate');
});

/** Three lines, two files, the first refused and replaced: said again from the start it changes nothing. */
async function story(w: ReturnType<typeof world>): Promise<void> {
  for (const n of [1, 2, 3]) await w.owe(String(n), line(n));
  await w.pass(60_000);
  await w.receipt('0000000001', 'refused', 'bad header');
  await w.pass(120_000);
  await w.receipt('0000000002', 'acknowledged');
  await w.receipt('0000000003', 'acknowledged');
  await w.pass(400_000);
}

interface End {
  readonly bodies: ReadonlyMap<string, string>;
  readonly told: readonly (readonly string[])[];
  readonly states: readonly (string | undefined)[];
}

async function endOf(w: ReturnType<typeof world>, performed: readonly Effect[]): Promise<End> {
  const bodies = new Map<string, string>();
  for (const effect of performed)
    bodies.set(effect.key, `${bodies.has(effect.key) && bodies.get(effect.key) !== effect.body ? 'TWO BODIES ' : ''}${effect.body}`);
  return {
    bodies,
    told: await Promise.all(['1', '2', '3'].map((n) => w.told(n))),
    states: await Promise.all(['0000000001', '0000000002', '0000000003'].map(async (id) => (await w.doc(`dtn-file:SUPX:${id}`))?.state)),
  };
}

for (const atomicGroups of [true, false]) {
  test(`a crash at any point ends like none (${atomicGroups ? 'one transaction per key' : 'one per document'})`, async (t) => {
    const calm = world(undefined, AT, undefined, atomicGroups);
    await story(calm);
    const wanted = await endOf(calm, calm.gateway.performed);
    t.deepEqual(wanted.states, ['replaced', 'acknowledged', 'acknowledged']);
    t.is([...wanted.bodies.values()].join('').split('297|').length - 1, 5);
    let points = 0;
    for (let crashAt = 0; ; crashAt++) {
      const disk = new MemoryDisk();
      const crashed = Promise.withResolvers<'crashed'>();
      let seen = 0;
      const first = world(
        disk,
        AT,
        () => {
          if (seen++ < crashAt) return 'go';
          crashed.resolve('crashed');
          return 'stop';
        },
        atomicGroups,
      );
      const how = await Promise.race([story(first).then(() => 'whole'), crashed.promise]);
      first.crash();
      if (how === 'whole') break;
      points++;
      const second = world(disk, first.clock.now(), undefined, atomicGroups);
      await second.settle();
      await story(second);
      const end = await endOf(second, [...first.gateway.performed, ...second.gateway.performed]);
      const lines = [...end.bodies].filter(([key]) => !key.endsWith(`/${'0000000001'}`)).map(([, body]) => body);
      const sent = lines.join('');
      for (const mpan of MPANS)
        if (sent.split(`297|${mpan}|`).length - 1 !== 1) t.fail(`crash at point ${crashAt}: ${mpan} is not once in ${JSON.stringify([...end.bodies])}`);
      if (sent.includes('TWO BODIES')) t.fail(`crash at point ${crashAt}: one id, two bodies`);
      for (const told of end.told) if (!told.at(-1)?.startsWith('dtn.acknowledged')) t.fail(`crash at point ${crashAt}: ${JSON.stringify(end.told)}`);
    }
    t.true(points > 20, `${points} points`);
  });
}
