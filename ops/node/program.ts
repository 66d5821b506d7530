/** What `npm start` does, from flags to a clean end. */
import { join } from 'node:path';
import { MeterwrightError } from '../../actors/errors/error.ts';
import { DirectoryLock } from '../../actors/store/lmdb/lock.ts';
import { signInAddress } from '../../gateway/session/link.ts';
import { type TlsFiles, tlsFiles } from '../../gateway/tls/index.ts';
import { type Config, loadConfig } from '../config/index.ts';
import { createLogger, type Logger } from '../log/index.ts';
import { type NatsServer, startNatsServer } from '../nats/index.ts';
import { RunFile, realClock, removeConnect, writeConnect } from '../process/index.ts';
import { banner } from './banner.ts';
import { DEMO_MPID, type DemoWorld, demoExamples, demoLayer, demoMpans, seedDemo, startDemo } from './demo.ts';
import { freePort } from './free-ports.ts';
import { writeJoinFile } from './join-file.ts';
import { keptDemo, keptLocalToken, keptMtsToken, keptSigningIdentity } from './keep.ts';
import { type EngineNode, startNode } from './node.ts';
import { patiently } from './patiently.ts';

const GRACE_MS = 10_000;
/** A stop that takes longer than this is cut. */
const STOP_LIMIT_MS = 60_000;

interface Running {
  readonly node: EngineNode;
  readonly nats: NatsServer | undefined;
  readonly demo: DemoWorld | undefined;
  readonly dataDir: string;
  readonly log: Logger;
  readonly lock: DirectoryLock;
}

/** @param prepare makes the data folder and gives its absolute path */
export async function runProgram(flags: readonly string[], prepare: (dir: string) => string): Promise<void> {
  const startedAt = performance.now();
  // Before the simulator runs, its address and certificate are unknown: a first look tells where everything is to be.
  const known = loadConfig({
    flags,
    env: process.env,
    presets: demoLayer(),
  });
  const first = known.config;
  const dataDir = prepare(first.data.dir);
  const log = createLogger(first.log);
  // Before anything of an earlier engine is touched: it may be running.
  const lock = new DirectoryLock(join(dataDir, 'engine.lock'));
  const runFile = new RunFile(dataDir);
  await runFile.endOthers(['nats'], GRACE_MS);
  const http = { ...first.http, port: first.http.port === 0 ? await freePort() : first.http.port };
  refuseOpenDemo(first);
  const tls = await tlsFiles({ folder: `${dataDir}/tls`, now: Date.now(), names: [http.host, ...http.hosts], given: http.tls });
  const nats = known.originOf('nats.url') === 'default' ? await startNatsServer({ dataDir, runFile, log }) : undefined;
  let world: DemoWorld | undefined;
  let running: Running | undefined;
  let gaveUp: string | undefined;
  try {
    const callbackBaseUrl = `https://127.0.0.1:${http.port}`;
    const identity = await keptSigningIdentity(dataDir);
    if (first.sim.enabled) {
      const folders = dtnFolders(first, dataDir);
      world = await startDemo({
        config: { ...first, dtn: folders },
        dataDir,
        identity,
        callbackBaseUrl,
        callbackCaFile: tls.caFile,
        runFile,
        onLine: (line) => log.warn({ simulator: line }, 'a simulator says'),
      });
    }
    const { config: loaded } = loadConfig({ flags, env: process.env, ...(world ? { presets: demoLayer({ ...world, identity, callbackBaseUrl }) } : {}) });
    const config: Config = {
      ...loaded,
      http,
      dtn: dtnFolders(loaded, dataDir),
      nats: nats
        ? { ...loaded.nats, url: nats.url, user: nats.credentials.engine.user, password: nats.credentials.engine.password, inboxPrefix: nats.inboxPrefix }
        : loaded.nats,
    };
    const node = await startNode({
      config,
      dataDir,
      log,
      tls,
      ...(world ? { demo: demoExamples(config.sim.seedMpans, world.meters) } : {}),
      onEscalate: (text) => {
        log.error({ text }, 'the engine cannot go on');
        gaveUp = text;
        if (running) void stop(running, 1);
      },
    });
    running = { node, nats, demo: world, dataDir, log, lock };
    // While it started there was nothing to stop yet.
    if (gaveUp !== undefined) throw new Error(`engine: cannot go on: ${gaveUp}`);
    const joinFile = world && node.cluster ? writeJoinFile(config, dataDir) : undefined;
    const demo = world ? await prepareDemo(node, world, config, dataDir) : undefined;
    const whole = running;
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => void stop(whole, 0));
    process.on('unhandledRejection', (error) => {
      log.error({ err: error }, 'a promise was forgotten; this is a bug');
    });
    await announce(whole, config, tls, demo);
    process.stdout.write(
      banner({
        url: node.gateway.url,
        httpUrl: node.gateway.httpUrl,
        natsUrl: config.nats.url,
        dataDir,
        caFile: tls.caFile,
        demo,
        signIn: process.stdout.isTTY ? await signInOnce(node) : undefined,
        market: world?.market,
        meters: world?.meters,
        joinFile,
        readyMs: performance.now() - startedAt,
      }),
    );
    world?.ended
      .then((name) => {
        if (!stopping) log.error({ name }, 'a simulator has ended');
      })
      .catch(() => {});
  } catch (error) {
    await world?.stop(GRACE_MS);
    await nats?.stop();
    throw error;
  }
}

/** A simulated market trusts easily: it stays on this machine unless somebody says otherwise. */
function refuseOpenDemo(config: Config): void {
  const loopback = ['127.0.0.1', '::1', 'localhost'].includes(config.http.host);
  if (config.sim.enabled && !loopback && !config.sim.onNetwork) {
    throw new MeterwrightError('demo_on_network', `http.host: with simulators only a loopback address, not ${config.http.host}; --demo-on-network allows it`);
  }
}

/** Folders of the demo and of an installation that names none lie in the data folder. */
function dtnFolders(config: Config, dataDir: string): Config['dtn'] {
  const within = (path: string): string => (path.startsWith('data/') ? `${dataDir}/${path.slice('data/'.length)}` : path);
  return {
    ...config.dtn,
    outDirectory: within(config.dtn.outDirectory),
    stagingDirectory: within(config.dtn.stagingDirectory),
    receiptsDirectory: within(config.dtn.receiptsDirectory),
  };
}

type Demo = NonNullable<Parameters<typeof writeConnect>[1]['demo']>;

async function prepareDemo(node: EngineNode, { meters }: DemoWorld, config: Config, dataDir: string): Promise<Demo> {
  const { apiKey } = keptDemo(dataDir);
  const { store, importers, directory, access } = node;
  await patiently(realClock, () => seedDemo({ store, importers, directory, access, apiKey, count: config.sim.seedMpans }));
  const mtsToken = await patiently(realClock, () => keptMtsToken(dataDir, access));
  return { mpid: DEMO_MPID, apiKey, mpans: demoMpans(config.sim.seedMpans), ...(meters ? { metersFile: meters.metersFile } : {}), mtsToken };
}

async function announce(running: Running, config: Config, tls: TlsFiles, demo: Demo | undefined): Promise<void> {
  const { node, dataDir, nats } = running;
  const token = await patiently(realClock, () => keptLocalToken(dataDir, node.access));
  writeConnect(dataDir, {
    url: node.gateway.url,
    ...(node.gateway.opsUrl === node.gateway.url ? {} : { opsUrl: node.gateway.opsUrl }),
    ...(node.gateway.httpUrl === undefined ? {} : { httpUrl: node.gateway.httpUrl }),
    natsUrl: nats?.url ?? config.nats.url.replace(/\/\/[^@/]*@/, '//'),
    ...(tls.caFile === undefined ? {} : { caFile: tls.caFile }),
    ...(demo ? { demo: { ...demo, adminToken: token } } : {}),
  });
}

/** For whoever sits at the terminal: it must not stand in a file or a journal. */
async function signInOnce({ identity, gateway }: EngineNode): Promise<string> {
  const { link } = await patiently(realClock, () => identity.createLink({ by: 'start' }));
  return signInAddress(gateway.opsUrl, link);
}

let stopping: Promise<void> | undefined;

function stop(running: Running, code: number): Promise<void> {
  stopping ??= (async () => {
    const cut = setTimeout(() => process.exit(1), STOP_LIMIT_MS);
    cut.unref();
    removeConnect(running.dataDir);
    await running.node.stop();
    await running.demo?.stop(GRACE_MS);
    await running.nats?.stop();
    running.lock.release();
    running.log.flush();
    process.exit(code);
  })().catch((error: unknown) => {
    running.log.error({ err: error }, 'the stop failed');
    process.exit(1);
  });
  return stopping;
}
