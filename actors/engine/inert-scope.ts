/**
 * Runs pure transitions with one shared inert scope per machine. `transition()` of XState builds a whole inert actor at each
 * call (measured: 40 µs a step); with a shared scope and `machine.transition` a step costs about 5 µs. Nothing in the scope
 * may do anything: machines of durable actors invoke and spawn nothing.
 */
import type { AnyStateMachine } from 'xstate';
import type { Json } from '../../machines/common/effects.ts';

/** A custom action as the machine asked for it. */
export interface Asked {
  readonly type: string;
  readonly params: unknown;
}

/** A machine with its scope, ready to step. */
export interface Stepper {
  initial(input: Json): { snapshot: unknown; asked: readonly Asked[] };
  restore(persisted: Json): unknown;
  next(snapshot: unknown, event: { readonly type: string }): { snapshot: unknown; asked: readonly Asked[] };
  persist(snapshot: unknown): Json;
}

const nothing = (): void => {};

/** The parts of an actor system that a transition without invocations touches. */
function inertScope(collect: (asked: Asked) => void): object {
  const system = {
    _sendInspectionEvent: nothing,
    inspect: nothing,
    scheduler: { schedule: nothing, cancel: nothing, cancelAll: nothing },
    get: nothing,
    getAll: () => ({}),
    _set: nothing,
    _relay: nothing,
    getSnapshot: () => ({ _scheduledEvents: {} }),
    start: nothing,
    _bookId: () => 'inert',
    _register: () => 'inert',
    _unregister: nothing,
  };
  const self = { id: 'inert', sessionId: 'inert', _processingStatus: 0, system, send: nothing, getSnapshot: nothing, on: () => ({ unsubscribe: nothing }) };
  return {
    self,
    id: 'inert',
    sessionId: 'inert',
    system,
    logger: nothing,
    defer: nothing,
    emit: nothing,
    stopChild: nothing,
    actionExecutor: (action: { type: string; params: unknown }) => collect({ type: action.type, params: action.params }),
  };
}

/** What of a machine's face a step needs; XState types it per machine, we treat all machines alike. */
interface RawMachine {
  getInitialSnapshot(scope: object, input: unknown): unknown;
  restoreSnapshot(persisted: unknown, scope: object): unknown;
  transition(snapshot: unknown, event: unknown, scope: object): unknown;
  getPersistedSnapshot(snapshot: unknown): unknown;
}

/** The parts of a live snapshot that are kept. XState's own persisting searches the whole context for actors; there are none here (bench `step`). */
interface LiveSnapshot {
  readonly status: string;
  readonly value: Json;
  readonly context: Json;
  readonly historyValue: Readonly<Record<string, unknown>>;
  readonly children: Readonly<Record<string, unknown>>;
}

function persist(raw: RawMachine, snapshot: LiveSnapshot): Json {
  const { status, value, context, historyValue, children } = snapshot;
  if (status !== 'active' || isFilled(historyValue) || isFilled(children)) return raw.getPersistedSnapshot(snapshot) as Json;
  return { status, value, historyValue: {}, context, children: {} };
}

function isFilled(record: Readonly<Record<string, unknown>>): boolean {
  for (const _ in record) return true;
  return false;
}

/** @param machine a machine without `invoke`, `spawn` or `after`. */
export function makeStepper(machine: AnyStateMachine): Stepper {
  let asked: Asked[] = [];
  const raw = machine as unknown as RawMachine;
  const scope = inertScope((action) => {
    asked.push(action);
  });
  const collected = (snapshot: unknown): { snapshot: unknown; asked: readonly Asked[] } => {
    const all = asked;
    asked = [];
    return { snapshot, asked: all };
  };
  const fresh = <T>(run: () => T): T => {
    asked = [];
    return run();
  };
  return {
    initial: (input) => fresh(() => collected(raw.getInitialSnapshot(scope, input))),
    restore: (persisted) => raw.restoreSnapshot(persisted, scope),
    next: (snapshot, event) => fresh(() => collected(raw.transition(snapshot, event, scope))),
    persist: (snapshot) => persist(raw, snapshot as LiveSnapshot),
  };
}
