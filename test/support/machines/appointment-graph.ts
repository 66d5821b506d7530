/** The edges of the appointment machine's graph, for whoever runs them: in pure steps here, on an engine elsewhere. */
import { type Given, graphInputs, type Representative, representativeEvents, stateKeyOf, type World, world } from './appointment-world.ts';

/** The road to a reachable state of one input: the shortest one, by events that can happen. */
export interface Road {
  /** Name in `graphInputs`. */
  readonly input: string;
  readonly steps: readonly Representative[];
  readonly key: string;
}

/** A road, then one event more that changes or asks for something. */
export interface Edge extends Road {
  readonly event: Representative;
  readonly from: string;
  readonly to: string;
}

/** One step; undefined when it is a reminder that is not armed, which no engine would send. */
export function take(w: World, { event }: Representative): World | undefined {
  if (event.type !== 'reminder') return w.give(event as Given);
  return w.reminders.has(event.name) ? w.fire(event.name as Parameters<World['fire']>[0]) : undefined;
}

export function walk(input: string, steps: readonly Representative[]): World {
  const w = world(graphInputs[input]);
  for (const step of steps) take(w, step);
  return w;
}

/** Every reachable state of an input by its shortest road, and every edge out of it. Breadth first. */
export function exploreAppointment(input: string): { readonly roads: readonly Road[]; readonly edges: readonly Edge[] } {
  const events = representativeEvents();
  const first: Road = { input, steps: [], key: stateKeyOf(world(graphInputs[input])) };
  const seen = new Map([[first.key, first]]);
  const edges: Edge[] = [];
  for (const road of seen.values()) {
    for (const event of events) {
      const w = walk(input, road.steps);
      const from = `${w.state}/${w.dtn}`;
      if (!take(w, event)) continue;
      const key = stateKeyOf(w);
      if (key !== road.key || w.last.length > 0) edges.push({ ...road, event, from, to: `${w.state}/${w.dtn}` });
      if (!seen.has(key)) seen.set(key, { input, steps: [...road.steps, event], key });
    }
  }
  return { roads: [...seen.values()], edges };
}

/** Every edge of every input once: those that two inputs share are taken from the first. */
export function allEdges(): readonly Edge[] {
  const edges = new Map<string, Edge>();
  for (const input of Object.keys(graphInputs)) {
    for (const edge of exploreAppointment(input).edges) {
      const name = `${edge.key} ${edge.event.label} ${edge.to}`;
      if (!edges.has(name)) edges.set(name, edge);
    }
  }
  return [...edges.values()];
}
