import test from 'ava';
import { LargeAnswers } from '../../../actors/dialogue/dlms/large-answers.ts';
import { type Supervision, supervise } from '../../../actors/supervision/index.ts';
import { type CodecOptions, CodecOptionsSchema, poolOptionsOf } from '../../../ops/config/sections.ts';
import { defaultsOf } from '../../../ops/config/settings.ts';
import { type CodecHouse, type CodecHouseSetup, createCodecHouse } from '../../../ops/node/codec.ts';
import { data, must } from '../../../workers/codec/index.ts';
import { completePoolOptions, createCodecPool } from '../../../workers/pool/index.ts';
import { testPorts } from '../../support/engine.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const defaults = defaultsOf(CodecOptionsSchema) as CodecOptions;
const OPTIONS: CodecOptions = { ...defaults, threads: 1, inlineBelowBytes: 0 };
const RUN = { priority: 'live' } as const;
const ITEMS: readonly data.DataValue[] = Array.from({ length: 2_000 }, (_, at) => ({ type: 'double-long', value: at }));
const OCTETS = must(data.encodeData({ type: 'array', items: ITEMS }));
/** No thread starts in a millisecond. */
const broken = () => createCodecPool({ threads: 1, inlineBelowBytes: 0, bootMs: 1 });
const whole = () => createCodecPool({ threads: 1, inlineBelowBytes: 0 });

interface World {
  readonly house: CodecHouse;
  readonly supervision: Supervision;
  readonly clock: FakeClock;
  readonly escalated: string[];
  status(): string | undefined;
  restarts(): number | undefined;
}

function world(t: { teardown(done: () => Promise<void>): void }, createPool?: CodecHouseSetup['createPool']): World {
  const clock = new FakeClock();
  const ports = testPorts(clock);
  const escalated: string[] = [];
  const house = createCodecHouse({ options: OPTIONS, ports, ...(createPool ? { createPool } : {}) });
  const supervision = supervise({ name: 'test', children: [house.child], ports, onEscalate: ({ id }) => escalated.push(id) });
  t.teardown(() => supervision.stop());
  const own = () => supervision.health().find(({ id }) => id === 'codec-pool');
  return { house, supervision, clock, escalated, status: () => own()?.status, restarts: () => own()?.restarts };
}

async function decode({ house }: World): Promise<string> {
  const [answer] = await house.pool().run([{ op: 'decode-data', octets: OCTETS }] as const, RUN);
  return answer.kind === 'bad' ? answer.error.code : answer.kind;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Until the child that failed is up again; its threads end in real time. */
async function restarted({ clock, status }: World): Promise<void> {
  await turn();
  for (let steps = 0; status() !== 'up'; steps++) {
    if (steps > 100_000) throw new Error(`it is ${status()}`);
    await clock.advance(100);
    await turn();
  }
}

test('the defaults of the section are those of the pool', (t) => {
  t.deepEqual(completePoolOptions(poolOptionsOf(defaults)), completePoolOptions());
});

test('the child is up without a thread, and there is one pool, made when it is asked for', async (t) => {
  let made = 0;
  const w = world(t, () => {
    made++;
    return whole();
  });
  await w.supervision.ready;
  t.is(w.status(), 'up');
  t.is(made, 0);
  t.is(w.house.pool(), w.house.pool());
  t.is(made, 1);
});

test('there is no pool after the end', async (t) => {
  const w = world(t);
  await w.supervision.ready;
  t.is(await decode(w), 'good');
  await w.supervision.stop();
  t.throws(() => w.house.pool(), { message: /no pool/ });
});

test('a pool that cannot start a thread is a child that failed, and another one takes its place', async (t) => {
  const pools = [broken, whole];
  const w = world(t, () => (pools.shift() ?? whole)());
  await w.supervision.ready;
  t.is(await decode(w), 'pool_down');
  t.throws(() => w.house.pool(), { message: /no pool/ });
  await restarted(w);
  t.is(w.restarts(), 1);
  t.regex(w.supervision.health()[0]?.lastError ?? '', /no thread can be started/);
  t.is(await decode(w), 'good');
});

test('a pool that cannot be made is a child that failed too', async (t) => {
  const w = world(t, () => {
    throw new RangeError('slots: no memory');
  });
  await w.supervision.ready;
  t.throws(() => w.house.pool(), { message: /no memory/ });
  await restarted(w);
  t.regex(w.supervision.health()[0]?.lastError ?? '', /no memory/);
});

test('a dialogue goes on while the pool is broken, while there is none, and with the next one', async (t) => {
  const pools = [broken, whole];
  const w = world(t, () => (pools.shift() ?? whole)());
  await w.supervision.ready;
  const large = new LargeAnswers(() => w.house.pool());
  const decoded = async () => {
    const outcome = await large.data(OCTETS);
    return outcome.kind === 'good' && outcome.consumed === OCTETS.length;
  };
  t.true(await decoded());
  await turn();
  t.not(w.status(), 'up');
  t.true(await decoded());
  await restarted(w);
  t.true(await decoded());
  t.is(w.status(), 'up');
});

test('pools that fail one after the other rest between, and do not bring the process down', async (t) => {
  let made = 0;
  const w = world(t, () => {
    made++;
    throw new RangeError('slots: no memory');
  });
  await w.supervision.ready;
  for (let asked = 0; asked < 600; asked++) {
    t.throws(() => w.house.pool());
    await w.clock.advance(1_000);
  }
  // Ten minutes: two at once, then one a minute.
  t.true(made >= 9 && made <= 12, `${made} pools`);
  t.deepEqual(w.escalated, []);
});
