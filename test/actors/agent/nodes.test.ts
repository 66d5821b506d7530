import test, { type ExecutionContext } from 'ava';
import { Value } from 'typebox/value';
import { AgentDirectory, AgentOptionsSchema, agentDefinition, agentHandlers, storeAgents } from '../../../actors/agent/index.ts';
import type { StoreReader } from '../../../actors/engine/face.ts';
import { openMemoryStore } from '../../../actors/store/memory/memory-store.ts';
import type { AgentEntry } from '../../../machines/agent/index.ts';
import { testPorts, toyWorld } from '../../support/engine.ts';
import { Voices } from '../../support/voice.ts';

const entry = (dipId: string, mpid: string): AgentEntry => ({
  dipId,
  mpid,
  role: 'MSS',
  effectiveFrom: '2026-01-01',
  effectiveTo: null,
  name: `${mpid} Ltd`,
});

function nodes(t: ExecutionContext, store?: (real: StoreReader) => Pick<StoreReader, 'page' | 'get'>) {
  const world = toyWorld({ store: openMemoryStore(), definitions: [agentDefinition], handlers: agentHandlers });
  const voices = new Voices();
  const errors: unknown[] = [];
  const directories = ['a', 'b'].map((node) => {
    const others = { voice: voices.of(node), clock: world.clock, log: testPorts(world.clock).log, onError: (error: unknown) => void errors.push(error) };
    const reader = store && node === 'b' ? store(world.engine.store) : world.engine.store;
    return new AgentDirectory(reader, { ...Value.Create(AgentOptionsSchema), pageSize: 2 }, others);
  }) as [AgentDirectory, AgentDirectory];
  for (const directory of directories) {
    directory.start();
    t.teardown(() => directory.stop());
  }
  return { ...world, voices, errors, directories, put: (...entries: AgentEntry[]) => storeAgents(world.engine, directories[0], { entries }, 'test') };
}

test('agents that are imported on one node are seen by the others', async (t) => {
  const { directories, put, clock } = nodes(t);
  await put(entry('1200000015', 'MOPX'), entry('1200000016', 'MOPY'), entry('1200000017', 'MOPY'));
  await clock.flush();
  t.deepEqual(directories[1].list(), directories[0].list());
  await put(entry('1200000015', 'MOPZ'));
  await clock.flush();
  t.is(directories[1].byDipId('1200000015')?.mpid, 'MOPZ');
  t.deepEqual(directories[1].find('MOPX'), []);
});

test('agents whose word was lost are seen within a minute', async (t) => {
  const { directories, put, voices, clock } = nodes(t);
  voices.loses = () => true;
  await put(entry('1200000015', 'MOPX'), entry('1200000016', 'MOPY'), entry('1200000017', 'MOPY'));
  await clock.flush();
  t.is(directories[1].size, 0);
  await clock.advance(60_000);
  await clock.flush(20);
  t.is(directories[1].size, 3);
});

test('while all agents are read again none is missing, and what is newer stays', async (t) => {
  const gate = Promise.withResolvers<void>();
  let slow = false;
  const { directories, put, clock } = nodes(t, (real) => ({
    get: (ids) => real.get(ids),
    page: async (query) => {
      const page = await real.page(query);
      if (slow) await gate.promise;
      return page;
    },
  }));
  await put(entry('1200000015', 'MOPX'), entry('1200000016', 'MOPY'), entry('1200000017', 'MOPY'));
  await clock.flush();
  slow = true;
  await clock.advance(60_000);
  t.is(directories[1].size, 3);
  await put(entry('1200000015', 'MOPZ'));
  await clock.flush();
  gate.resolve();
  await clock.flush(20);
  t.is(directories[1].byDipId('1200000015')?.mpid, 'MOPZ');
});

test('agents that cannot be read are told of, and read with the next look at all', async (t) => {
  let away = true;
  const cut = <T>(run: () => Promise<T>): Promise<T> => (away ? Promise.reject(new Error('away')) : run());
  const { directories, put, clock, errors } = nodes(t, (real) => ({ get: (ids) => cut(() => real.get(ids)), page: (query) => cut(() => real.page(query)) }));
  await put(entry('1200000015', 'MOPX'));
  await clock.flush();
  t.is(errors.length, 1);
  away = false;
  await clock.advance(60_000);
  t.is(directories[1].size, 1);
});
