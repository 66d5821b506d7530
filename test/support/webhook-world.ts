/** An engine with appointments in it whose suppliers have webhooks, delivered to real HTTPS servers. One line of set-up per test. */
import { createHmac, randomBytes } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { Value } from 'typebox/value';
import { createAlertDefinition } from '../../actors/alert/index.ts';
import { createAppointmentDefinition, createAppointmentHandlers } from '../../actors/appointment/index.ts';
import { NO_VOICE, type Voice } from '../../actors/cluster/contract.ts';
import { Engine, type EngineOptions, EngineOptionsSchema, Registry } from '../../actors/engine/index.ts';
import type { Clock } from '../../actors/engine/ports.ts';
import type { CrashPoint } from '../../actors/engine/turn-runner.ts';
import { createNameResolver, hostTable, type LinksOptions, LinksOptionsSchema, type NameResolver } from '../../actors/link/index.ts';
import { createMpanDefinition, type MpanOptions, MpanOptionsSchema, mpanHandlers } from '../../actors/mpan/index.ts';
import { createSealer } from '../../actors/secrets/index.ts';
import { MemoryDisk, openMemoryStore } from '../../actors/store/memory/memory-store.ts';
import type { ActorDoc, Store } from '../../actors/store/store.ts';
import {
  createAddressCheck,
  createSender,
  createWebhookChannel,
  type WebhookOptions,
  WebhookOptionsSchema,
  Webhooks,
  WebhookView,
  webhookHandlers,
  webhookNotice,
} from '../../actors/webhook/index.ts';
import { createWorkingDays } from '../../machines/calendar/index.ts';
import { TestChannel, testPorts } from './engine.ts';
import { FakeClock } from './fake-clock.ts';
import { defaultOptions, MOPX, SUPX, T0 } from './machines/appointment-world.ts';
import { FACTS, requestId } from './machines/appointments-engine.ts';
import { type KeptLog, keptLog } from './real-ports.ts';
import { type Received, Receiver } from './receiver.ts';

export interface WebhookWorldSetup {
  readonly disk?: MemoryDisk;
  /** In the place of one on `disk`. */
  readonly store?: Store;
  readonly clock?: FakeClock;
  readonly options?: Partial<WebhookOptions>;
  readonly resolver?: NameResolver;
  readonly crash?: (point: CrashPoint, key: string, what: string) => 'go' | 'stop';
  readonly mpids?: readonly string[];
  readonly voice?: Voice;
  readonly engine?: Partial<EngineOptions>;
}

const SEAL = Buffer.alloc(32, 7);
/** Names of receivers, which are all this machine. */
export const HOSTS = { 'receiver.test': ['127.0.0.1'], 'slow.test': ['127.0.0.1'] };
let counter = 0;

export async function webhookWorld(setup: WebhookWorldSetup = {}) {
  const clock = setup.clock ?? new FakeClock(T0);
  const disk = setup.disk ?? new MemoryDisk();
  const store: Store = setup.store ?? openMemoryStore({ disk });
  const log: KeptLog = keptLog();
  const ports = { ...testPorts(clock), log };
  const options: WebhookOptions = { ...(Value.Default(WebhookOptionsSchema, {}) as WebhookOptions), allow: ['127.0.0.0/8'], ...setup.options };
  const mpids = setup.mpids ?? ['SUPX', 'SUPY', 'SUPZ'];
  const view = new WebhookView({ store, mpids, clock, log, voice: setup.voice ?? NO_VOICE });
  const sealer = createSealer(SEAL, { bytes: (count) => randomBytes(count) });
  const check = createAddressCheck(options, { ports: () => [], addresses: () => [] });
  const links = Value.Default(LinksOptionsSchema, {}) as LinksOptions;
  const resolver = setup.resolver ?? createNameResolver({ clock, options: links.dns, hosts: hostTable(HOSTS) });
  const sender = createSender({
    clock: clock as Clock,
    resolver,
    check,
    timeoutMs: options.timeoutMs,
    maxAnswerBytes: options.maxAnswerBytes,
    ca: await Receiver.ca(),
  });
  let engine: Engine | undefined;
  const theEngine = (): Engine => engine!;
  const channel = createWebhookChannel({ options, ports, engine: theEngine, view, sealer, sender });
  const finder = { find: () => [{ dipId: MOPX.dipId, role: 'MSS', effectiveFrom: '2024-01-01' }] };
  const appointment = defaultOptions();
  const registry = new Registry()
    .define(createAppointmentDefinition({ options: appointment, environmentTag: 'SIT', subjectPrefix: 'mw', agents: finder, endNotice: webhookNotice(view) }))
    .define(createMpanDefinition({ ...(Value.Default(MpanOptionsSchema, {}) as MpanOptions), workingDays: createWorkingDays(), subjectPrefix: 'mw' }))
    .define(createAlertDefinition({ subjectPrefix: 'mw' }));
  const handlers = { ...createAppointmentHandlers({ agents: finder, options: appointment }), ...mpanHandlers, ...webhookHandlers };
  for (const [type, handler] of Object.entries(handlers)) registry.handle(type, handler);
  const later = () => ({ kind: 'retry', delayMs: 3_600_000_000, text: 'not now' }) as const;
  engine = new Engine({
    options: { ...(Value.Create(EngineOptionsSchema) as EngineOptions), shards: 4, ...setup.engine },
    ports,
    store,
    registry,
    channels: [new TestChannel('dip', 'key', later), new TestChannel('dip-query', 'actor', later), new TestChannel('events', 'actor'), channel],
    ...(setup.crash ? { crash: setup.crash } : {}),
  });
  await view.load();
  engine.start();
  const webhooks = new Webhooks({ options, engine: theEngine, ports, view, mpids, check, sealer, sender, secrets: { bytes: (count) => randomBytes(count) } });
  const command = <T>(key: string, type: string, payload: unknown): Promise<T> =>
    theEngine().command<T>({ key, type, payload, origin: 'caller', id: `w${++counter}` });
  const doc = async (id: ActorDoc['id']): Promise<ActorDoc | undefined> => (await store.get([id]))[0];
  const world = {
    clock,
    disk,
    store,
    log,
    engine: theEngine(),
    registry,
    view,
    channel,
    webhooks,
    sender,
    command,
    doc,
    /** A process of that supplier that has failed: cancelled by an operator. */
    async ended(mpid = 'SUPX', test = false): Promise<ActorDoc> {
      const id = requestId();
      const mpan = String(2_000_000_000_000 + ++counter);
      await command(mpan, 'mpan.import', { mpan, lines: [{ mpid, supplierDipId: SUPX.dipId, facts: FACTS }] });
      const reply = await command<{ kind: string }>(mpan, 'appoint', {
        requestId: id,
        mpid,
        supplierDipId: SUPX.dipId,
        mpan,
        meteringServiceMpid: MOPX.mpid,
        effectiveFrom: '2026-03-30',
        effectiveFromText: '2026-03-30T00:00:00+00:00',
        contractReference: null,
        scenario: 'CSP',
        test,
        idempotency: null,
      });
      if (reply.kind !== 'accepted') throw new Error(JSON.stringify(reply));
      await command(mpan, 'operator.cancel', { actor: `appointment:${id}`, by: 'ops', reason: 'not wanted' });
      return (await doc(`appointment:${id}`))!;
    },
    /** Undone deliveries. */
    owed: () => store.outboxSize('webhook'),
    /** Real sockets need real turns of the loop. */
    async until(what: () => boolean | Promise<boolean>): Promise<void> {
      while (!(await what())) await turn();
    },
    async alerts(): Promise<readonly { readonly id: string; readonly state: string; readonly text: string }[]> {
      const page = await store.page({ index: 'kind', value: 'alert', limit: 100 });
      const text = (item: ActorDoc): string => (item.snapshot as { context?: { text?: string } }).context?.text ?? '';
      return page.items.map((item) => ({ id: item.id, state: item.state, text: text(item) }));
    },
    /** What is due of the fake clock fires, and sockets get their turns, until so much time has passed. */
    async pass(ms: number, step = 60_000): Promise<void> {
      for (let left = ms; left > 0; left -= step) {
        await clock.advance(Math.min(step, left));
        for (let turns = 0; turns < 5 || channel.underWay > 0; turns++) await turn();
      }
    },
    async close(): Promise<void> {
      await theEngine().stop();
      view.stop();
      await sender.close();
    },
  };
  return world;
}

/** The check that Standard Webhooks describes, written without ours: any of the signatures, made with the octets behind `whsec_`. */
export function isSigned({ headers, body }: Received, secret: string): boolean {
  const content = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  const expected = createHmac('sha256', Buffer.from(secret.replace('whsec_', ''), 'base64'))
    .update(content)
    .digest('base64');
  return (headers['webhook-signature'] ?? '').split(' ').some((signature) => signature === `v1,${expected}`);
}
