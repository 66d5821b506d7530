/** From what a session knows at its end to what it reports (meter-protocols 2, "Result mapping"). Pure. */
import type { SessionContext } from './context.ts';
import type { FailureClass, GuardName, SessionFailure, SessionResult, Stage } from './types.ts';

const CLASSES: readonly string[] = ['transport', 'link', 'login', 'hang-up', 'meter', 'guard', 'write', 'engine', 'config'] satisfies FailureClass[];
const GUARDS: readonly string[] = ['serial', 'boundary', 'largest', 'zone', 'host-clock', 'stop-switch', 'dry-run'] satisfies GuardName[];
const MAX_TEXT = 200;

/** One line of bounded length: what a meter or a library said may be anything. */
export function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out
  const plain = text.replace(/[\u0000-\u001f\u007f-\u009f\s]+/g, ' ').trim();
  return plain.length > MAX_TEXT ? `${plain.slice(0, MAX_TEXT - 1)}…` : plain;
}

/** What a port rejected with, as a failure of its stage. */
export function failureOf(error: unknown, stage: Stage): SessionFailure {
  const given = (typeof error === 'object' && error !== null ? error : {}) as {
    readonly class?: unknown;
    readonly message?: unknown;
    readonly guard?: unknown;
  };
  const kind = typeof given.class === 'string' && CLASSES.includes(given.class) ? (given.class as FailureClass) : 'engine';
  const reason = typeof given.message === 'string' && given.message !== '' ? oneLine(given.message) : 'failed without a reason';
  // Some name the stage themselves.
  const failure = { stage, class: kind, text: reason.startsWith(`${stage}: `) ? reason : `${stage}: ${reason}` };
  return kind === 'guard' && typeof given.guard === 'string' && GUARDS.includes(given.guard) ? { ...failure, guard: given.guard as GuardName } : failure;
}

/** Whether `setClock` failed on its way to the write: a password that goes before it, a line that was not free. */
export function leftNothing(error: unknown): boolean {
  return typeof error === 'object' && error !== null && (error as { readonly nothingLeft?: unknown }).nothingLeft === true;
}

/** Which class a stage's passed deadline has. */
const OVERDUE: Readonly<Record<Stage, FailureClass>> = {
  open: 'transport',
  'sign-on': 'link',
  identify: 'link',
  'log-in': 'link',
  serial: 'link',
  clock: 'link',
  decide: 'engine',
  set: 'write',
  verify: 'link',
  'log-off': 'link',
  close: 'link',
};

export function overdue(stage: Stage, what: 'stage' | 'session'): SessionFailure {
  const text = what === 'stage' ? `${stage}: no end within its time` : `${stage}: the session took too long in all`;
  return { stage, class: OVERDUE[stage], text };
}

/** How it went: the facts in, one word out. */
export type Facts = Pick<SessionContext, 'halt' | 'failure' | 'writes' | 'serialError'>;

export function outcomeOf({ halt, failure, writes, serialError }: Facts): SessionResult['outcome'] {
  if (halt === 'cancelled' && writes === 0) return 'cancelled';
  if (failure === null) return serialError === null ? 'success' : 'partial';
  if (writes > 0) return 'partial';
  // At the stage `clock` it is the reading itself that counts for nothing.
  if (failure.class === 'guard') return failure.guard === 'serial' || failure.stage === 'clock' ? 'error' : 'partial';
  return failure.stage === 'set' && failure.class === 'config' ? 'partial' : 'error';
}

function failureToReport(context: SessionContext, outcome: SessionResult['outcome']): SessionFailure | undefined {
  if (outcome === 'success' || outcome === 'cancelled') return undefined;
  if (context.failure !== null) return context.failure;
  return { stage: 'serial', class: 'meter', text: context.serialError ?? 'serial: not known' };
}

/** The whole report. */
export function resultOf(context: SessionContext): SessionResult {
  const outcome = outcomeOf(context);
  const failure = failureToReport(context, outcome);
  return {
    outcome,
    wrote: context.writes > 0,
    notes: context.notes,
    octetsIn: context.octetsIn,
    octetsOut: context.octetsOut,
    ...(failure ? { failure } : {}),
    ...(failure?.class === 'login' ? { passwordRefused: true } : {}),
    ...(failure?.class === 'hang-up' ? { hungUpInLogIn: true } : {}),
    ...(context.openedAt ? { connectionStartAt: context.openedAt.wallMs } : {}),
    ...(context.openedAt && context.closedAt !== null ? { connectionEndAt: context.closedAt } : {}),
    ...(context.serialNumber === null ? {} : { serialNumber: context.serialNumber }),
    ...(context.serialError === null ? {} : { serialError: context.serialError }),
    ...(context.before ? { before: context.before } : {}),
    ...(context.after ? { after: context.after } : {}),
    ...(context.writes > 0 && context.unknown !== null && context.after ? { notTaken: true as const } : {}),
    ...(context.afterError === null ? {} : { afterError: context.afterError }),
  };
}
