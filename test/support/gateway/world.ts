/** A running gateway on a free loopback port with keys and tokens made: one line of set-up per test file. */
import { randomBytes } from 'node:crypto';
import net from 'node:net';
import { Value } from 'typebox/value';
import { Access, AccessOptionsSchema, accessHandlers } from '../../../actors/access/index.ts';
import { AgentDirectory, AgentOptionsSchema } from '../../../actors/agent/index.ts';
import type { Clock, Log } from '../../../actors/engine/ports.ts';
import { Identity, IdentityOptionsSchema, identityHandlers } from '../../../actors/identity/index.ts';
import type { HealthReport } from '../../../gateway/ops/health.ts';
import { type HttpOptions, HttpOptionsSchema } from '../../../gateway/options.ts';
import { type Gateway, type GatewayDeps, startGateway } from '../../../gateway/server.ts';
import { TestFace } from './face.ts';

/** The documented example's day. */
export const TODAY = Date.UTC(2026, 2, 24, 10, 35);

export const DOCUMENTED_BODY = {
  mpan_core: 1234567890123,
  metering_service_mpid: 'MOPX',
  effective_from: '2026-03-30T00:00:00+00:00',
  contract_reference: 'MSA20260330',
  appointment_scenario: 'COS',
};

/** Real time that runs from `TODAY` on. */
export function realClock(): Clock {
  const offset = TODAY - Date.now();
  return {
    now: () => Date.now() + offset,
    monotonic: () => performance.now(),
    after: (delayMs, run) => {
      const timer = setTimeout(run, delayMs).unref();
      return { cancel: () => clearTimeout(timer) };
    },
    soon: (run) => {
      setImmediate(run);
    },
  };
}

export interface World {
  readonly face: TestFace;
  /** Where operators, sessions and the audit trail are. */
  readonly people: TestFace;
  readonly access: Access;
  readonly identity: Identity;
  readonly gateway: Gateway;
  readonly base: string;
  readonly port: number;
  readonly clock: Clock;
  /** Of SUPX, at a rate that no test reaches. */
  readonly key: string;
  /** Scopes ops:read and ops:write. */
  readonly token: string;
  readonly logged: { readonly level: string; readonly text: string }[];
  health: HealthReport;
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** Write raw bytes, read until the other side closes or `until` matches. */
  raw(bytes: string | Buffer, until?: RegExp): Promise<string>;
  close(): Promise<void>;
}

export async function startWorld(options: Partial<HttpOptions> = {}, deps: Partial<GatewayDeps> = {}): Promise<World> {
  const clock = realClock();
  const face = new TestFace(() => clock.now());
  Object.assign(face.handlers, accessHandlers());
  const logged: { level: string; text: string }[] = [];
  const note = (level: string) => (_fields: object, text: string) => void logged.push({ level, text });
  const log: Log = { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') };
  let counter = 0;
  const ids = { uuid: () => `00000000-0000-7000-8000-${String(++counter).padStart(12, '0')}` };
  const access = new Access(Value.Create(AccessOptionsSchema), {
    engine: face,
    clock,
    ids,
    log,
    secrets: { bytes: (count) => randomBytes(count) },
    pepper: 'pepper',
    defaultRate: { perSecond: 50, burst: 200 },
  });
  // Of their own, so that `face` has the commands of the routes and none of the audit trail.
  const people = new TestFace(() => clock.now());
  Object.assign(people.handlers, identityHandlers());
  const identity = new Identity(Value.Create(IdentityOptionsSchema), {
    engine: people,
    clock,
    ids,
    log,
    secrets: { bytes: (count) => randomBytes(count) },
    pepper: 'pepper',
    changes: access.changes,
  });
  const { key } = await access.createKey({ mpids: ['SUPX', 'SUPN'], label: 'test', rate: { perSecond: 1e6, burst: 1e6 }, by: 'test' });
  const { token } = await access.createToken({ scopes: ['ops:read', 'ops:write'], owner: 'tester', expiresAt: null, by: 'test' });
  const world = { health: { status: 'ok', checks: { store: { status: 'ok', text: 'writable' } } } as HealthReport };
  const gateway = await startGateway({
    options: { ...Value.Create(HttpOptionsSchema), port: 0, httpPort: 'auto', ...options },
    engine: face,
    directory: new AgentDirectory(face.store, Value.Create(AgentOptionsSchema)),
    receiver: { receive: async () => ({ status: 201, headers: {}, body: '{}' }) },
    access,
    identity,
    clock,
    ids,
    log,
    health: () => world.health,
    callbackBaseUrl: 'https://callbacks.example.test',
    enforceCheckDigit: false,
    suppliers: new Map([
      ['SUPX', '2300000012'],
      ['SUPZ', '2300000013'],
    ]),
    ...deps,
  });
  const base = gateway.httpUrl ?? '';
  const port = Number(new URL(base).port);
  return Object.assign(world, {
    face,
    people,
    access,
    identity,
    gateway,
    base,
    port,
    clock,
    key,
    token,
    logged,
    fetch: (path: string, init?: RequestInit) => fetch(`${base}${path}`, init),
    raw: (bytes: string | Buffer, until?: RegExp) => rawExchange(port, bytes, until),
    close: () => gateway.close(),
  });
}

export function rawExchange(port: number, bytes: string | Buffer, until?: RegExp): Promise<string> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    let text = '';
    const finish = (): void => {
      socket.destroy();
      resolve(text);
    };
    socket.on('data', (data) => {
      text += data.toString('latin1');
      if (until?.test(text)) finish();
    });
    socket.on('close', () => resolve(text));
    socket.on('error', () => {});
    socket.write(bytes);
  });
}
