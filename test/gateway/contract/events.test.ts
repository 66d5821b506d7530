/** Everything that the machines announce, in every step of their graphs, is as the contract has it; and nothing is documented that is never said. */
import { getShortestPaths } from '@xstate/graph';
import test, { type ExecutionContext } from 'ava';
import { Value } from 'typebox/value';
import { ALERT_KIND, createAlertDefinition } from '../../../actors/alert/index.ts';
import { createAppointmentDefinition } from '../../../actors/appointment/index.ts';
import { cloudEvent } from '../../../actors/bus/index.ts';
import type { ClusterEvent } from '../../../actors/cluster/index.ts';
import { makeStepper } from '../../../actors/engine/inert-scope.ts';
import { createMpanDefinition, type MpanOptions, MpanOptionsSchema } from '../../../actors/mpan/index.ts';
import type { ActorDoc } from '../../../actors/store/store.ts';
import { cloudEventSchema, EVENT_DOMAINS, type EventDomain, eventType } from '../../../gateway/contract/events.ts';
import { alertMachine } from '../../../machines/alert/index.ts';
import { createWorkingDays } from '../../../machines/calendar/index.ts';
import { createMpanMachine } from '../../../machines/mpan/index.ts';
import { createNodeEvents } from '../../../ops/node/node-events.ts';
import { actionWorld, failed, newAction, reading } from '../../actors/time-update/world.ts';
import { exploreAppointment, take, walk } from '../../support/machines/appointment-graph.ts';
import { defaultOptions, graphInputs } from '../../support/machines/appointment-world.ts';
import { Record as MpanRecord, mpanEvents, mpanInput, mpanStateKey } from '../../support/machines/mpan-world.ts';
import { keptLog } from '../../support/real-ports.ts';
import { fault } from './asking.ts';

const domainOf = (name: EventDomain['name']): EventDomain => EVENT_DOMAINS.find((domain) => domain.name === name) as EventDomain;
const doc = { shard: 3 } as ActorDoc;

interface Ask {
  readonly type: string;
  readonly params?: unknown;
}
interface Face {
  readonly subject: string;
  readonly type: string;
  readonly data: object;
}

/** Holds announcements to the contract, and keeps which there were. */
class Listener {
  readonly said = new Set<string>();
  readonly #t: ExecutionContext;
  readonly #domain: EventDomain;

  constructor(t: ExecutionContext, name: EventDomain['name']) {
    this.#t = t;
    this.#domain = domainOf(name);
  }

  hear(asks: readonly Ask[], face: Face | undefined): void {
    for (const { type, params } of asks) {
      if (type !== 'announce' || !face) continue;
      const { what, data } = params as { readonly what: string; readonly data?: object };
      this.event({ type: `${face.type}.${what}.v1`, data: JSON.parse(JSON.stringify({ ...face.data, ...data, actorVersion: 2 })) }, what);
    }
  }

  event({ type, data }: { readonly type: string; readonly data: unknown }, what: string): void {
    this.said.add(what);
    const message = this.#domain.messages.find((one) => one.what === what);
    this.#t.is(message && eventType(this.#domain, message), type, what);
    this.#t.is(message && fault(message.data, data), undefined, `${type} ${JSON.stringify(data)}`);
  }

  /** All that is documented was said. */
  end(): void {
    this.#t.deepEqual([...this.said].sort(), this.#domain.messages.map(({ what }) => what).sort());
  }
}

test('processes of appointments, at every edge of their graph', (t) => {
  const definition = createAppointmentDefinition({ options: defaultOptions(), environmentTag: 'SIT', subjectPrefix: 'mw', agents: { find: () => [] } });
  const listener = new Listener(t, 'appointment');
  for (const input of Object.keys(graphInputs)) {
    const { roads, edges } = exploreAppointment(input);
    for (const { steps } of [...roads.slice(0, 1), ...edges.map((edge) => ({ steps: [...edge.steps, edge.event] }))]) {
      const w = walk(input, steps.slice(0, -1));
      const last = steps.at(-1);
      if (last) take(w, last);
      listener.hear(w.last, definition.announcement?.(w.snapshot as never, doc));
    }
  }
  listener.end();
});

test('records of metering points, on every path of their graph', (t) => {
  const options = { ...(Value.Default(MpanOptionsSchema, {}) as MpanOptions), workingDays: createWorkingDays(), subjectPrefix: 'mw' };
  const definition = createMpanDefinition(options);
  const listener = new Listener(t, 'mpan');
  const paths = getShortestPaths(createMpanMachine(), { input: mpanInput, events: [...mpanEvents], serializeState: mpanStateKey, limit: 100_000 });
  for (const { steps } of paths) {
    const record = new MpanRecord();
    for (const { event } of steps) {
      if ((event.type as string) === 'xstate.init') continue;
      listener.hear(record.send(event).effects as readonly Ask[], definition.announcement?.(record.snapshot as never, doc));
    }
  }
  listener.end();
});

test('alerts, through their life', (t) => {
  const definition = createAlertDefinition({ subjectPrefix: 'mw' });
  const stepper = makeStepper(alertMachine);
  const listener = new Listener(t, 'alert');
  for (const about of ['mpan:SUPX:1234567890123', 'dtn:SUPX', 'installation', 'action:1234']) {
    let { snapshot } = stepper.initial({ code: 'orphan_message', about, at: 1 } as never);
    const raise = { type: 'raise', at: 2, code: 'orphan_message', about, text: 'text', details: { a: [1] } };
    for (const event of [raise, { type: 'acknowledge', at: 3, by: 'ann', note: '' }, { type: 'clear', at: 4 }, raise, { type: 'clear', at: 5 }]) {
      const next = stepper.next(snapshot as never, event as never);
      snapshot = next.snapshot;
      listener.hear(next.asked as readonly Ask[], definition.announcement?.(snapshot as never, doc));
    }
  }
  t.is(definition.kind, ALERT_KIND);
  listener.end();
});

test('actions on meters, as they leave the engine', async (t) => {
  const world = actionWorld({ options: { sessionsPerSecond: 0 } });
  t.teardown(() => world.stop());
  const listener = new Listener(t, 'meter-action');
  const ids: number[] = [];
  for (const address of ['192.0.2.1:1', '192.0.2.2:1', '192.0.2.3:1', '192.0.2.4:1'])
    ids.push(await world.actions.submit(newAction(address, { requestReference: 'ABC' })));
  await world.settle();
  const [set = 0, broken = 0, cancelled = 0, failing = 0] = ids;
  const now = world.clock.now();
  world
    .session(set)
    .end({ outcome: 'success', wrote: true, before: reading(47, now), after: reading(0, now + 1_000), connectionStartAt: now, serialNumber: 'E1' });
  world.session(broken).end(failed('transport'));
  world.session(failing).end(failed('login', 'password refused'));
  await world.actions.cancel(cancelled, 'test');
  world.session(cancelled).end({ outcome: 'cancelled' });
  await world.settle();
  for (const effect of world.events.performed) {
    const event = JSON.parse(cloudEvent(effect, 'urn:test'));
    const [, domain, what = ''] = event.type.split('.');
    if (domain !== 'meter-action') continue;
    listener.event(event, what);
    const message = domainOf('meter-action').messages.find((one) => one.what === what);
    t.is(message && fault(cloudEventSchema(domainOf('meter-action'), message), event), undefined);
  }
  listener.end();
});

const NODE_EVENTS: Readonly<Record<ClusterEvent['type'], Omit<ClusterEvent, 'type' | 'node'>>> = {
  joined: { reason: 'started' },
  left: { reason: 'stopped' },
  draining: { reason: 'asked to' },
  'shard-acquired': { shard: 1, epoch: 2, reason: 'opened' },
  'shard-released': { shard: 1, reason: 'balance' },
  'shard-lost': { shard: 1, epoch: 2, reason: 'overtaken' },
  'shard-failed': { shard: 1, reason: 'EIO' },
  parked: { shard: 1, reason: 'EIO' },
  unparked: { shard: 1, reason: 'a node serves it' },
};

test('nodes, as they leave for the bus', async (t) => {
  const published: { readonly subject: string; readonly payload: string }[] = [];
  const bus = { connected: true, publish: async (event: { subject: string; payload: string }) => void published.push(event), onChange: () => () => {} };
  const events = createNodeEvents({
    bus: bus as never,
    clock: { now: () => 1 },
    log: keptLog(),
    prefix: 'mw',
    source: 'urn:test',
    node: 'n1',
    life: '0190e5a0-7c1e-7d9a-b5a0-1c2d3e4f5a6b',
  });
  for (const [what, data] of Object.entries(NODE_EVENTS)) events.tell(what, { ...data });
  events.tell('restarted', { child: 'dtn-receipts', reason: 'EIO' });
  await new Promise((resolve) => setImmediate(resolve));
  const domain = domainOf('node');
  const listener = new Listener(t, 'node');
  for (const { subject, payload } of published) {
    const what = subject.split('.').at(-1) ?? '';
    const event = JSON.parse(payload);
    listener.event(event, what);
    const message = domain.messages.find((one) => one.what === what);
    t.is(message && fault(cloudEventSchema(domain, message), event), undefined, payload);
  }
  listener.end();
});
