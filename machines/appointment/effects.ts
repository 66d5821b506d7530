/** The named actions of the chart: each runs a pure step and hands what it asked for to XState. */
import { engineActions } from '../common/effects.ts';
import { type Ask, openDraft, type Step } from './asks.ts';
import type { AppointmentContext } from './context.ts';
import { dtnSteps } from './dtn.ts';
import { endingSteps } from './ending.ts';
import type { AppointmentEvent, QueryDeliveryParams, RequestReplayParams, SendDipParams } from './events.ts';
import type { AppointmentPolicy } from './policy.ts';
import { submissionSteps } from './submission.ts';
import { createTimerRules } from './timers.ts';
import { waitingSteps } from './waiting.ts';

/** Effects that leave the machine: the engine's own, and those of the channels `dip` and `dip-query`. They do nothing here. */
export const asked = {
  ...engineActions,
  sendDip: (_: unknown, _params: SendDipParams): void => {},
  queryDelivery: (_: unknown, _params: QueryDeliveryParams): void => {},
  requestReplay: (_: unknown, _params: RequestReplayParams): void => {},
};

/** All steps by the name under which the chart knows them. */
export function createSteps(policy: AppointmentPolicy) {
  const rules = createTimerRules(policy);
  return { ...submissionSteps(policy, rules), ...waitingSteps(policy, rules), ...endingSteps, ...dtnSteps(rules) } satisfies Record<string, Step>;
}

export type StepName = keyof ReturnType<typeof createSteps>;

/** What `enqueueActions` gives a step to work with. */
interface Queue {
  (ask: Ask): void;
  assign(patch: Partial<AppointmentContext>): void;
}

/** Run a step and pass on its changes and wishes. */
export function runStep(step: Step, context: AppointmentContext, event: AppointmentEvent, enqueue: Queue): void {
  const draft = openDraft(context, event);
  step(draft);
  // Copying the context is what a step costs most (bench `step`).
  for (const _ in draft.patch) {
    enqueue.assign(draft.patch);
    break;
  }
  for (const ask of draft.asks) enqueue(ask);
}
