/**
 * A whole cluster of real processes, and the ways between them:
 *
 *   client ─┐                    ┌─ e1 ─┬─ proxies ─ n1 n2 n3 (NATS)
 *           ├─ front ─ wires ────┼─ e2  ├─ proxy ─── MongoDB-protocol server
 *   market ─┘  (callbacks)       └─ e3 ─┴─ proxy ─── market (DIP)           engines ─ meters, time server
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { tlsFiles } from '../../gateway/tls/index.ts';
import { type MongodbServer, presentMongodb, startMongodb } from '../../ops/mongodb/index.ts';
import { locateNatsServer } from '../../ops/nats/index.ts';
import { freeBlock } from '../../ops/node/free-ports.ts';
import { keptSigningIdentity } from '../../ops/node/keep.ts';
import { boundProgram, type Child, endWithin, launch } from '../support/chaos/child.ts';
import { openFront } from '../support/chaos/front.ts';
import { type Door, proxyTo, Wire } from '../support/chaos/wire.ts';
import { type NatsCluster, startNatsCluster } from '../support/nats-cluster.ts';
import { sntpReply, startSntpServer } from '../support/sntp-server.ts';
import { EngineProcess } from './engine-process.ts';
import type { UnexpectedEnd } from './evidence.ts';
import { ENGINES, type EngineName, type Link, PEERS, type Peer } from './faults.ts';
import { type EnginePlaces, engineSettings, frontUrl, marketSettings, meterSpecs, type Places } from './settings.ts';

export interface MarketReady {
  readonly url: string;
  readonly controlUrl: string;
  readonly caFile: string;
  readonly certificateThumbprint: string;
}

export interface MetersReady {
  readonly controlUrl: string;
}

export interface World {
  readonly folder: string;
  readonly database: string;
  readonly url: string;
  readonly caFile: string;
  readonly engines: Readonly<Record<EngineName, EngineProcess>>;
  readonly nats: NatsCluster;
  readonly store: MongodbServer;
  readonly market: MarketReady;
  readonly meters: MetersReady & { readonly listed: string };
  /** Processes that ended and were not told to. */
  readonly ends: readonly UnexpectedEnd[];
  wire(link: Link): Wire;
  /** Says whether something is broken on purpose now; a start that fails then is nobody's fault. */
  excuse: () => boolean;
  /** Ends everything; the folder stays. */
  close(): Promise<void>;
}

export interface WorldOptions {
  readonly folder: string;
  readonly seedMpans: number;
  readonly meters: number;
  /** The NATS server's program; default the one that set-up found. */
  readonly natsProgram?: string | undefined;
  readonly say: (text: string) => void;
}

const READY_MS = 60_000;
const GRACE_MS = 3_000;
const DATABASE = 'chaos';

/** Starts it all. Whatever was started is ended again when a part cannot be. */
export async function startWorld(options: WorldOptions): Promise<World> {
  const undo: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step().catch((error: unknown) => options.say(`could not be ended: ${String(error)}`));
  };
  try {
    return await build(options, undo, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function build(
  { folder, seedMpans, meters: meterCount, natsProgram = locateNatsServer(), say }: WorldOptions,
  undo: (() => Promise<unknown>)[],
  close: () => Promise<void>,
): Promise<World> {
  const ends: UnexpectedEnd[] = [];
  let closing = false;
  undo.push(async () => {
    closing = true;
  });
  const watch = (name: string, child: Child): void => {
    void child.ended.then(({ code, signal }) => {
      if (!closing) ends.push({ process: name, how: `ended with ${signal ?? code}` });
    });
  };

  const present = presentMongodb();
  if (present.kind !== 'ready') throw new Error(`there is no MongoDB-protocol server: ${present.reason}`);
  const [store, nats] = await startBoth(
    () => startMongodb({ folders: present.folders }),
    () => startNatsCluster({ program: boundProgram(folder, natsProgram) }),
    undo,
  );
  say(`store on ${store.port}, NATS on ${nats.url}`);

  const wires = new Map<string, Wire>(ENGINES.flatMap((engine) => PEERS.map((peer): [string, Wire] => [`${engine}-${peer}`, new Wire()])));
  const wire = ({ engine, peer }: Link): Wire => {
    const found = wires.get(`${engine}-${peer}`);
    if (!found) throw new Error(`no way from ${engine} to ${peer}`);
    return found;
  };
  undo.push(async () => {
    for (const one of wires.values()) one.close();
  });
  const doors: Door[] = [];
  undo.push(async () => {
    // Not waited for: what is still connected ends with its process.
    for (const door of doors) void door.close();
  });
  const proxied = async (engine: EngineName, peer: Peer, port: number): Promise<number> => {
    const door = await proxyTo(wire({ engine, peer }), port);
    doors.push(door);
    return door.port;
  };

  const ports = new Map<EngineName, number>();
  // Not of those that the system gives to outgoing connections: an engine that comes back finds its own free.
  const firstPort = await freeBlock(ENGINES.length * 2);
  for (const [place, name] of ENGINES.entries()) ports.set(name, firstPort + 2 * place);
  const front = await openFront(ENGINES.map((engine) => ({ wire: wire({ engine, peer: 'callbacks' }), port: ports.get(engine) ?? 0 })));
  doors.push(front);

  const sntp = await startSntpServer(undefined, (request) => sntpReply(request));
  undo.push(async () => sntp.stop());
  const firstMeter = await freeBlock(meterCount);
  const tls = await tlsFiles({ folder: join(folder, 'tls'), now: Date.now(), names: [] });
  if (tls.caFile === undefined) throw new Error('tls: no authority was made');
  const places: Places = {
    folder,
    tls: { certFile: tls.certFile, keyFile: tls.keyFile, caFile: tls.caFile },
    signing: await keptSigningIdentity(folder),
    frontPort: front.port,
    database: DATABASE,
    sntpPort: sntp.port,
    meterPorts: [firstMeter, firstMeter + meterCount - 1],
  };
  for (const mpid of ['SUPX', 'SUPY']) for (const what of ['out', 'receipts']) mkdirSync(join(folder, 'dtn', mpid, what), { recursive: true });

  const start = async <T>(name: string, program: string, settings: unknown): Promise<T> => {
    const file = join(folder, `${name}.config.json`);
    writeFileSync(file, JSON.stringify(settings));
    const log = join(folder, `${name}.log`);
    const child = launch({ program, args: ['--config', file], log, pipe: true });
    undo.push(async () => {
      child.hangUp();
      await endWithin(child, GRACE_MS);
    });
    watch(name, child);
    return (await firstLine(name, child, `${log}.out`)) as T;
  };
  const listed = join(folder, 'meters.json');
  const [market, meters] = await Promise.all([
    start<MarketReady>('market', 'ops/sim/market/main.ts', marketSettings(places, seedMpans)),
    start<MetersReady>('meters', 'ops/sim/meters/main.ts', {
      meters: meterSpecs(meterCount),
      portFrom: firstMeter,
      metersFile: listed,
      recordsFile: join(folder, 'writes.jsonl'),
    }),
  ]);
  say(`market at ${market.url}, ${meterCount} meters from ${firstMeter}`);

  const natsPorts = nats.names.map((name) => Number(new URL(nats.urlOf(name)).port));
  const marketPort = Number(new URL(market.url).port);
  const engines: Partial<Record<EngineName, EngineProcess>> = {};
  const world = { excuse: () => false };
  for (const name of ENGINES) {
    const natsUrls: string[] = [];
    for (const port of natsPorts) natsUrls.push(`nats://127.0.0.1:${await proxied(name, 'nats', port)}`);
    const engine: EnginePlaces = {
      name,
      natsUrl: natsUrls.join(','),
      storeUrl: `mongodb://127.0.0.1:${await proxied(name, 'store', store.port)}/`,
      dipUrl: `https://127.0.0.1:${await proxied(name, 'dip', marketPort)}`,
      market,
    };
    engines[name] = new EngineProcess({
      name,
      folder,
      port: ports.get(name) ?? 0,
      httpPort: (ports.get(name) ?? 0) + 1,
      settings: engineSettings(places, engine),
      onEnd: (how, starting) => {
        say(`${name} ${how}${starting ? ' while it was starting' : ''}`);
        if (!closing && !(starting && world.excuse())) ends.push({ process: name, how: starting ? `${how} while it was starting` : how });
      },
    });
  }
  const all = engines as Record<EngineName, EngineProcess>;
  undo.push(() => Promise.all(ENGINES.map((name) => all[name].kill())));
  // The first makes what all share.
  await all.e1.start();
  await Promise.all([all.e2.start(), all.e3.start()]);
  say(`engines behind ${frontUrl(places)}`);
  return Object.assign(world, {
    folder,
    database: DATABASE,
    url: frontUrl(places),
    caFile: places.tls.caFile,
    engines: all,
    nats,
    store,
    market,
    meters: { ...meters, listed },
    ends,
    wire,
    close,
  });
}

/** Side by side; where one cannot start, the other is ended. */
async function startBoth(
  startStore: () => Promise<MongodbServer>,
  startNats: () => Promise<NatsCluster>,
  undo: (() => Promise<unknown>)[],
): Promise<readonly [MongodbServer, NatsCluster]> {
  const [store, nats] = await Promise.allSettled([startStore(), startNats()]);
  if (store.status === 'fulfilled') undo.push(() => store.value.close());
  if (nats.status === 'fulfilled') undo.push(() => nats.value.close());
  if (store.status === 'rejected') throw store.reason;
  if (nats.status === 'rejected') throw nats.reason;
  return [store.value, nats.value];
}

async function firstLine(name: string, child: Child, file: string): Promise<unknown> {
  const end = performance.now() + READY_MS;
  while (performance.now() < end && !child.hasEnded()) {
    const [line, more] = readFileSync(file, 'utf8').split('\n');
    if (more !== undefined) return JSON.parse(line ?? '');
    await pause(50);
  }
  throw new Error(`${name}: did not become ready; see ${file}`);
}
