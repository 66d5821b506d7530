/** Many nodes, one lease, and everything that can go wrong between them, as a model under one clock. */
import test from 'ava';
import type { LeaseRecord } from '../../../actors/cluster/contract.ts';
import { claimableAt, epochAt, FREE, type LeaseEvent, type LeaseSelf, type LeaseState, step } from '../../../actors/cluster/lease-state.ts';
import fc from '../../support/fc.ts';

const LEASE_MS = 300;
const SETTLE_MS = 100;

interface Node {
  readonly self: LeaseSelf;
  state: LeaseState;
  session: { since: number; settleMs: number } | undefined;
  frozen: boolean;
  op: number;
  /** What arrives, and when. */
  inbox: { at: number; event: LeaseEvent; session: unknown }[];
}

class Model {
  now = 0;
  storedEpoch = 0;
  record: LeaseRecord | null = null;
  revision = 0;
  readonly acquired: number[] = [];
  readonly nodes: Node[];

  constructor(count: number) {
    this.nodes = Array.from({ length: count }, (_, index) => ({
      self: { node: `n${index}`, incarnation: 'x', leaseMs: LEASE_MS },
      state: FREE,
      session: undefined,
      frozen: false,
      op: 0,
      inbox: [],
    }));
    for (const node of this.nodes) this.connect(node);
  }

  connect(node: Node): void {
    const before = node.session !== undefined || node.state.seen !== undefined || this.now > 0;
    node.inbox = [];
    this.send(node, { type: 'away' });
    node.session = { since: this.now, settleMs: before ? SETTLE_MS : 0 };
    this.send(node, { type: 'seen', at: this.now, record: this.record, revision: this.record ? this.revision : 0 });
  }

  cut(node: Node): void {
    node.session = undefined;
    node.inbox = [];
    this.send(node, { type: 'away' });
  }

  send(node: Node, event: LeaseEvent): void {
    const { state, effects } = step(node.self, node.state, event);
    node.state = state;
    for (const effect of effects) {
      if (effect.type === 'acquired') this.acquired.push(effect.epoch);
      else if (effect.type === 'write') this.#write(node, effect.op, effect.record, effect.revision);
    }
  }

  #answerMs = 1;
  #watchMs = 1;
  #drop: 'nothing' | 'write' | 'answer' = 'nothing';
  network(answerMs: number, watchMs: number, drop: 'nothing' | 'write' | 'answer'): void {
    this.#answerMs = answerMs;
    this.#watchMs = watchMs;
    this.#drop = drop;
  }

  #write(node: Node, op: number, record: LeaseRecord, base: number): void {
    if (!node.session || this.#drop === 'write') {
      this.#answer(node, { type: 'unanswered', op }, LEASE_MS / 2);
      return;
    }
    const current = this.record ? this.revision : 0;
    if (current !== base) {
      this.#answer(node, { type: 'refused', op }, this.#answerMs);
      return;
    }
    this.record = record;
    this.revision += 1;
    const { revision } = this;
    for (const other of this.nodes) if (other.session) this.#answer(other, { type: 'seen', at: 0, record, revision }, this.#watchMs * (other === node ? 4 : 1));
    this.#answer(
      node,
      this.#drop === 'answer' ? { type: 'unanswered', op } : { type: 'written', at: 0, op, revision },
      this.#drop === 'answer' ? LEASE_MS / 2 : this.#answerMs,
    );
  }

  #answer(node: Node, event: LeaseEvent, lag: number): void {
    node.inbox.push({ at: this.now + lag, event, session: node.session });
  }

  wipe(): void {
    for (const node of this.nodes) this.cut(node);
    this.record = null;
    this.revision = 0;
  }

  /** One step of time: what has arrived is handled, timers run, whoever may claim does. */
  advance(ms: number): void {
    for (let index = 0; index < ms; index += 10) {
      this.now += 10;
      for (const node of this.nodes) if (!node.frozen) this.#live(node);
      this.check();
    }
  }

  #live(node: Node): void {
    for (const item of node.inbox.filter(({ at }) => at <= this.now)) {
      node.inbox.splice(node.inbox.indexOf(item), 1);
      this.send(node, 'at' in item.event ? { ...item.event, at: this.now } : item.event);
    }
    this.send(node, { type: 'tick', at: this.now, op: ++node.op });
    if (!node.session) return;
    const { mine, seen } = node.state;
    const epoch = Math.max(this.storedEpoch, seen?.record?.epoch ?? 0, mine.kind === 'held' ? mine.epoch : 0) + 1;
    const from = claimableAt(node.self, node.state, node.session);
    const anew = mine.kind === 'held' && mine.revision === 0 && !mine.writing;
    if ((from === undefined || from > this.now) && !anew) return;
    this.storedEpoch = epoch;
    this.send(node, { type: anew ? 'raise' : 'claim', at: this.now, op: ++node.op, epoch });
  }

  check(): void {
    const valid = this.nodes.filter((node) => !node.frozen && epochAt(node.state, this.now) !== undefined);
    if (valid.length > 1) throw new Error(`two owners at ${this.now}: ${valid.map(({ self }) => self.node).join(', ')}`);
    if (this.acquired.some((epoch, index) => index > 0 && epoch <= (this.acquired[index - 1] ?? 0))) throw new Error(`epochs: ${this.acquired.join(', ')}`);
  }
}

const pick = fc.nat({ max: 2 });
const trouble = fc.oneof(
  { weight: 12, arbitrary: fc.integer({ min: 10, max: 600 }).map((ms) => ({ kind: 'wait', ms }) as const) },
  { weight: 1, arbitrary: pick.map((node) => ({ kind: 'cut', node }) as const) },
  { weight: 2, arbitrary: pick.map((node) => ({ kind: 'connect', node }) as const) },
  { weight: 1, arbitrary: pick.map((node) => ({ kind: 'freeze', node }) as const) },
  { weight: 2, arbitrary: pick.map((node) => ({ kind: 'thaw', node }) as const) },
  { weight: 1, arbitrary: pick.map((node) => ({ kind: 'release', node }) as const) },
  { weight: 1, arbitrary: fc.constant({ kind: 'wipe' } as const) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('network' as const),
      answerMs: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 320 })),
      watchMs: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 320 })),
      drop: fc.constantFrom<'nothing' | 'write' | 'answer'>('nothing', 'nothing', 'nothing', 'write', 'answer'),
    }),
  },
);

function play(model: Model, happening: typeof trouble extends fc.Arbitrary<infer T> ? T : never): void {
  if (happening.kind === 'wait') model.advance(happening.ms);
  else if (happening.kind === 'wipe') model.wipe();
  else if (happening.kind === 'network') model.network(happening.answerMs, happening.watchMs, happening.drop);
  else meddle(model, happening);
  model.check();
}

function meddle(model: Model, happening: { readonly kind: 'cut' | 'connect' | 'freeze' | 'thaw' | 'release'; readonly node: number }): void {
  const node = model.nodes[happening.node]!;
  if (happening.kind === 'freeze') node.frozen = true;
  else if (happening.kind === 'thaw') node.frozen = false;
  else if (node.frozen) return;
  else if (happening.kind === 'cut') model.cut(node);
  else if (happening.kind === 'connect') model.connect(node);
  else model.send(node, { type: 'release', op: ++node.op });
}

test('whatever happens, there are never two valid owners and epochs only rise', (t) => {
  fc.assert(
    fc.property(fc.array(trouble, { minLength: 20, maxLength: 80 }), (happenings) => {
      const model = new Model(3);
      for (const happening of happenings) play(model, happening);
    }),
    { numRuns: 2_000 },
  );
  t.pass();
});

test('once the trouble ends, the lease has an owner again within two lease times', (t) => {
  fc.assert(
    fc.property(fc.array(trouble, { minLength: 5, maxLength: 40 }), (happenings) => {
      const model = new Model(3);
      for (const happening of happenings) play(model, happening);
      model.network(1, 1, 'nothing');
      for (const node of model.nodes) {
        node.frozen = false;
        if (!node.session) model.connect(node);
      }
      model.advance(2 * LEASE_MS + 2 * SETTLE_MS);
      return model.nodes.filter((node) => epochAt(node.state, model.now) !== undefined).length === 1;
    }),
    { numRuns: 500 },
  );
  t.pass();
});
