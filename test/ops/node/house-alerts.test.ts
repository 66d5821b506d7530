import test from 'ava';
import { alertHandlers, createAlertDefinition } from '../../../actors/alert/index.ts';
import { openMemoryStore } from '../../../actors/store/memory/memory-store.ts';
import { houseAlerts } from '../../../ops/node/house-alerts.ts';
import { testPorts, toyWorld } from '../../support/engine.ts';

function house(...names: (string | undefined)[]) {
  const world = toyWorld({ store: openMemoryStore(), definitions: [createAlertDefinition({ subjectPrefix: 'mw' })], handlers: alertHandlers });
  let away = false;
  const engine = () => ({
    store: world.engine.store,
    command: <T>(command: Parameters<typeof world.engine.command>[0]): Promise<T> =>
      away ? Promise.reject(new Error('away')) : world.engine.command<T>(command),
  });
  const nodes = names.map((name) => houseAlerts(engine, testPorts(world.clock), name));
  const state = async (about: string, code: string): Promise<string | undefined> => (await world.store.get([`alert:${code}:${about}`]))[0]?.state;
  return {
    ...world,
    nodes,
    state,
    cut: (is: boolean) => {
      away = is;
    },
  };
}

test('a process that is alone speaks of the node', async (t) => {
  const { nodes, settle, state } = house(undefined);
  nodes[0]!.raise('bus_away', 'x');
  await settle();
  t.is(await state('node', 'bus_away'), 'raised');
});

test('a node clears its own alerts and nobody else’s', async (t) => {
  const { nodes, settle, state } = house('a', 'b');
  nodes[0]!.raise('bus_away', 'x');
  await settle();
  nodes[1]!.clear('bus_away');
  await settle();
  t.is(await state('node:a', 'bus_away'), 'raised');
  nodes[0]!.clear('bus_away');
  await settle();
  t.is(await state('node:a', 'bus_away'), 'cleared');
});

test('what is one state for all nodes is one alert', async (t) => {
  const { nodes, settle, state } = house('a', 'b');
  for (const node of nodes) node.raise('meter_stop_switch', 'by me');
  await settle();
  nodes[1]!.clear('meter_stop_switch');
  await settle();
  t.is(await state('node', 'meter_stop_switch'), 'cleared');
});

test('of a state that all nodes share the last word holds, though an earlier one could not be noted in time', async (t) => {
  const { nodes, settle, state, cut, clock } = house('a', 'b');
  nodes[0]!.raise('meter_stop_switch', 'by me');
  await settle();
  cut(true);
  nodes[1]!.raise('meter_stop_switch', 'by me');
  await settle();
  cut(false);
  nodes[0]!.clear('meter_stop_switch');
  nodes[1]!.clear('meter_stop_switch');
  await clock.advance(6_000);
  await settle();
  t.is(await state('node', 'meter_stop_switch'), 'cleared');
});

test('alerts about a node that is gone for good are cleared by another one', async (t) => {
  const { nodes, settle, state } = house('a', 'b');
  nodes[0]!.raise('bus_away', 'x');
  nodes[0]!.raise('dip_outage', 'y');
  nodes[1]!.raise('bus_away', 'z');
  await settle();
  await nodes[1]!.clearOf('a');
  await settle();
  t.deepEqual(await Promise.all([state('node:a', 'bus_away'), state('node:a', 'dip_outage'), state('node:b', 'bus_away')]), ['cleared', 'cleared', 'raised']);
});
