/** How engines, market and meters of a chaos run are configured. */
import { join } from 'node:path';
import type { Rule } from '../../ops/sim/market/rules.ts';
import { SUPPLIER } from '../../ops/sim/market/seed.ts';
import type { MeterSpec } from '../../ops/sim/meters/options.ts';
import { LARGEST_SECONDS } from './checks/meters.ts';
import type { EngineName } from './faults.ts';
import { LIMITS } from './schedule.ts';

export const SUPPLIERS = [
  { mpid: SUPPLIER.mpid, dipId: SUPPLIER.dipId },
  { mpid: 'SUPY', dipId: '2300000023' },
] as const;

/** A market of mixed outcomes in which everything ends. Names say what becomes of the process. */
const MIX: readonly Rule[] = [
  { name: 'Failed', match: { probability: 0.06 }, initial: { code: 'R', messages: ['REG1021 - Requesting supplier is not the current supplier'] } },
  { name: 'Failed', match: { probability: 0.06 }, outcome: { code: 'R', text: 'SP001 - No contract' } },
  { name: 'Failed', match: { probability: 0.04 }, outcome: { code: 'L' } },
  { name: 'Success', match: { probability: 0.06 }, duplicate: 'transaction' },
  { name: 'Success', match: { probability: 0.06 }, duplicate: 'content' },
  { name: 'Success', match: { probability: 0.06 }, order: ['active', 'outcome', 'initial'] },
];

export interface Places {
  /** Folder of the run. */
  readonly folder: string;
  readonly tls: { readonly certFile: string; readonly keyFile: string; readonly caFile: string };
  readonly signing: { readonly keyFile: string; readonly certificateFile: string; readonly thumbprint: string };
  readonly frontPort: number;
  readonly database: string;
  readonly sntpPort: number;
  readonly meterPorts: readonly [first: number, last: number];
}

export interface EnginePlaces {
  readonly name: EngineName;
  /** All servers, through the engine's own proxies. */
  readonly natsUrl: string;
  readonly storeUrl: string;
  readonly dipUrl: string;
  readonly market: { readonly caFile: string; readonly certificateThumbprint: string };
}

export const frontUrl = (places: Pick<Places, 'frontPort'>): string => `https://127.0.0.1:${places.frontPort}`;
export const dtnFolder = ({ folder }: Pick<Places, 'folder'>, what: string): string => join(folder, 'dtn', '{mpid}', what);

export function engineSettings(places: Places, engine: EnginePlaces): Readonly<Record<string, unknown>> {
  const { keyFile, certificateFile } = places.signing;
  const [first, last] = places.meterPorts;
  return {
    data: { secretsDir: join(places.folder, 'secrets') },
    sim: { enabled: false },
    cluster: { mode: 'nats', node: engine.name, leaseMs: LIMITS.leaseMs },
    store: { kind: 'mongodb', mongodb: { url: engine.storeUrl, database: places.database } },
    nats: { url: engine.natsUrl, reconnectMaxMs: 1_000, stream: { replicas: 3 } },
    engine: { shards: 24, scanIntervalMs: 1_000, aliveIntervalMs: 1_000, reminderRetryMs: 2_000 },
    http: { tls: places.tls, ratePerSecond: 100_000, rateBurst: 100_000 },
    dip: {
      baseUrl: engine.dipUrl,
      environmentTag: 'DEV',
      suppliers: SUPPLIERS,
      signingKeyFile: keyFile,
      signingCertificateFile: certificateFile,
      clientKeyFile: keyFile,
      clientCertificateFile: certificateFile,
      caFile: engine.market.caFile,
      callbackBaseUrl: frontUrl(places),
      trustedCertificates: [engine.market.certificateThumbprint],
      requestTimeoutMs: 5_000,
      retry: { initialMs: 200, capMs: 2_000 },
      circuit: { openMs: 500, holdMs: 5_000 },
      gap: { minGapMs: 15_000, pollMs: 500, graceMs: 60_000 },
    },
    dtn: {
      outDirectory: dtnFolder(places, 'out'),
      stagingDirectory: join(places.folder, 'dtn', 'staging'),
      receiptsDirectory: dtnFolder(places, 'receipts'),
      flushMs: 1_000,
      receiptScanMs: 500,
      retryInitialMs: 200,
      retryCapMs: 2_000,
      maxRefusals: 20,
    },
    links: { tcp: { allow: [`127.0.0.1/32 ${first}-${last}`] } },
    session: {
      guards: { boundary: { withinSeconds: 0 }, largestSeconds: LARGEST_SECONDS },
      // An honest time server: an engine whose clock was moved is to find out before it writes to a meter.
      hostClock: { server: '127.0.0.1', port: places.sntpPort, intervalMs: 1_000, timeoutMs: 500, toleranceMs: 1_000 },
    },
    actions: { attempts: 20, retryPauseMs: 500, lostAttempts: 20, sessionsPerSecond: 0, stopGraceMs: 5_000, pullIntervalMs: 500 },
  };
}

export function marketSettings(places: Places, seedMpans: number): Readonly<Record<string, unknown>> {
  return {
    dataDir: join(places.folder, 'market'),
    trustedThumbprints: [places.signing.thumbprint],
    callbackBaseUrl: frontUrl(places),
    callbackCaFile: places.tls.caFile,
    seedMpans,
    rules: MIX,
    initialMs: 100,
    outcomeMs: 400,
    activeMs: 800,
    callbackTimeoutMs: 4_000,
    retryBaseMs: 200,
    retryCapMs: 1_000,
    retryAttempts: 500,
    dtn: { outDirectory: dtnFolder(places, 'out'), receiptsDirectory: dtnFolder(places, 'receipts'), pollMs: 200 },
  };
}

const METER_TYPES = ['ISKRA_MX37X', 'EDMIATLAS', 'CEWEPRO100', 'LG_DLMS', 'ELSTERA1700'] as const;
/** Slow enough that a fault finds sessions in the middle. */
const REPLY_MS = 150;
const AHEAD_SECONDS = 75;

export function meterSpecs(count: number): readonly MeterSpec[] {
  return Array.from({ length: count }, (_, index) => {
    const meterType = METER_TYPES[index % METER_TYPES.length] ?? 'EDMIATLAS';
    return {
      meterType,
      serialNumber: `95${String(index).padStart(6, '0')}`,
      password: meterType === 'EDMIATLAS' ? 'EDMI,IMDEIMDE' : '12345678',
      clock: { offsetSeconds: AHEAD_SECONDS },
      faults: { replyDelayMs: REPLY_MS, ...(index % 7 === 3 ? { loseWriteReplies: 1 } : {}) },
    };
  });
}
