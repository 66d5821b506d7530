/** The whole graph of the machine: every state ends or waits for something named; ended states are never left. */
import { getShortestPaths } from '@xstate/graph';
import test from 'ava';
import { type AppointmentEvent, type AppointmentSnapshot, createAppointmentMachine, stateName } from '../../../machines/appointment/index.ts';
import { allEdges, exploreAppointment, type Road, take, walk } from '../../support/machines/appointment-graph.ts';
import { defaultPolicy, graphInputs, input, representativeEvents, stateKey, T0 } from '../../support/machines/appointment-world.ts';

const machine = createAppointmentMachine(defaultPolicy());
const events = representativeEvents().map(({ event }) => ({ ...event, at: T0 }) as AppointmentEvent);

const explored = new Map(Object.keys(graphInputs).map((name) => [name, exploreAppointment(name)]));
const roadsOf = (name: string): readonly Road[] => explored.get(name)?.roads ?? [];

/** The reminder that ends the wait of each state. */
const ENDS: Record<string, readonly string[]> = {
  SUBMITTING: ['T_SEND.fail'],
  'SUBMITTING.awaitingFacts': ['T_SEND.fail'],
  'SUBMITTING.checkingDelivery': ['delivery.fail'],
  AWAIT_INITIAL: ['T032.fail'],
  AWAIT_OUTCOME: ['T035.fail'],
  'AWAIT_OUTCOME.replaying': ['replay.fail'],
  AWAIT_ACTIVE: ['T036.fail'],
  'AWAIT_ACTIVE.replaying': ['replay.fail'],
  COMPLETING: ['T_DTN.fail'],
};

const roadText = (road: Road): string => road.steps.map((step) => step.label).join(', then ');

for (const name of Object.keys(graphInputs)) {
  test(`${name}: every reachable state ends, or waits with a reminder that ends the wait`, (t) => {
    t.true(roadsOf(name).length > 5);
    for (const road of roadsOf(name)) {
      const w = walk(name, road.steps);
      if (w.context.endedAt !== null) {
        t.deepEqual(
          w.owed.filter((effect) => effect.startsWith('S-')),
          [],
          `sends are left after ${roadText(road)}`,
        );
        t.deepEqual(
          [...w.reminders.keys()].filter((reminder) => !reminder.startsWith('T_DTN')),
          [],
          `timers are left after ${roadText(road)}`,
        );
      } else {
        const ends = ENDS[w.state] ?? [];
        t.true(
          ends.some((reminder) => w.reminders.has(reminder)),
          `${w.state} waits for ever after ${roadText(road)}`,
        );
      }
    }
  });

  test(`${name}: no event leaves an ended state`, (t) => {
    for (const road of roadsOf(name)) {
      const w = walk(name, road.steps);
      if (w.context.endedAt === null) continue;
      const { state } = w;
      for (const event of representativeEvents()) t.is((take(w, event) ?? w).state, state, `${event.label} after ${roadText(road)}`);
    }
  });

  test(`${name}: the graph of XState knows no market state that is not on our roads`, (t) => {
    const options = { input: input(graphInputs[name]), events, serializeState: stateKey, limit: 200_000 };
    const paths = getShortestPaths(machine as never, options as never) as unknown as readonly { readonly state: AppointmentSnapshot }[];
    const ours = new Set(roadsOf(name).map((road) => walk(name, road.steps).state));
    for (const { state } of paths) t.true(ours.has(stateName(state)), stateName(state));
  });
}

test('every state of the chart is reached by some input', (t) => {
  const worlds = Object.keys(graphInputs).flatMap((name) => roadsOf(name).map((road) => walk(name, road.steps)));
  const reached = new Set(worlds.flatMap((w) => [w.state, `dtn ${w.dtn}`]));
  for (const state of [...Object.keys(ENDS), 'SUCCESS', 'FAILED']) t.true(reached.has(state), state);
  for (const state of ['none', 'due', 'queued', 'sent', 'acknowledged', 'rejected', 'failed']) t.true(reached.has(`dtn ${state}`), state);
});

test('every edge is one step away from its road', (t) => {
  const edges = allEdges();
  t.true(edges.length > 300);
  for (const edge of edges.slice(0, 50)) t.is(`${walk(edge.input, edge.steps).state}/${walk(edge.input, edge.steps).dtn}`, edge.from);
});
