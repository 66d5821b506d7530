import test from 'ava';
import { type ChildSpec, type Running, supervise, supervised } from '../../../actors/supervision/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { realPorts } from '../../support/real-ports.ts';

const policy = { maxRestarts: 3, periodMs: 10_000, backoffMinMs: 100, backoffMaxMs: 1_000, stableMs: 5_000 };

/** A child that is broken from outside. */
function puppet(id: string, trace: string[] = []) {
  const lives: { fail(text: string): void; end(): void; signal: AbortSignal }[] = [];
  const refusals: string[] = [];
  const spec: ChildSpec = {
    id,
    async start(signal): Promise<Running> {
      const refusal = refusals.shift();
      if (refusal !== undefined) throw new Error(refusal);
      trace.push(`start ${id}`);
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      lives.push({ fail: (text) => reject(new Error(text)), end: resolve, signal });
      return {
        done: promise,
        async stop() {
          trace.push(`stop ${id}`);
          resolve();
        },
      };
    },
  };
  return { spec, lives, refusals };
}

function world() {
  const clock = new FakeClock(0);
  return { clock, ports: realPorts({ clock }), trace: [] as string[] };
}

test('children are started in order and stopped in the reverse one', async (t) => {
  const { clock, ports, trace } = world();
  const all = supervise({ name: 'test', children: ['a', 'b', 'c'].map((id) => puppet(id, trace).spec), ports, policy });
  await all.ready;
  await clock.flush();
  await all.stop();
  t.deepEqual(trace, ['start a', 'start b', 'start c', 'stop c', 'stop b', 'stop a']);
  t.is(await all.done, 'stopped');
  t.is(clock.pending, 0);
});

test('a child that fails comes back after its pause, and the other one never notices', async (t) => {
  const { clock, ports } = world();
  const [a, b] = [puppet('a'), puppet('b')];
  const all = supervise({ name: 'test', children: [a.spec, b.spec], ports, policy });
  await all.ready;
  a.lives[0]?.fail('broken');
  await clock.flush();
  t.like(all.health()[0], { status: 'waiting', restarts: 1, lastError: 'broken' });
  await clock.advance(74);
  t.is(a.lives.length, 1);
  await clock.advance(1);
  t.is(a.lives.length, 2);
  t.like(all.health()[0], { status: 'up', restarts: 1 });
  t.is(b.lives.length, 1);
  await all.stop();
});

test('a child that cannot start is tried again and again, more slowly', async (t) => {
  const { clock, ports } = world();
  const a = puppet('a');
  a.refusals.push('no', 'no', 'no');
  const started: number[] = [];
  const all = supervise({ name: 'test', children: [a.spec], ports, policy, onEvent: (event) => event.type === 'child.failed' && started.push(event.at) });
  await clock.advance(2_000);
  await all.ready;
  t.deepEqual(started, [0, 75, 225]);
  await all.stop();
});

test('a long run makes the next failure a first one', async (t) => {
  const { clock, ports } = world();
  const a = puppet('a');
  a.refusals.push('no', 'no');
  const all = supervise({ name: 'test', children: [a.spec], ports, policy });
  await clock.advance(6_000);
  t.is(all.health()[0]?.lastError, null);
  a.lives[0]?.fail('broken');
  await clock.advance(75);
  t.is(a.lives.length, 2);
  await all.stop();
});

test('one failure too many escalates, and every child is stopped', async (t) => {
  const { clock, ports, trace } = world();
  const [a, b] = [puppet('a', trace), puppet('b', trace)];
  a.refusals.push('no', 'no', 'no', 'never');
  const escalations: object[] = [];
  const all = supervise({ name: 'test', children: [a.spec, b.spec], ports, policy, onEscalate: (escalation) => escalations.push(escalation) });
  await clock.advance(10_000);
  t.is(await all.done, 'escalated');
  t.deepEqual(escalations, [{ id: 'a', error: 'never', restarts: 3 }]);
  t.deepEqual(trace, ['start b', 'stop b']);
  t.deepEqual(
    all.health().map((child) => child.status),
    ['stopped', 'stopped'],
  );
  t.is(clock.pending, 0);
});

test('stopping during a pause ends it', async (t) => {
  const { clock, ports } = world();
  const a = puppet('a');
  a.refusals.push('no');
  const all = supervise({ name: 'test', children: [a.spec], ports, policy });
  await clock.flush();
  await all.stop();
  await clock.advance(10_000);
  t.is(a.lives.length, 0);
});

test('stopping during a start aborts it, and what came up nevertheless is ended', async (t) => {
  const { clock, ports, trace } = world();
  const { promise, resolve } = Promise.withResolvers<void>();
  const slow: ChildSpec = {
    id: 'slow',
    async start(signal) {
      signal.addEventListener('abort', () => resolve(), { once: true });
      await promise;
      return { stop: async () => void trace.push('stop slow') };
    },
  };
  const all = supervise({ name: 'test', children: [slow], ports, policy });
  await clock.flush();
  await all.stop();
  t.deepEqual(trace, ['stop slow']);
});

test('a child that does not end in time is left behind', async (t) => {
  const { clock, ports } = world();
  const stuck: ChildSpec = { id: 'stuck', start: async () => ({ done: new Promise(() => {}) }) };
  const all = supervise({ name: 'test', children: [stuck], ports, policy, stopMs: 1_000 });
  await all.ready;
  const stopped = all.stop();
  await clock.advance(1_000);
  await stopped;
  t.is(all.health()[0]?.status, 'stopped');
});

test('the escalation of a supervisor is the failure of a child above it', async (t) => {
  const { clock, ports } = world();
  const a = puppet('a');
  a.refusals.push('1', '2', '3', '4');
  const inner = supervised('inner', { name: 'inner', children: [a.spec], ports, policy });
  const outer = supervise({ name: 'outer', children: [inner], ports, policy });
  await clock.advance(20_000);
  await outer.ready;
  t.like(outer.health()[0], { status: 'up' });
  t.is(a.lives.length, 1);
  await outer.stop();
  t.is(a.lives[0]?.signal.aborted, true);
});

test('two children of one name are refused', (t) => {
  const { ports } = world();
  t.throws(() => supervise({ name: 'test', children: [puppet('a').spec, puppet('a').spec], ports }), { message: /ids must differ/ });
});
