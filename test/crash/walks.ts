/** Random ways through the machines of appointments and actions, the same for the same seed. */
import { createAppointmentDefinition } from '../../actors/appointment/index.ts';
import type { ActorDefinition, MachineEvent } from '../../actors/engine/definition.ts';
import { makeStepper } from '../../actors/engine/inert-scope.ts';
import { emptyDoc, finishStep } from '../../actors/engine/step.ts';
import { actionDefinition, actionSamples, actionSubject } from '../support/crash/actions.ts';
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

/** A machine to walk through: where its walks begin, and what it may be told. */
export interface Ground {
  readonly definition: ActorDefinition;
  readonly subjects: readonly Subject[];
  readonly samples: readonly Sample[];
}

export const appointments: Ground = {
  definition: createAppointmentDefinition({ options: defaultOptions(), environmentTag: 'SIT', subjectPrefix: 'mw', agents: { find: () => [] } }),
  subjects: Object.entries(graphInputs).map(([title, more]) => ({
    title,
    kind: 'appointment',
    names: { mpan: MPAN, mpid: 'SUPX', requestId: REQUEST_ID },
    actor: ({ requestId }) => `appointment:${requestId}`,
    input: input(more) as never,
  })),
  samples: representativeEvents() as readonly Sample[],
};

export const actions: Ground = { definition: actionDefinition, subjects: [actionSubject(true), actionSubject(false)], samples: actionSamples };

function pick<T>(random: () => number, all: readonly T[]): T {
  const chosen = all[Math.floor(random() * all.length)];
  if (chosen === undefined) throw new Error('nothing to pick from');
  return chosen;
}

/** One walk: a path of messages that could come, and the one at which it will be cut. */
export function randomWalk({ definition, subjects, samples }: Ground, random: () => number): EdgeCase {
  const subject = pick(random, subjects);
  const { names } = subject;
  const stepper = makeStepper(definition.machine);
  const known = { definition, stepper };
  let at = finishStep({
    known,
    doc: emptyDoc(subject.actor(names), subject.kind, subject.key?.(names) ?? names.mpan, 0, definition.machineVersion, T0),
    live: undefined,
    next: stepper.initial(subject.input),
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
