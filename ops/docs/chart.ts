/** A machine as plain data: its states in the order of the source, and one row for each transition. */
import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';

export interface ChartState {
  /** Path within the machine, joined by dots; empty for the root. */
  readonly path: string;
  readonly key: string;
  readonly kind: 'atomic' | 'compound' | 'parallel' | 'final' | 'history';
  readonly tags: readonly string[];
  /** Key of the initial child. */
  readonly initial: string | null;
  readonly entry: readonly string[];
  readonly exit: readonly string[];
  readonly children: readonly ChartState[];
  readonly rows: readonly ChartRow[];
}

export interface ChartRow {
  readonly from: string;
  /** Event type; `always` for eventless, `any other` for the wildcard. */
  readonly event: string;
  readonly guard: string;
  readonly actions: readonly string[];
  /** Path of the target; null: no change of state. */
  readonly to: string | null;
  readonly note: string;
}

const pathOf = (node: AnyStateNode): string => node.path.join('.');

function nameOf(named: unknown): string {
  if (typeof named === 'string') return named;
  if (typeof named === 'function') return named.name && !named.name.includes(' ') && named.name !== 'guard' ? named.name : '(inline)';
  if (typeof named !== 'object' || named === null) return '';
  const { type, params } = named as { readonly type?: unknown; readonly params?: unknown };
  const name = typeof type === 'string' ? type : '(inline)';
  if (typeof params !== 'object' || params === null) return name;
  return `${name}(${Object.values(params).map(String).join(', ')})`;
}

/** A delayed transition puts its timer among the entry and exit actions; its row tells of it already. */
function isNamed(action: unknown): boolean {
  const type = (action as { readonly type?: unknown }).type;
  return type !== 'xstate.raise' && type !== 'xstate.cancel';
}

/** XState's own events in the words of a reader: `done setClock`, `failed setClock`, `after verify`. */
function eventName(eventType: string): string {
  if (eventType === '') return 'always';
  if (eventType === '*') return 'any other';
  const own = /^xstate\.(done\.actor|error\.actor|after)\.([^.]+)/.exec(eventType);
  return own ? `${own[1] === 'after' ? 'after' : own[1] === 'done.actor' ? 'done' : 'failed'} ${own[2]}` : eventType;
}

/** A reminder is told apart by its name, which is a guard to XState but the event to a reader. */
function eventAndGuard(eventType: string, guard: unknown): { readonly event: string; readonly guard: string } {
  const name = guard === undefined ? '' : nameOf(guard);
  const reminder = /^reminderIs\((.*)\)$/.exec(name);
  if (eventType === 'reminder' && reminder) return { event: `reminder ${reminder[1]}`, guard: '' };
  return { event: eventName(eventType), guard: name };
}

function rowsOf(node: AnyStateNode, transitions: readonly AnyTransitionDefinition[]): ChartRow[] {
  return transitions.flatMap((transition) => {
    const targets = transition.target?.map((target) => pathOf(target as AnyStateNode)) ?? [null];
    const { event, guard } = eventAndGuard(transition.eventType, transition.guard);
    const actions = transition.actions.map(nameOf);
    return targets.map((to) => ({ from: pathOf(node), event, guard, actions, to, note: transition.description ?? '' }));
  });
}

function toState(node: AnyStateNode): ChartState {
  const transitions = [...node.transitions.values()].flat();
  return {
    path: pathOf(node),
    key: node.key,
    kind: node.type,
    tags: node.tags,
    initial: node.type === 'compound' ? (node.initial.target[0]?.key ?? null) : null,
    entry: node.entry.filter(isNamed).map(nameOf),
    exit: node.exit.filter(isNamed).map(nameOf),
    children: Object.values(node.states).map((child) => toState(child as AnyStateNode)),
    rows: [...rowsOf(node, transitions), ...rowsOf(node, node.always ?? [])],
  };
}

export function chartOf(machine: AnyStateMachine): ChartState {
  return toState(machine.root as AnyStateNode);
}

/** A state and everything in it, parents first. */
export function allStates(state: ChartState): ChartState[] {
  return [state, ...state.children.flatMap(allStates)];
}
