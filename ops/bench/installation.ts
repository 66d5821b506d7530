/** Installations of the demo market for benches: seeded once, kept in the cache, copied for each run. */
import { mkdirSync } from 'node:fs';
import { keptSigningIdentity } from '../node/keep.ts';
import { SUPPLIER } from '../sim/market/seed.ts';
import { type EngineProcess, startEngine } from './process/engine.ts';
import { copyInstallation, kept } from './process/folders.ts';

type Sections = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Nobody listens here: what goes there waits. */
const NOWHERE = '127.0.0.1:1';
/** Enough for the engine to hear that its IF-031 was accepted before the first answer to it arrives, as on any real network; less makes it ask for the delivery's fate. */
const ANSWER_MS = 50;
export const API_PATH = `/metering-services/v1/${SUPPLIER.mpid}/appoint`;

/** A copy of an installation with so many meter points, agents and the supplier's key. */
export async function seededInstallation(count: number, into: string): Promise<void> {
  const from = await kept(`seeded-${count}`, async (folder) => {
    mkdirSync(folder, { recursive: true });
    const engine = await startEngine({ dataDir: folder, flags: ['--seed-mpans', String(count)] });
    await engine.stop();
  });
  copyInstallation(from, into);
}

/** The engine with nothing beyond the front door: the DIP and NATS are out of reach, so channel and events are paused. */
export async function startPaused(dataDir: string, more: Sections = {}): Promise<EngineProcess> {
  return startEngine({ dataDir, flags: ['--no-sim', '--nats', `nats://${NOWHERE}`], config: { ...more, dip: await unreachableDip(dataDir) } });
}

/** Settings of a DIP that is not there; the installation's own identity signs. */
export async function unreachableDip(dataDir: string): Promise<Readonly<Record<string, unknown>>> {
  const { keyFile, certificateFile } = await keptSigningIdentity(dataDir);
  return {
    baseUrl: `http://${NOWHERE}`,
    environmentTag: 'DEV',
    suppliers: [{ mpid: SUPPLIER.mpid, dipId: SUPPLIER.dipId }],
    signingKeyFile: keyFile,
    signingCertificateFile: certificateFile,
    callbackBaseUrl: `http://${NOWHERE}`,
    register: false,
  };
}

export interface LiveSetup {
  readonly dataDir: string;
  readonly httpPort: number;
  /** Plain HTTP between engine and simulator, both ways; else HTTPS as by default. */
  readonly plain: boolean;
  readonly sim?: Readonly<Record<string, unknown>>;
  readonly dip?: Readonly<Record<string, unknown>>;
  readonly more?: Sections;
}

/** The engine with everything on: the simulator answers almost at once, each answer when the one before was acknowledged; NATS takes the events. */
export function startLive(setup: LiveSetup): Promise<EngineProcess> {
  const { dataDir, httpPort, plain } = setup;
  const sim = {
    initialMs: ANSWER_MS,
    outcomeMs: ANSWER_MS,
    activeMs: ANSWER_MS,
    rules: [{ sequential: true }],
    retainFlows: 1_000,
    ...(plain ? { tls: false } : {}),
    ...setup.sim,
  };
  const dip = { ...(plain ? { callbackBaseUrl: `http://127.0.0.1:${httpPort}` } : {}), ...setup.dip };
  // The stream of a copied installation begins empty: what it told of its meter points when it was seeded is not told again beside what is measured.
  return startEngine({ dataDir, httpPort, config: { nats: { announceAgainMs: 0 }, ...setup.more, sim, dip } });
}

/** How many processes of a supplier have a status (`Pending`, `Success`, `Failed`), as the API says. */
export async function countOf(engine: EngineProcess, mpid: string, apiKey: string, status: string): Promise<number> {
  const url = `http://127.0.0.1:${engine.httpPort}/requests/v1/${mpid}?request_status=${status}&page=1&page_size=1`;
  const { total } = (await (await fetch(url, { headers: { 'x-api-key': apiKey } })).json()) as { total: number };
  return total;
}
