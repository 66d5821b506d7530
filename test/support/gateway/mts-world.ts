/** A gateway with HTTPS and plain HTTP over a real engine with actions in it; the test holds the sessions. One line of set-up per test. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Value } from 'typebox/value';
import { Agent, request } from 'undici';
import { Access, AccessOptionsSchema, accessHandlers, type Scope } from '../../../actors/access/index.ts';
import { AgentDirectory, AgentOptionsSchema } from '../../../actors/agent/index.ts';
import type { Log } from '../../../actors/engine/ports.ts';
import { Identity, IdentityOptionsSchema, identityHandlers } from '../../../actors/identity/index.ts';
import type { LineView } from '../../../actors/line/index.ts';
import { createAddressRules, GB_DENIED_NUMBERS, type LinksOptions, LinksOptionsSchema } from '../../../actors/link/index.ts';
import { createProfileCatalogue } from '../../../actors/profile/index.ts';
import { createSealer } from '../../../actors/secrets/index.ts';
import { createPasswordSealer, MeterActions, type MtsOptions, MtsOptionsSchema } from '../../../gateway/mts/index.ts';
import { HttpOptionsSchema } from '../../../gateway/options.ts';
import { type Gateway, startGateway } from '../../../gateway/server.ts';
import { tlsFiles } from '../../../gateway/tls/index.ts';
import { actionWorld } from '../../actors/time-update/world.ts';
import { FakeClock } from '../fake-clock.ts';
import { TestFace } from './face.ts';

export interface Told {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: what came over the wire
  readonly json: any;
}

export interface Ask {
  readonly body?: unknown;
  /** As it is, without being made JSON. */
  readonly raw?: string | Uint8Array;
  readonly token?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly plain?: boolean;
}

export const line: LineView = {
  id: 'm1',
  group: 'default',
  kind: 'tcp',
  dialogue: 'at',
  setup: { port: 'modems:4001', baud: 9_600, commands: ['ATZ', 'ATS0=0E0V1'], dials: 'ATDT9,<number>', hangsUp: '+++ ATH' },
  state: 'free',
  since: 0,
  owner: null,
  calls: 3,
  connected: 2,
  failures: 1,
  failuresInRow: 0,
  lastFailure: 'no dial tone',
  longestUseMs: 61_000,
};

let made: Promise<{ readonly files: Awaited<ReturnType<typeof tlsFiles>>; readonly agent: Agent }> | undefined;

/** One certificate for all worlds of a process. */
async function tls(): Promise<{ readonly files: Awaited<ReturnType<typeof tlsFiles>>; readonly agent: Agent }> {
  const folder = mkdtempSync(join(tmpdir(), 'mw-mts-'));
  const files = await tlsFiles({ folder, now: Date.now() });
  const agent = new Agent({ connect: { ca: readFileSync(files.caFile ?? '') } });
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return { files, agent };
}

export interface MtsWorldSetup {
  readonly mts?: Partial<MtsOptions>;
  readonly at?: number;
  /** As in a cluster of which this node does not answer. */
  readonly silent?: string;
}

export async function startMtsWorld({ mts = {}, at, silent }: MtsWorldSetup = {}) {
  made ??= tls();
  const { files, agent } = await made;
  const work = actionWorld({ ...(at === undefined ? {} : { clock: new FakeClock(at) }), options: { sessionsPerSecond: 0 }, lines: { 'modem:default': 8 } });
  const logged: string[] = [];
  const note = (fields: object, text: string): void =>
    void logged.push(`${text} ${JSON.stringify(fields, (_, value) => (value instanceof Error ? String(value.stack) : value))}`);
  const log: Log = { debug: note, info: note, warn: note, error: note };
  const face = new TestFace(() => work.clock.now());
  Object.assign(face.handlers, accessHandlers(), identityHandlers());
  let counter = 0;
  const ids = { uuid: () => `00000000-0000-7000-8000-${String(++counter).padStart(12, '0')}` };
  const secrets = { bytes: (count: number) => randomBytes(count) };
  const access = new Access(Value.Create(AccessOptionsSchema), {
    engine: face,
    clock: work.clock,
    ids,
    log,
    secrets,
    pepper: 'pepper',
    defaultRate: { perSecond: 50, burst: 200 },
  });
  const identity = new Identity(Value.Create(IdentityOptionsSchema), {
    engine: face,
    clock: work.clock,
    ids,
    log,
    secrets,
    pepper: 'pepper',
    changes: access.changes,
  });
  const tokenOf = async (scopes: readonly Scope[], owner = 'mts', expiresAt: number | null = null) =>
    access.createToken({ scopes, owner, expiresAt, by: 'test' });
  const links = Value.Default(LinksOptionsSchema, {}) as LinksOptions;
  const addresses = createAddressRules({
    links,
    lines: { allowNumbers: [], denyNumbers: GB_DENIED_NUMBERS },
  });
  const passwords = createPasswordSealer(createSealer(randomBytes(32), secrets), 'mark');
  const gateway: Gateway = await startGateway({
    options: { ...Value.Create(HttpOptionsSchema), port: 0, httpPort: 'auto' },
    engine: work.engine,
    directory: new AgentDirectory(face.store, Value.Create(AgentOptionsSchema)),
    receiver: { receive: async () => ({ status: 201, headers: {}, body: '{}' }) },
    access,
    identity,
    clock: work.clock,
    ids,
    log,
    tlsFiles: files,
    tlsNames: files.names,
    health: () => ({ status: 'ok', checks: {} }),
    callbackBaseUrl: 'https://callbacks.example.test',
    enforceCheckDigit: false,
    suppliers: new Map(),
    meters: {
      actions: new MeterActions({ actions: work.actions, passwords }),
      rules: { profiles: createProfileCatalogue(), addresses },
      sessions: work.registry,
      lines: () => [line],
      ...(silent === undefined
        ? {}
        : {
            allLines: async () => ({ items: [{ ...line, node: 'n2' }], silent: [{ node: silent, error: 'node_away' }] }),
            allSessions: async () => ({
              items: work.registry.list().map((view) => ({ ...view, node: 'n2', owner: 'n1' })),
              counts: work.registry.counts,
              silent: [{ node: silent, error: 'node_away' }],
            }),
          }),
      stopSwitch: work.stopSwitch,
      mts: { ...(Value.Default(MtsOptionsSchema, {}) as MtsOptions), ...mts },
    },
  });
  const { token, record } = await tokenOf(['mts']);
  const operator = (await tokenOf(['ops:read', 'ops:write'], 'operator')).token;
  const call = async (method: string, path: string, ask: Ask = {}): Promise<Told> => {
    const bearer = ask.token === undefined ? token : ask.token;
    const answer = await request(new URL(path, ask.plain ? gateway.httpUrl : gateway.url), {
      method: method as 'GET',
      dispatcher: agent,
      headers: { ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }), ...ask.headers },
      ...(ask.raw === undefined && ask.body === undefined ? {} : { body: (ask.raw as string) ?? JSON.stringify(ask.body) }),
    });
    const text = await answer.body.text();
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      json = undefined;
    }
    return { status: answer.statusCode, headers: answer.headers, text, json };
  };
  return {
    ...work,
    face,
    access,
    identity,
    gateway,
    agent,
    caFile: files.caFile ?? '',
    logged,
    passwords,
    token,
    tokenId: record.id,
    operator,
    tokenOf,
    call,
    post: (body: unknown, ask: Ask = {}) => call('POST', '/MTS/time-update', { body, ...ask }),
    ops: (method: string, path: string, body?: unknown) => call(method, `/ops/v1${path}`, { token: operator, ...(body === undefined ? {} : { body }) }),
    status: (requestId: number, ask: Ask = {}) => call('GET', `/MTS/action-status?requestId=${requestId}`, ask),
    async close(): Promise<void> {
      await gateway.close();
      // The stop waits for sessions, and the clock of this world stands still.
      while (work.held.length > 0) {
        for (const session of [...work.held]) session.end();
        await work.settle();
      }
      await work.stop();
    },
  };
}

export type MtsWorld = Awaited<ReturnType<typeof startMtsWorld>>;

/** The seed's sample. */
export const SAMPLE = {
  requestReference: 'ABC',
  meterType: 'ELSTERA1700',
  remoteAddress: '07777000000',
  outstationAddress: '1',
  serialNumber: '12345678',
  password: 'AAAA0000',
};
