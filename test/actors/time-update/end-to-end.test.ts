import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { Create, Default } from 'typebox/value';
import { alertHandlers, createAlertDefinition } from '../../../actors/alert/index.ts';
import { Engine, EngineOptionsSchema, Registry } from '../../../actors/engine/index.ts';
import { LinesOptionsSchema } from '../../../actors/line/index.ts';
import { LinksOptionsSchema } from '../../../actors/link/index.ts';
import { meterKeysHandlers } from '../../../actors/meter-keys/index.ts';
import { SessionOptionsSchema } from '../../../actors/meter-session/index.ts';
import { ProfilesOptionsSchema } from '../../../actors/profile/index.ts';
import { openStore, type Store, StoreOptionsSchema } from '../../../actors/store/index.ts';
import { ActionsOptionsSchema, actionHandlers, actionPolicyOf, contextOf, createActionDefinition, type NewAction } from '../../../actors/time-update/index.ts';
import { statusOf } from '../../../machines/time-update/index.ts';
import { createMeterWork, type MeterWork, type MeterWorkSetup } from '../../../ops/node/meter-work.ts';
import { type FarmMeter, type MeterFarm, type MeterSpec, startMeters } from '../../../ops/sim/meters/index.ts';
import { TestChannel } from '../../support/engine.ts';
import { realPorts } from '../../support/real-ports.ts';

interface House {
  readonly work: MeterWork;
  readonly engine: Engine;
  readonly store: Store;
  /** Resolves once the action is in one of these states. */
  reached(requestId: number, ...states: string[]): Promise<string>;
  /** As a kill would: nothing is finished. */
  die(): Promise<void>;
  stop(): Promise<void>;
}

function folder(t: ExecutionContext): string {
  const path = mkdtempSync(join(tmpdir(), 'mw-actions-'));
  t.teardown(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A node's meter work over an LMDB store, as `ops/node` composes it. */
async function house(dataDir: string): Promise<House> {
  const ports = realPorts();
  const store = await openStore(Create(StoreOptionsSchema), { directory: join(dataDir, 'store'), log: ports.log });
  const config = {
    actions: Default(ActionsOptionsSchema, { retryPauseMs: 100, retryJitter: 0, stopGraceMs: 500 }),
    links: Default(LinksOptionsSchema, { tcp: { allow: ['127.0.0.0/8'] } }),
    lines: Default(LinesOptionsSchema, {}),
    session: Default(SessionOptionsSchema, { guards: { boundary: { withinSeconds: 0 } } }),
    profiles: Default(ProfilesOptionsSchema, {}),
    nats: { prefix: 'mw' },
    data: {},
  } as MeterWorkSetup['config'];
  const alerts = { raise: () => {}, clear: () => {} };
  const work = createMeterWork({
    config,
    dataDir,
    raise: 0,
    ports,
    engine: () => engine,
    node: 'node-1',
    ownPorts: () => [],
    alerts,
    bus: { connection: undefined },
  });
  const registry = new Registry()
    .define(createActionDefinition({ policy: actionPolicyOf(config.actions, config.session.deadlines.sessionMs), subjectPrefix: 'mw' }))
    .define(createAlertDefinition({ subjectPrefix: 'mw' }));
  for (const [type, handler] of Object.entries({ ...actionHandlers, ...alertHandlers, ...meterKeysHandlers() })) registry.handle(type, handler);
  const watchers = new Set<() => void>();
  const events = new TestChannel('events', 'actor', () => {
    for (const look of [...watchers]) look();
    return { kind: 'done' };
  });
  const engine: Engine = new Engine({ options: { ...Create(EngineOptionsSchema), shards: 4 }, ports, store, registry, channels: [...work.channels, events] });
  await work.load();
  engine.start();
  work.start();
  return {
    work,
    engine,
    store,
    reached: (requestId, ...states) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          work.actions
            .find(requestId)
            .then((doc) => {
              if (!doc || !states.includes(doc.state)) return;
              watchers.delete(look);
              resolve(statusOf(contextOf(doc)).result);
            })
            .catch(reject);
        };
        watchers.add(look);
        look();
      }),
    async die() {
      engine.abandon();
      await work.stopPulling();
      for (const { requestId } of work.sessions.list()) work.sessions.cut(requestId);
      await work.sessions.idle();
      await work.close();
      await store.close();
    },
    async stop() {
      await work.stopPulling();
      await engine.stop();
      await work.close();
      await store.close();
    },
  };
}

async function farm(t: ExecutionContext, ...specs: MeterSpec[]): Promise<MeterFarm> {
  const meters = await startMeters({ controlPort: null }, specs);
  t.teardown(() => meters.stop());
  return meters;
}

function actionFor(work: MeterWork, meter: FarmMeter | undefined, change: Partial<NewAction> = {}): NewAction {
  if (!meter) throw new Error('no meter');
  const remoteAddress = `${meter.host}:${meter.port}`;
  const address = work.addresses.parse(remoteAddress);
  if (address.kind === 'refused') throw new Error(address.error);
  const secret = meter.password === undefined ? {} : { sealedPassword: work.passwords.seal(meter.password), passwordMark: work.passwords.mark(meter.password) };
  return {
    immediate: true,
    task: 'time-update',
    target: { meterType: meter.meterType, remoteAddress, canonicalAddress: address.canonical, serialNumber: meter.serialNumber },
    tokenId: 'token-1',
    owner: 'mts',
    trace: false,
    ...secret,
    ...change,
  };
}

const EDMI: MeterSpec = { meterType: 'EDMIATLAS', serialNumber: '123456789', password: 'EDMI,IMDEIMDE', clock: { offsetSeconds: -90 } };
const ISKRA: MeterSpec = { meterType: 'ISKRA_MX37X', serialNumber: '35635522', password: 'ABCDEFGH', clock: { offsetSeconds: 40 } };

test('submitted, the clocks of simulated meters are set, and the status says so', async (t) => {
  const meters = await farm(t, EDMI, ISKRA);
  const { work, reached, stop } = await house(folder(t));
  const ids = await Promise.all(meters.meters.map((meter) => work.actions.submit(actionFor(work, meter, { trace: true }))));
  for (const id of ids) t.is(await reached(id, 'done'), 'SUCCESS');
  const doc = await work.actions.find(ids[0] ?? 0);
  t.regex((doc && statusOf(contextOf(doc)).meterTimeOffset) ?? '', /^-(89|90|91)s$/);
  t.true(Math.abs(meters.offset(0)) <= 1 && Math.abs(meters.offset(1)) <= 1);
  t.deepEqual(
    meters.records().map(({ writesSinceClockRead, serialRead }) => [writesSinceClockRead, serialRead]),
    [
      [0, true],
      [0, true],
    ],
  );
  await stop();
});

test('a session that is lost between its write and its end is done again and reads before anything else', async (t) => {
  const meters = await farm(t, { ...EDMI, faults: { replyDelayMs: 30 } });
  const dataDir = folder(t);
  const first = await house(dataDir);
  const id = await first.work.actions.submit(actionFor(first.work, meters.meters[0]));
  const wrote = new Promise<void>((resolve) => {
    const look = (): void => (meters.records().length > 0 ? resolve() : void setTimeout(look, 5));
    look();
  });
  await wrote;
  await first.die();

  const second = await house(dataDir);
  await second.reached(id, 'done');
  const doc = await second.work.actions.find(id);
  const status = doc && statusOf(contextOf(doc));
  t.regex(status?.meterTimeOffset ?? '', /^-(89|90|91)s$/);
  t.regex(status?.meterTimeOffsetPostUpdate ?? '', /^[+-][01]s$/);
  t.is(status?.result, 'SUCCESS');
  t.is(meters.records().length, 1);
  await second.stop();
});

test('a stop in the middle of sessions ends them in order, and after the start they are done', async (t) => {
  const meters = await farm(t, { ...EDMI, faults: { replyDelayMs: 100 } });
  const dataDir = folder(t);
  const first = await house(dataDir);
  const id = await first.work.actions.submit(actionFor(first.work, meters.meters[0]));
  await first.reached(id, 'running');
  await first.stop();
  t.is(meters.records().length, 0);

  const second = await house(dataDir);
  t.is(await second.reached(id, 'done'), 'SUCCESS');
  t.is(meters.records().length, 1);
  await second.stop();
});

test('a wrong password is tried once, and the next action with it does not reach the meter', async (t) => {
  const meters = await farm(t, ISKRA);
  const { work, reached, stop } = await house(folder(t));
  const [meter] = meters.meters;
  const wrong = meter && { ...meter, password: 'WRONGWRO' };
  const first = await work.actions.submit(actionFor(work, wrong));
  t.regex(await reached(first, 'done'), /^ERROR: log-in/);
  const signOns = meters.stats(0);
  const second = await work.actions.submit(actionFor(work, wrong));
  t.is(await reached(second, 'done'), 'ERROR: password refused earlier');
  t.deepEqual(meters.stats(0), signOns);
  const third = await work.actions.submit(actionFor(work, meter));
  t.is(await reached(third, 'done'), 'SUCCESS');
  await stop();
});

for (const spec of [ISKRA, EDMI]) {
  test(`${spec.meterType}: a wrong password that the meter answers by hanging up reaches it twice, whatever actions follow, and does not lock it`, async (t) => {
    const meters = await farm(t, { ...spec, faults: { wrongPassword: 'break', lockAfter: 3 } });
    const { work, reached, stop } = await house(folder(t));
    const [meter] = meters.meters;
    const wrong = meter && { ...meter, password: spec === EDMI ? 'EDMI,WRONGWRO' : 'WRONGWRO' };
    const first = await work.actions.submit(actionFor(work, wrong));
    t.is(await reached(first, 'done'), 'ERROR: log-in: the meter hung up during log-in (the far side closed the connection); the password may be wrong');
    const second = await work.actions.submit(actionFor(work, wrong));
    t.is(await reached(second, 'done'), 'ERROR: password refused earlier (the meter hung up during log-in again and again)');
    t.is(meters.stats(0).wrongPasswords, 2);
    const third = await work.actions.submit(actionFor(work, meter));
    t.is(await reached(third, 'done'), 'SUCCESS');
    await stop();
  });
}

test('an unreachable meter is called three times', async (t) => {
  const meters = await farm(t, EDMI);
  const { work, reached, stop } = await house(folder(t));
  const order = actionFor(work, meters.meters[0]);
  await meters.stop();
  const id = await work.actions.submit(order);
  t.regex(await reached(id, 'done'), /^ERROR: open: .*refused/);
  const doc = await work.actions.find(id);
  t.is(doc && contextOf(doc).attempt, 3);
  await stop();
});
