/** The demo: simulators as child processes, and what the configuration must say to talk to them. */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Access } from '../../actors/access/index.ts';
import type { AgentDirectory } from '../../actors/agent/index.ts';
import type { Store } from '../../actors/store/index.ts';
import type { ContractDemo } from '../../gateway/contract/index.ts';
import type { createImporters } from '../../gateway/ops/importers.ts';
import type { Config } from '../config/index.ts';
import { type Child, type RunFile, readJson, startChild, writeWhole } from '../process/index.ts';
import { agentsJsonl, DOCUMENTED_MPAN, mpanLine, SUPPLIER, seededMpan } from '../sim/market/seed.ts';
import { type MeterDemo, meterPresets, planMeterDemo, startMeterDemo, unknownMeters } from './demo-meters.ts';
import { freePort } from './free-ports.ts';
import type { SigningIdentity } from './keep.ts';

const SIM_PROGRAM = join(import.meta.dirname, '..', 'sim', 'market', 'main.ts');
const SIM_READY_MS = 60_000;
const SIM_NAME = 'sim-market';

/** The first line of the simulator. */
export interface MarketReady {
  readonly url: string;
  readonly controlUrl: string;
  /** Absent or null: it speaks plain HTTP. */
  readonly caFile: string | null | undefined;
  readonly certificateThumbprint: string;
}

/** Ports of the simulator, kept over restarts so that a new simulator is found where the old one was. */
export async function simulatorPorts(dataDir: string): Promise<{ readonly port: number; readonly controlPort: number }> {
  const file = join(dataDir, 'sim', 'ports.json');
  const kept = readJson(file) as { port: number; controlPort: number } | undefined;
  if (typeof kept?.port === 'number' && typeof kept.controlPort === 'number') return kept;
  const made = { port: await freePort(), controlPort: await freePort() };
  mkdirSync(join(dataDir, 'sim'), { recursive: true });
  writeWhole(file, `${JSON.stringify(made)}\n`);
  return made;
}

export interface SimulatorSetup {
  readonly config: Config;
  readonly dataDir: string;
  readonly identity: SigningIdentity;
  readonly callbackBaseUrl: string;
  readonly callbackCaFile: string | undefined;
  readonly runFile: RunFile;
  readonly onLine: (line: string) => void;
}

/** All simulators of the demo. */
export interface DemoWorld {
  readonly market: MarketReady;
  /** Undefined: without meters. */
  readonly meters: MeterDemo | undefined;
  /** Resolves with the name of the first that ended, for whatever reason. */
  readonly ended: Promise<string>;
  /** Ends all, each within `graceMs`. */
  stop(graceMs: number): Promise<void>;
}

/**
 * Starts them side by side.
 * @throws MeterwrightError `child_failed`; none then runs
 */
export async function startDemo(setup: SimulatorSetup): Promise<DemoWorld> {
  const meters = setup.config.sim.meters ? await planMeterDemo(setup.dataDir) : undefined;
  const [market, meterSims] = await Promise.allSettled([startSimulator(setup), meters ? startMeterDemo(meters, setup.runFile, setup.onLine) : []]);
  const children = [...(market.status === 'fulfilled' ? [market.value] : []), ...(meterSims.status === 'fulfilled' ? meterSims.value : [])];
  const stop = async (graceMs: number): Promise<void> => {
    await Promise.all(children.map((child) => child.stop(graceMs)));
  };
  for (const began of [market, meterSims]) {
    if (began.status === 'fulfilled') continue;
    await stop(0);
    throw began.reason;
  }
  const ended = Promise.race(children.map((child) => child.ended.then(() => child.name)));
  return { market: (market as PromiseFulfilledResult<Child & { readonly ready: MarketReady }>).value.ready, meters, ended, stop };
}

/** Starts the simulated market, on the ports it had before. */
async function startSimulator(setup: SimulatorSetup): Promise<Child & { readonly ready: MarketReady }> {
  const { enabled: _enabled, onNetwork: _onNetwork, meters: _meters, ...options } = setup.config.sim;
  const folder = resolve(setup.dataDir, 'sim');
  const ports = await simulatorPorts(setup.dataDir);
  const { dtn } = setup.config;
  const file = join(folder, 'options.json');
  const whole = {
    ...options,
    dataDir: folder,
    ...ports,
    trustedThumbprints: [setup.identity.thumbprint],
    callbackBaseUrl: setup.callbackBaseUrl,
    ...(setup.callbackCaFile === undefined ? {} : { callbackCaFile: resolve(setup.callbackCaFile) }),
    dtn: { outDirectory: resolve(dtn.outDirectory), receiptsDirectory: resolve(dtn.receiptsDirectory), ...options.dtn },
  };
  writeWhole(file, `${JSON.stringify(whole)}\n`);
  const child = await startChild(
    { name: SIM_NAME, program: SIM_PROGRAM, args: ['--config', file], readyTimeoutMs: SIM_READY_MS, onLine: setup.onLine },
    setup.runFile,
  );
  return child as Child & { readonly ready: MarketReady };
}

/** What the demo sets, below the file, the environment and flags. */
function demoPresets(market: MarketReady, meters: MeterDemo | undefined, identity: SigningIdentity, callbackBaseUrl: string): Record<string, unknown> {
  return {
    ...(meters ? meterPresets(meters) : {}),
    dip: {
      baseUrl: market.url,
      environmentTag: 'DEV',
      suppliers: [{ mpid: SUPPLIER.mpid, dipId: SUPPLIER.dipId }],
      signingKeyFile: identity.keyFile,
      signingCertificateFile: identity.certificateFile,
      clientKeyFile: identity.keyFile,
      clientCertificateFile: identity.certificateFile,
      ...(market.caFile ? { caFile: market.caFile } : {}),
      callbackBaseUrl,
      trustedCertificates: [market.certificateThumbprint],
    },
    // A demo is watched: files to the legacy gateway need not wait a minute for company.
    dtn: { flushMs: 2_000 },
  };
}

/** Stands for the simulator and its keys before they are there. */
const PLACEHOLDER: MarketReady = { url: 'https://127.0.0.1:1', controlUrl: '', caFile: undefined, certificateThumbprint: '0'.repeat(64) };
const NOBODY: SigningIdentity = { keyFile: 'unknown', certificateFile: 'unknown', thumbprint: '' };
export const DEMO_ORIGIN = 'the demo market';

/** The demo as it runs. */
export interface KnownDemo extends Pick<DemoWorld, 'market' | 'meters'> {
  readonly identity: SigningIdentity;
  readonly callbackBaseUrl: string;
}

/** The presets as a layer of the configuration; none where the simulators are off. Without a demo: before it runs. */
export const demoLayer =
  (demo?: KnownDemo) =>
  (known: Readonly<Record<string, unknown>>): { origin: string; values: unknown } | undefined => {
    const sim = known.sim as { enabled?: boolean; meters?: boolean } | undefined;
    if (sim?.enabled === false) return undefined;
    const { market, meters, identity, callbackBaseUrl } = demo ?? {
      market: PLACEHOLDER,
      meters: sim?.meters === false ? undefined : unknownMeters(),
      identity: NOBODY,
      callbackBaseUrl: PLACEHOLDER.url,
    };
    return { origin: DEMO_ORIGIN, values: demoPresets(market, meters, identity, callbackBaseUrl) };
  };

export interface SeedWorld {
  readonly store: Pick<Store, 'getMeta' | 'putMeta'>;
  readonly importers: ReturnType<typeof createImporters>;
  readonly directory: AgentDirectory;
  readonly access: Access;
  readonly apiKey: string;
  readonly count: number;
}

const SEEDED = 'demo.seeded';
const DEMO_RATE = { perSecond: 100_000, burst: 100_000 };

/** Meter points, agents and the supplier's key; only what is not there yet. */
export async function seedDemo(world: SeedWorld): Promise<void> {
  const seeded = await world.store.getMeta(SEEDED);
  const have = typeof seeded === 'number' ? seeded : -1;
  if (have >= world.count) return;
  const options = { format: 'jsonl', mpid: SUPPLIER.mpid, by: 'demo', signal: new AbortController().signal } as const;
  if (have < 0) {
    await world.access.adoptKey(world.apiKey, { mpids: [SUPPLIER.mpid], label: 'demo', rate: DEMO_RATE, by: 'demo' });
    for await (const _line of world.importers.agents(bytes(agentsJsonl()), options));
  }
  for await (const _line of world.importers.mpans(bytes(mpanLines(have, world.count)), options));
  await world.store.putMeta(SEEDED, world.count);
}

function* mpanLines(have: number, count: number): Generator<string> {
  if (have < 0) yield `${JSON.stringify(mpanLine(-1))}\n`;
  for (let index = Math.max(0, have); index < count; index++) yield `${JSON.stringify(mpanLine(index))}\n`;
}

async function* bytes(lines: Iterable<string>): AsyncGenerator<Uint8Array> {
  for (const line of lines) yield Buffer.from(line);
}

/** Ten meter points to try. */
export function demoMpans(count: number): string[] {
  return [DOCUMENTED_MPAN, ...Array.from({ length: Math.min(9, count) }, (_, index) => seededMpan(index))];
}

export const DEMO_MPID = SUPPLIER.mpid;

/**
 * What examples of the contracts may name: of the meters those that need no password, since the contracts are for everybody; of the meter
 * points not the documented one, which has an example of its own.
 */
export function demoExamples(count: number, meters: MeterDemo | undefined): ContractDemo {
  const [documented = DOCUMENTED_MPAN, ...others] = demoMpans(count);
  return { mpid: DEMO_MPID, mpans: others.length > 0 ? others : [documented], meters: (meters?.listed ?? []).filter(({ password }) => password === undefined) };
}
