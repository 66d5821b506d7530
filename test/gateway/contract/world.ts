/**
 * A whole gateway, HTTPS and plain, over the real engine with every domain: each route of this release, under a clock at 24 March 2026
 * with the data of the samples. What goes out is held, events are kept.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { Agent, request } from 'undici';
import { v7 } from 'uuid';
import { Access, AccessOptionsSchema } from '../../../actors/access/index.ts';
import { AgentDirectory, AgentOptionsSchema } from '../../../actors/agent/index.ts';
import { AppointmentOptionsSchema } from '../../../actors/appointment/index.ts';
import { NO_VOICE } from '../../../actors/cluster/index.ts';
import { MarketIntake } from '../../../actors/dip/intake.ts';
import { Receiver } from '../../../actors/dip/receiver.ts';
import { Verifier } from '../../../actors/dip/verification.ts';
import { DtnOptionsSchema } from '../../../actors/dtn/index.ts';
import { type Channel, Engine, EngineOptionsSchema } from '../../../actors/engine/index.ts';
import { Identity, IdentityOptionsSchema } from '../../../actors/identity/index.ts';
import { createAddressRules, type LinksOptions, LinksOptionsSchema } from '../../../actors/link/index.ts';
import { MeterKeyStore } from '../../../actors/meter-keys/index.ts';
import { SessionOptionsSchema, SessionRegistry } from '../../../actors/meter-session/index.ts';
import { MpanOptionsSchema } from '../../../actors/mpan/index.ts';
import { createProfileCatalogue } from '../../../actors/profile/index.ts';
import { createSealer } from '../../../actors/secrets/index.ts';
import { openMemoryStore } from '../../../actors/store/memory/memory-store.ts';
import { Actions, ActionsOptionsSchema, StopSwitch } from '../../../actors/time-update/index.ts';
import { createAddressCheck, WebhookOptionsSchema, Webhooks, WebhookView } from '../../../actors/webhook/index.ts';
import type { ContractDemo } from '../../../gateway/contract/served.ts';
import { createPasswordSealer, MeterActions, MtsOptionsSchema } from '../../../gateway/mts/index.ts';
import { createImporters } from '../../../gateway/ops/importers.ts';
import { HttpOptionsSchema } from '../../../gateway/options.ts';
import { type GatewayDeps, makeRoutes, startGateway } from '../../../gateway/server.ts';
import { tlsFiles } from '../../../gateway/tls/index.ts';
import { defaultsOf } from '../../../ops/config/settings.ts';
import { type DomainConfig, domainRegistry } from '../../../ops/node/domains.ts';
import { agentsJsonl, mpanLine, SUPPLIER, seededMpan } from '../../../ops/sim/market/seed.ts';
import { dipOptions } from '../../support/dip/world.ts';
import { TestChannel } from '../../support/engine.ts';
import { line } from '../../support/gateway/mts-world.ts';
import { realClock } from '../../support/gateway/world.ts';

export const DEMO: ContractDemo = {
  mpid: SUPPLIER.mpid,
  mpans: [seededMpan(0), seededMpan(1)],
  meters: [{ meterType: 'EMLITECOP10', remoteAddress: '127.0.0.1:4001', outstationAddress: '21000005', serialNumber: 'EML21000005' }],
};

const CLUSTER = {
  node: 'n1',
  incarnation: 'i',
  problem: null,
  clockOffMs: 0,
  nodes: [{ id: 'n1', incarnation: 'i', version: '0', url: null, startedAt: 1, state: 'up', isAlive: true, silentMs: 4, shards: 1, failed: [] }],
  shards: [{ shard: 0, owner: 'n1', epoch: 1, desired: 'n1', move: null, here: { standing: 'open', validForMs: 9_000 }, parked: null }],
} as const;

const quiet = (): void => {};

/** Never performs anything: what is owed stays owed. */
function holding(name: string): Channel {
  const held: Channel['perform'] = (_effect, _attempt, signal) =>
    new Promise((resolve) => {
      signal.addEventListener('abort', () => resolve({ kind: 'retry', delayMs: 1000, text: 'held' }));
    });
  return { name, capacity: 100, ordering: 'none', perform: held };
}

export async function startContractWorld(change: Partial<GatewayDeps> = {}) {
  const clock = realClock();
  const errors: string[] = [];
  const log = { debug: quiet, info: quiet, warn: quiet, error: (fields: { err?: unknown }, text: string) => void errors.push(`${text} ${String(fields.err)}`) };
  const ports = { clock, random: { next: () => 0.5 }, ids: { uuid: () => v7() }, log };
  const secrets = { bytes: (count: number) => randomBytes(count) };
  const folder = mkdtempSync(join(tmpdir(), 'mw-contract-'));
  const tls = await tlsFiles({ folder, now: Date.now() });
  const store = openMemoryStore();
  const directory = new AgentDirectory(store, defaultsOf(AgentOptionsSchema) as never);
  const config = {
    appointment: defaultsOf(AppointmentOptionsSchema),
    mpan: defaultsOf(MpanOptionsSchema),
    dtn: defaultsOf(DtnOptionsSchema),
    actions: defaultsOf(ActionsOptionsSchema),
    session: defaultsOf(SessionOptionsSchema),
    dip: { environmentTag: 'TEST' },
    nats: { prefix: 'mw' },
  } as unknown as DomainConfig;
  const events = new TestChannel('events', 'actor');
  const engineOptions = defaultsOf(EngineOptionsSchema) as { readonly shards: number };
  const engine = new Engine({
    options: engineOptions as never,
    ports,
    store,
    registry: domainRegistry(config, directory),
    channels: [...['dip', 'dip-query', 'dtn', 'meter', 'meter-control', 'webhook'].map(holding), events],
  });
  engine.start();
  const common = { engine, clock, ids: ports.ids, log, secrets, pepper: 'p' };
  const access = new Access(defaultsOf(AccessOptionsSchema) as never, { ...common, defaultRate: { perSecond: 1e6, burst: 1e6 } });
  const identity = new Identity(defaultsOf(IdentityOptionsSchema) as never, { ...common, changes: access.changes });
  const suppliers = new Map([[SUPPLIER.mpid, SUPPLIER.dipId] as const]);
  const importers = createImporters({ engine, directory, clock, ids: ports.ids, enforceCheckDigit: false, dipIdOf: (mpid) => suppliers.get(mpid as 'SUPX') });
  const upload = async (what: 'mpans' | 'agents', text: Iterable<string>): Promise<void> => {
    const options = { format: 'jsonl', mpid: SUPPLIER.mpid, by: 'test', signal: new AbortController().signal } as const;
    for await (const told of importers[what](Readable.from([...text].map((one) => Buffer.from(one))), options))
      if ((told as { kind: string }).kind === 'refused') throw new Error(JSON.stringify(told));
  };
  await upload('agents', agentsJsonl());
  await upload(
    'mpans',
    [-1, 0, 1].map((index) => `${JSON.stringify(mpanLine(index))}\n`),
  );
  // The samples have request id 1234.
  await engine.command({ key: 'directory', type: 'action.reserve-ids', payload: { count: 1_233 }, origin: 'caller', id: v7() });
  const dip = dipOptions({ callbackBaseUrl: 'https://us.example.test' });
  const intake = new MarketIntake({ engine: () => engine, suppliers: dip.suppliers, clock, log, onReply: quiet, onAlert: quiet });
  const sealer = createSealer(randomBytes(32), secrets);
  const actionsOptions = defaultsOf(ActionsOptionsSchema) as { readonly requestIdRange: number };
  const links = defaultsOf(LinksOptionsSchema) as unknown as LinksOptions;
  const addresses = createAddressRules({
    links: { ...links, tcp: { ...links.tcp, allow: ['127.0.0.1/32 4001-4001'] } },
    lines: { allowNumbers: [], denyNumbers: [] },
  });
  const registry = new SessionRegistry();
  const webhookOptions = defaultsOf(WebhookOptionsSchema) as never;
  const view = new WebhookView({ store, mpids: [...suppliers.keys()], clock, log, voice: NO_VOICE });
  const webhooks = new Webhooks({
    options: webhookOptions,
    engine: () => engine,
    ports,
    view,
    mpids: [...suppliers.keys()],
    check: createAddressCheck(webhookOptions, { ports: () => [], addresses: () => [] }),
    sealer,
    sender: { send: async () => ({ kind: 'failed', text: 'no network here', tookMs: 1 }) as never },
    secrets,
  });
  const deps: GatewayDeps = {
    options: { ...(defaultsOf(HttpOptionsSchema) as GatewayDeps['options']), port: 0, httpPort: 'auto', failedAuthBurst: 1e6 },
    engine,
    directory,
    receiver: new Receiver({ options: dip, verifier: new Verifier(dip), intake, clock, log, onAlert: quiet }),
    access,
    identity,
    clock,
    ids: ports.ids,
    log,
    tlsFiles: tls,
    tlsNames: tls.names,
    health: () => ({ status: 'ok', checks: { store: { status: 'ok', text: 'writable' } } }),
    callbackBaseUrl: 'https://us.example.test',
    enforceCheckDigit: false,
    suppliers,
    backup: async () => {},
    flushDtn: async (mpid) => ({ flushed: mpid === undefined ? [SUPPLIER.mpid] : [mpid] }),
    replay: async function* () {
      yield { events: 3, upTo: clock.now() };
    },
    cluster: { status: () => CLUSTER, drain: async () => {} },
    metrics: () => [{ name: 'mw_test', help: 'of a test', type: 'gauge', samples: [{ value: 1 }] }],
    meters: {
      actions: new MeterActions({
        actions: new Actions({ engine, ids: ports.ids, clock, requestIdRange: actionsOptions.requestIdRange }),
        passwords: createPasswordSealer(sealer, 'mark'),
      }),
      rules: { profiles: createProfileCatalogue(), addresses },
      sessions: registry,
      lines: () => [line],
      stopSwitch: new StopSwitch(engine, ports.ids),
      meterKeys: { store: new MeterKeyStore({ engine, ids: ports.ids, sealer }), canonicalOf: () => undefined },
      mts: defaultsOf(MtsOptionsSchema) as never,
    },
    webhooks,
    contract: { version: '1.2.3', natsPrefix: 'mw', demo: DEMO },
    ...change,
  };
  const gateway = await startGateway(deps);
  const { key } = await access.createKey({ mpids: [SUPPLIER.mpid], label: 'contract', rate: { perSecond: 1e6, burst: 1e6 }, by: 'test' });
  const { token } = await access.createToken({ scopes: ['mts', 'ops:read', 'ops:write', 'metrics'], owner: 'contract', expiresAt: null, by: 'test' });
  const agent = new Agent({ connect: { rejectUnauthorized: false } });
  return {
    clock,
    engine,
    store,
    events,
    access,
    gateway,
    key,
    token,
    errors,
    routes: makeRoutes(deps, () => undefined),
    /** Over HTTPS. */
    async call(method: string, path: string, headers: Readonly<Record<string, string>>, body?: string) {
      const answer = await request(`${gateway.url}${path}`, { method: method as 'GET', headers, dispatcher: agent, ...(body === undefined ? {} : { body }) });
      return {
        status: answer.statusCode,
        type: String(answer.headers['content-type'] ?? '').split(';')[0] ?? '',
        headers: answer.headers,
        text: await answer.body.text(),
      };
    },
    async close(): Promise<void> {
      await agent.close();
      await gateway.close();
      await engine.stop();
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export type ContractWorld = Awaited<ReturnType<typeof startContractWorld>>;
