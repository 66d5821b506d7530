/** The front door as a whole: routes, listeners, and their end. */
import type { Access } from '../actors/access/index.ts';
import type { AgentDirectory } from '../actors/agent/index.ts';
import type { ReplayProgress, ReplayQuery } from '../actors/bus/index.ts';
import type { EngineFace } from '../actors/engine/face.ts';
import type { Clock, Ids, Log } from '../actors/engine/ports.ts';
import type { Json } from '../machines/common/effects.ts';
import { agentsRoutes } from './agents/routes.ts';
import { appointmentRoutes } from './appointment/routes.ts';
import { type DipReceiverFace, dipRoutes } from './dip/routes.ts';
import { compileHostCheck, compileRoutes, Desk, type Listener, loadUws, type Route, startListener, type TlsFiles } from './http/index.ts';
import { mpanRoutes } from './mpan/routes.ts';
import { actorsRoutes } from './ops/actors.ts';
import { alertsRoutes } from './ops/alerts.ts';
import { type ClusterDeps, clusterRoutes } from './ops/cluster.ts';
import { credentialsRoutes } from './ops/credentials.ts';
import { eventsRoutes } from './ops/events.ts';
import { type HealthSource, healthRoutes } from './ops/health.ts';
import { createImporters } from './ops/importers.ts';
import { type MetersDeps, meterRoutes } from './ops/meters.ts';
import { type MetricsSource, metricsRoutes } from './ops/metrics.ts';
import { workRoutes } from './ops/work.ts';
import type { HttpOptions } from './options.ts';
import { requestsRoutes } from './requests/routes.ts';
import { makeFailureLimiter } from './supplier/guard.ts';

export interface GatewayDeps {
  readonly options: HttpOptions;
  readonly engine: EngineFace;
  readonly directory: AgentDirectory;
  readonly receiver: DipReceiverFace;
  readonly access: Access;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  /** Absent: no HTTPS (tests, benches). */
  readonly tlsFiles?: TlsFiles;
  /** Names in the certificate, which a Host header may then carry. */
  readonly tlsNames?: readonly string[];
  readonly health: HealthSource;
  /** Where the DIP reaches this gateway: scheme, host, path prefix. */
  readonly callbackBaseUrl: string;
  readonly enforceCheckDigit: boolean;
  /** DIP id of each own supplier by MPID; a key's other MPIDs are refused. */
  readonly suppliers: ReadonlyMap<string, string>;
  readonly backup?: (directory: string) => Promise<void>;
  readonly flushDtn?: (mpid: string | undefined) => Promise<Json>;
  /** Tells events of the past once more; absent without a bus. */
  readonly replay?: (query: ReplayQuery, signal: AbortSignal) => AsyncIterable<ReplayProgress>;
  /** Absent: this engine is alone. */
  readonly cluster?: ClusterDeps['cluster'];
  /** Absent: no meter actions. */
  readonly meters?: MetersDeps;
  /** Absent: nothing is measured. */
  readonly metrics?: MetricsSource;
}

export interface Gateway {
  /** Base URL of HTTPS; of plain HTTP when there is no HTTPS. */
  readonly url: string;
  /** Base URL of plain HTTP on loopback; undefined when it is off. */
  readonly httpUrl: string | undefined;
  /** Refuse what is new, finish what is in hand (bounded in time), close every connection. */
  close(): Promise<void>;
}

const LOOPBACK = '127.0.0.1';

/**
 * Open the front door.
 * @throws ListenError when a port is taken or the certificate cannot be used.
 */
export async function startGateway(deps: GatewayDeps): Promise<Gateway> {
  const { options, clock, log } = deps;
  const uws = await loadUws(options.maxHeaderBytes);
  const paths = compileRoutes(makeRoutes(deps));
  const hostCheck = compileHostCheck([options.host, ...options.hosts, ...(deps.tlsNames ?? []), new URL(deps.callbackBaseUrl).hostname]);
  const desk = new Desk(options, clock, log);
  const common = { uws, paths, desk, hostCheck, maxConnections: options.maxConnections };
  const listeners: Listener[] = [];
  const listen = (host: string, port: number, tls: TlsFiles | undefined): Listener => {
    const listener = startListener({ ...common, host, port, tls });
    listeners.push(listener);
    return listener;
  };
  try {
    const secure = deps.tlsFiles ? listen(options.host, options.port, deps.tlsFiles) : undefined;
    const plain = options.httpPort === 'off' ? undefined : listen(LOOPBACK, options.httpPort === 'auto' ? 0 : options.httpPort, undefined);
    const httpUrl = plain ? `http://${LOOPBACK}:${plain.port}` : undefined;
    const url = secure ? `https://${urlHost(options.host)}:${secure.port}` : (httpUrl ?? '');
    let closed: Promise<void> | undefined;
    const close = (): Promise<void> => {
      closed ??= closeAll(desk, listeners, options.closeTimeoutMs, log);
      return closed;
    };
    return { url, httpUrl, close };
  } catch (error) {
    await closeAll(desk, listeners, 0, log);
    throw error;
  }
}

/** Every route of this release. */
function makeRoutes(deps: GatewayDeps): readonly Route[] {
  const failures = makeFailureLimiter(deps.options);
  const { maxBodyBytes, maxImportBytes, maxDipBodyBytes } = deps.options;
  const importers = createImporters({ ...deps, dipIdOf: (mpid) => deps.suppliers.get(mpid) });
  const shared = { ...deps, importers, failures, maxBodyBytes, maxImportBytes, maxDipBodyBytes };
  return [
    ...appointmentRoutes(shared),
    ...requestsRoutes(shared),
    ...mpanRoutes(shared),
    ...agentsRoutes(shared),
    ...dipRoutes(shared),
    ...healthRoutes(shared),
    ...actorsRoutes({ ...shared, ...deps.meters }),
    ...alertsRoutes(shared),
    ...credentialsRoutes(shared),
    ...workRoutes(shared),
    ...(deps.replay ? eventsRoutes({ ...shared, replay: deps.replay }) : []),
    ...(deps.cluster ? clusterRoutes({ ...shared, cluster: deps.cluster }) : []),
    ...(deps.meters ? meterRoutes({ ...shared, ...deps.meters }) : []),
    ...(deps.metrics ? metricsRoutes({ ...shared, metrics: deps.metrics }) : []),
  ];
}

async function closeAll(desk: Desk, listeners: readonly Listener[], timeoutMs: number, log: Log): Promise<void> {
  for (const listener of listeners) listener.stopListening();
  const isDrained = await desk.drain(timeoutMs);
  if (!isDrained) log.warn({ inFlight: desk.inFlight }, 'requests were still in hand at the end of the stop');
  for (const listener of listeners) listener.close();
}

/** An address that means all interfaces is reached by loopback; IPv6 gets its brackets. */
function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
