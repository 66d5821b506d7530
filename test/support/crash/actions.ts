/** The graph of an action for crash runs: its inputs, one message of each kind, and what tells two of its states apart. */
import { Default } from 'typebox/value';
import { type ActionsOptions, ActionsOptionsSchema, actionPolicyOf, createActionDefinition } from '../../../actors/time-update/index.ts';
import type { ActionContext } from '../../../machines/time-update/index.ts';
import { done, failedBy, failure, type Given, reading, request, result, T0, unknownWrite } from '../machines/time-update-world.ts';
import type { EdgeCase } from './edges.ts';
import { type Exploration, explore, type Sample } from './explore.ts';
import { CRASH_ACTIONS } from './house.ts';
import type { Subject } from './variant.ts';

/** Both the number dialled and the request id, so that each variant has its own of either. */
const NUMBER = 2_000_056_535_971;

export const actionNames: Subject['names'] = { mpan: String(NUMBER), mpid: 'NONE', requestId: 'not-used' };
export const actionOptions = Default(ActionsOptionsSchema, CRASH_ACTIONS) as ActionsOptions;
export const actionDefinition = createActionDefinition({ policy: actionPolicyOf(actionOptions, 240_000), subjectPrefix: 'mw' });

export function actionSubject(immediate: boolean): Subject {
  const target = { ...request().target, remoteAddress: String(NUMBER), canonicalAddress: `tel:${NUMBER}` };
  return {
    title: immediate ? 'immediate' : 'overnight',
    kind: 'action',
    names: actionNames,
    actor: ({ mpan }) => `action:${mpan}`,
    key: ({ mpan }) => `tel:${mpan}`,
    input: request({ requestId: NUMBER, immediate, target }) as never,
  };
}

/** What the engine, the channel and callers may say; an end of an earlier attempt cannot come back from the channel. */
const EVENTS: readonly (readonly [label: string, event: Given | { readonly type: 'reminder'; readonly name: 'attempt' }])[] = [
  ['pause over', { type: 'reminder', name: 'attempt' }],
  ['released', { type: 'released' }],
  ['window a missed', { type: 'window.missed', window: 'a' }],
  ['window b missed', { type: 'window.missed', window: 'b' }],
  ['attempt', { type: 'attempt.started', node: 'n' }],
  ['connected', { type: 'session.progress', stage: 'sign-on', connectionStartAt: T0 }],
  ['clock read', { type: 'session.progress', stage: 'decide', connectionStartAt: T0, before: reading(-203), serialNumber: '1' }],
  ['intent', { type: 'write.intended', before: reading(-203) }],
  ['set', { type: 'session.ended', result: done() }],
  ['left alone', { type: 'session.ended', result: result('success', { before: reading(1) }) }],
  ['write unknown', { type: 'session.ended', result: unknownWrite() }],
  ['aborted', { type: 'session.ended', result: result('cancelled') }],
  ['zone', { type: 'session.ended', result: result('partial', { before: reading(3_600), failure: failure('guard', { guard: 'zone' }) }) }],
  ['boundary', { type: 'session.ended', result: result('partial', { before: reading(-203), failure: failure('guard', { guard: 'boundary' }) }) }],
  ['busy', { type: 'session.ended', result: failedBy('transport') }],
  ['no answer', { type: 'session.ended', result: failedBy('link') }],
  ['error code', { type: 'session.ended', result: failedBy('meter') }],
  ['wrong password', { type: 'session.ended', result: { ...failedBy('login'), passwordRefused: true } }],
  ['cancel', { type: 'cancel', by: 'token-1' }],
  ['refused', { type: 'refused', text: 'password refused earlier' }],
];
export const actionSamples: readonly Sample[] = EVENTS.map(([label, event]) => ({ label, event }));

/** What decides how an action goes on; times and texts do not. */
function keyOf({ value, context }: { readonly value: unknown; readonly context: ActionContext }): string {
  const { task, attempt, lost, redials, windowsMissed, lastWindow, cancelledBy, write, end, found } = context;
  const known = found.before !== null;
  return JSON.stringify([value, task, attempt, lost, redials, windowsMissed, lastWindow, cancelledBy, write, end?.outcome, known]);
}

export function exploreActions(immediate: boolean): Exploration & { readonly subject: Subject } {
  const start = actionSubject(immediate);
  const found = explore({
    definition: actionDefinition,
    id: start.actor(actionNames),
    key: start.key?.(actionNames) ?? '',
    input: start.input,
    at: T0,
    samples: actionSamples,
    stateKey: keyOf as never,
  });
  return { ...found, subject: start };
}

/** Every edge of an immediate action that changes it; of the others, and of overnight ones, those that do the same are run once. */
export function actionCases(): readonly EdgeCase[] {
  const cases = new Map<string, EdgeCase>();
  for (const immediate of [true, false]) {
    const { edges, subject: of } = exploreActions(immediate);
    for (const edge of edges) {
      const [from, to] = edge.keys;
      const name = immediate && from !== to ? `${edge.deed} ${from}` : edge.deed;
      if (!cases.has(name)) cases.set(name, { edge, subject: of });
    }
  }
  return [...cases.values()];
}
