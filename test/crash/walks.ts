/** Random ways through the appointment machine, the same for the same seed. */
import { createAppointmentDefinition } from '../../actors/appointment/index.ts';
import type { ActorDefinition, MachineEvent } from '../../actors/engine/definition.ts';
import { makeStepper } from '../../actors/engine/inert-scope.ts';
import { emptyDoc, finishStep } from '../../actors/engine/step.ts';
import type { EdgeCase } from '../support/crash/edges.ts';
import { outcomeName, type Sample } from '../support/crash/explore.ts';
import type { Subject } from '../support/crash/variant.ts';
import { defaultOptions, graphInputs, input, MPAN, REQUEST_ID, representativeEvents, T0 } from '../support/machines/appointment-world.ts';

/** Numbers in [0, 1) from a seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const LONGEST = 14;
const definition: ActorDefinition = createAppointmentDefinition({
  options: defaultOptions(),
  environmentTag: 'SIT',
  subjectPrefix: 'mw',
  agents: { find: () => [] },
});
const samples = representativeEvents() as readonly Sample[];
const inputs = Object.entries(graphInputs);

function pick<T>(random: () => number, all: readonly T[]): T {
  const chosen = all[Math.floor(random() * all.length)];
  if (chosen === undefined) throw new Error('nothing to pick from');
  return chosen;
}

/** One walk: a path of messages that could come, and the one at which it will be cut. */
export function randomWalk(random: () => number): EdgeCase {
  const [title, more] = pick(random, inputs);
  const start = input(more) as never;
  const subject: Subject = {
    title,
    kind: 'appointment',
    names: { mpan: MPAN, mpid: 'SUPX', requestId: REQUEST_ID },
    actor: ({ requestId }) => `appointment:${requestId}`,
    input: start,
  };
  const stepper = makeStepper(definition.machine);
  const known = { definition, stepper };
  let at = finishStep({
    known,
    doc: emptyDoc(`appointment:${REQUEST_ID}`, 'appointment', MPAN, 0, 1, T0),
    live: undefined,
    next: stepper.initial(start),
    event: { type: 'created', at: T0 },
    ids: [],
  });
  const path: Sample[] = [];
  const length = 1 + Math.floor(random() * LONGEST);
  for (;;) {
    const sample = pick(random, samples);
    const { event } = sample;
    if (event.type === 'reminder' && !at.doc.reminders.some((reminder) => reminder.name === event.name)) continue;
    if (path.length === length) return { edge: { path, sample, from: at.doc.state, to: '', deed: '', keys: ['', ''] }, subject };
    path.push(sample);
    const outcome = outcomeName(event);
    const doc = {
      ...at.doc,
      reminders: event.type === 'reminder' ? at.doc.reminders.filter((reminder) => reminder.name !== event.name) : at.doc.reminders,
      owed: outcome === undefined ? at.doc.owed : at.doc.owed.filter((owed) => owed.name !== outcome),
    };
    const stamped = { ...event, at: T0 } as MachineEvent;
    at = finishStep({ known, doc, live: at.live, next: stepper.next(at.live, stamped), event: stamped, ids: [] });
  }
}
