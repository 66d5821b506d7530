import test from 'ava';
import { Value } from 'typebox/value';
import { AgentDirectory, AgentOptionsSchema, agentDefinition, agentHandlers, storeAgents, toAgentView } from '../../../actors/agent/index.ts';
import { openMemoryStore } from '../../../actors/store/memory/memory-store.ts';
import type { AgentEntry } from '../../../machines/agent/index.ts';
import { toyWorld } from '../../support/engine.ts';

const options = Value.Create(AgentOptionsSchema);
const entry = (dipId: string, mpid: string, role: string, effectiveFrom = '2026-01-01'): AgentEntry => ({
  dipId,
  mpid,
  role,
  effectiveFrom,
  effectiveTo: null,
  name: `${mpid} Ltd`,
});

function start(given: Partial<typeof options> = {}) {
  const world = toyWorld({ store: openMemoryStore(), definitions: [agentDefinition], handlers: agentHandlers });
  const directory = new AgentDirectory(world.engine.store, { ...options, ...given });
  return { ...world, directory, put: (...entries: AgentEntry[]) => storeAgents(world.engine, directory, { entries }, 'test') };
}

test('what is stored is found by MPID and DIP id at once', async (t) => {
  const { directory, put } = start();
  t.like(await put(entry('1200000015', 'MOPX', 'MSS'), entry('1200000016', 'MOPX', 'MSA', '2026-02-01'), entry('1200000026', 'MOPY', 'MSS')), {
    created: 3,
    applied: 3,
  });
  t.deepEqual(
    directory.find('MOPX').map(({ role }) => role),
    ['MSA', 'MSS'],
  );
  t.like(directory.byDipId('1200000026'), { mpid: 'MOPY' });
  t.deepEqual([directory.find('NONE'), directory.byDipId('0000000000'), directory.size], [[], undefined, 3]);
});

test('a directory loaded from the store by pages holds the same', async (t) => {
  const { directory, put, engine } = start();
  await put(...Array.from({ length: 25 }, (_, index) => entry(`12000000${10 + index}`, index % 2 === 0 ? 'MOPX' : 'MOPY', 'MSS')));
  const again = new AgentDirectory(engine.store, { ...options, pageSize: 4 });
  await again.load();
  t.deepEqual(again.list(), directory.list());
  t.is(again.list().length, 25);
});

test('an agent that changes its MPID is no longer found under the old one', async (t) => {
  const { directory, put } = start();
  await put(entry('1200000015', 'MOPX', 'MSS'));
  await put({ ...entry('1200000015', 'MOPZ', 'MSS') });
  t.deepEqual(directory.find('MOPX'), []);
  t.is(directory.find('MOPZ').length, 1);
});

test('entries of later dates stand beside the current one', async (t) => {
  const { directory, put } = start();
  await put(entry('1200000015', 'MOPX', 'MSS', '2026-01-01'), entry('1200000015', 'MOPX', 'MSA', '2026-06-01'));
  t.is(directory.byDipId('1200000015', '2026-05-31')?.role, 'MSS');
  t.is(directory.byDipId('1200000015', '2026-06-01')?.role, 'MSA');
});

test('more agents than the limit are refused by name', async (t) => {
  const { put } = start({ maxAgents: 1 });
  await t.throwsAsync(put(entry('1200000015', 'MOPX', 'MSS'), entry('1200000016', 'MOPY', 'MSS')), { message: /at most 1/ });
});

test('a view has a stable id and London midnight', async (t) => {
  const { directory, put } = start();
  await put(entry('1200000015', 'MOPX', 'MSS', '2026-06-01'));
  const [agent] = directory.find('MOPX');
  const view = toAgentView(agent!);
  t.like(view, { name: 'MOPX Ltd', mpid: 'MOPX', dip_id: '1200000015', role: 'MSS', effective_from: '2026-06-01T00:00:00+01:00' });
  t.regex(view.id, /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  t.deepEqual(toAgentView(agent!), view);
});

test('agents do not appear among the processes of a supplier with their MPID', async (t) => {
  const { put, store } = start();
  await put(entry('2300000012', 'SUPX', 'SUP'));
  t.deepEqual(await store.find('mpid', 'SUPX'), []);
});
