/**
 * Explores a machine as the engine would drive it: documents, not bare snapshots, so that reminders and owed effects are part
 * of what distinguishes two states. Breadth first: the path to a state is a shortest one.
 */
import type { ActorDefinition, MachineEvent } from '../../../actors/engine/definition.ts';
import { makeStepper } from '../../../actors/engine/inert-scope.ts';
import { emptyDoc, finishStep } from '../../../actors/engine/step.ts';
import type { ActorDoc } from '../../../actors/store/store.ts';
import type { ActorId, Json } from '../../../machines/common/effects.ts';

export interface Sample {
  readonly label: string;
  readonly event: { readonly type: string; readonly [member: string]: unknown };
}

export interface Edge {
  /** Shortest way to the state, from the initial one. */
  readonly path: readonly Sample[];
  readonly sample: Sample;
  readonly from: string;
  readonly to: string;
  /** What the step does: where it leads from and to, and what it asks for. Edges that do the same are one. */
  readonly deed: string;
  /** What distinguishes the states that it joins. */
  readonly keys: readonly [from: string, to: string];
}

export interface Exploration {
  readonly states: number;
  readonly edges: readonly Edge[];
}

export interface ExploreOptions {
  readonly definition: ActorDefinition;
  readonly id: ActorId;
  readonly key: string;
  readonly input: Json;
  readonly at: number;
  readonly samples: readonly Sample[];
  /** What distinguishes two snapshots, besides reminders and owed effects. */
  readonly stateKey: (snapshot: never) => string;
  readonly maxStates?: number;
}

interface Node {
  readonly doc: ActorDoc;
  readonly live: unknown;
  readonly path: readonly Sample[];
}

export function explore(options: ExploreOptions): Exploration {
  const { definition, id, key, at, samples, maxStates = 5_000 } = options;
  const stepper = makeStepper(definition.machine);
  const known = { definition, stepper };
  const keyOf = ({ live }: { readonly live: unknown }): string => options.stateKey(live as never);
  const start = finishStep({
    known,
    doc: emptyDoc(id, definition.kind, key, 0, definition.machineVersion, at),
    live: undefined,
    next: stepper.initial(options.input),
    event: { type: 'created', at },
    ids: [],
  });
  const queue: Node[] = [{ doc: start.doc, live: start.live, path: [] }];
  const seen = new Set([keyOf(start)]);
  const edges: Edge[] = [];
  for (let node = queue.shift(); node; node = queue.shift()) {
    for (const sample of samples) {
      const { event } = sample;
      if (event.type === 'reminder' && !node.doc.reminders.some((reminder) => reminder.name === event.name)) continue;
      const doc = event.type === 'reminder' ? { ...node.doc, reminders: node.doc.reminders.filter((reminder) => reminder.name !== event.name) } : node.doc;
      const stamped = { ...event, at } as MachineEvent;
      const next = finishStep({ known, doc: settled(doc, event), live: node.live, next: stepper.next(node.live, stamped), event: stamped, ids: [] });
      const asked = [
        ...next.effects.map((effect) => effect.name),
        ...next.tells.map((tell) => `${tell.to} ${tell.event.type}`),
        ...next.settle.map((ref) => `settles ${ref.channel}`),
      ];
      const reminders = next.doc.reminders
        .filter((reminder) => !node.doc.reminders.some((old) => old.name === reminder.name && old.dueAt === reminder.dueAt))
        .map((reminder) => reminder.name);
      const deed = JSON.stringify([stateValue(node.live), sample.label, stateValue(next.live), asked, reminders]);
      const name = keyOf(next);
      edges.push({ path: node.path, sample, from: node.doc.state, to: next.doc.state, deed, keys: [keyOf(node), name] });
      if (seen.has(name)) continue;
      if (seen.size >= maxStates) throw new Error(`explore: more than ${maxStates} states`);
      seen.add(name);
      queue.push({ doc: next.doc, live: next.live, path: [...node.path, sample] });
    }
  }
  return { states: seen.size, edges };
}

const stateValue = (snapshot: unknown): unknown => (snapshot as { value: unknown }).value;

/** Which owed effect an event is the outcome of, if it is one. */
export function outcomeName(event: { readonly type: string; readonly [member: string]: unknown }): string | undefined {
  if (event.type === 'dip.accepted' || event.type === 'dip.rejected') return String(event.sur);
  if (event.type === 'delivery.status') return `delivery:${String(event.sur)}`;
  if (event.type === 'replay.answered') return `replay:${String(event.interface)}`;
  if (event.type === 'session.ended') return 'session';
  return undefined;
}

function settled(doc: ActorDoc, event: Sample['event']): ActorDoc {
  const name = outcomeName(event);
  return name === undefined ? doc : { ...doc, owed: doc.owed.filter((owed) => owed.name !== name) };
}
