/** The front door as a whole: routes, listeners, and their end. */
import type { Access } from '../actors/access/index.ts';
import type { AgentDirectory } from '../actors/agent/index.ts';
import type { ReplayProgress, ReplayQuery } from '../actors/bus/index.ts';
import type { EngineFace } from '../actors/engine/face.ts';
import type { Clock, Ids, Log } from '../actors/engine/ports.ts';
import type { Identity } from '../actors/identity/index.ts';
import type { Webhooks } from '../actors/webhook/index.ts';
import type { Json } from '../machines/common/effects.ts';
import { agentsRoutes } from './agents/routes.ts';
import { appointmentRoutes } from './appointment/routes.ts';
import { type ContractOptions, contractRoutes } from './contract/index.ts';
import { type DipReceiverFace, dipRoutes } from './dip/routes.ts';
import { compileHostCheck, compileRoutes, Desk, type Listener, loadUws, type Route, startListener, type TlsFiles } from './http/index.ts';
import { isHousePath, parseListen } from './http/sides.ts';
import { LiveHub, type LiveSetup, type LiveStats, livePath } from './live/index.ts';
import { mpanRoutes } from './mpan/routes.ts';
import { compileSecureCheck } from './mts/transport.ts';
import { actorsRoutes } from './ops/actors.ts';
import { alertsRoutes } from './ops/alerts.ts';
import { auditRoutes } from './ops/audit.ts';
import { type ClusterDeps, clusterRoutes } from './ops/cluster.ts';
import { countsRoutes } from './ops/counts.ts';
import { credentialsRoutes } from './ops/credentials.ts';
import { eventsRoutes } from './ops/events.ts';
import { type HealthSource, healthRoutes } from './ops/health.ts';
import { createImporters } from './ops/importers.ts';
import { type MetersDeps, meterRoutes } from './ops/meters.ts';
import { type MetricsSource, metricsRoutes } from './ops/metrics.ts';
import { operatorsRoutes } from './ops/operators.ts';
import { searchRoutes } from './ops/search.ts';
import { webhooksRoutes } from './ops/webhooks.ts';
import { workRoutes } from './ops/work.ts';
import type { HttpOptions } from './options.ts';
import { requestsRoutes } from './requests/routes.ts';
import { sessionRoutes } from './session/index.ts';
import { makeFailureLimiter } from './supplier/guard.ts';
import { webRoutes } from './web/routes.ts';
import type { Site } from './web/site.ts';

export interface GatewayDeps {
  readonly options: HttpOptions;
  readonly engine: EngineFace;
  readonly directory: AgentDirectory;
  readonly receiver: DipReceiverFace;
  readonly access: Access;
  readonly identity: Identity;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  /** Absent: no HTTPS (tests, benches). */
  readonly tlsFiles?: TlsFiles;
  /** Names in the certificate, which a Host header may then carry. */
  readonly tlsNames?: readonly string[];
  /** `host:port` of a listener of their own for dashboard, `/ops` and what else is the house's; the public port then has none of it. */
  readonly opsListen?: string;
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
  /** Absent: suppliers are told nothing. */
  readonly webhooks?: Webhooks;
  /** Absent: no live sockets. */
  readonly live?: Pick<LiveSetup, 'options' | 'bus' | 'prefix' | 'shards'>;
  /** Absent: nothing is measured. */
  readonly metrics?: MetricsSource;
  /** Callers are still answered, and told to connect elsewhere: this node gives its shards away. Absent: never. */
  readonly leaving?: () => boolean;
  /** Absent: the pages were not built. */
  readonly site?: Site;
  /** What the contracts name of this installation. */
  readonly contract?: ContractOptions;
}

export interface Gateway {
  /** Base URL of HTTPS; of plain HTTP when there is no HTTPS. */
  readonly url: string;
  /** Base URL of dashboard and operator's API: `url`, or that of `opsListen`. */
  readonly opsUrl: string;
  /** Base URL of plain HTTP on loopback; undefined when it is off. */
  readonly httpUrl: string | undefined;
  /** Live sockets as they are now; absent: none are served. */
  readonly live: LiveStats | undefined;
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
  let httpsUrl: string | undefined;
  const paths = compileRoutes(makeRoutes(deps, () => httpsUrl));
  const house = deps.opsListen === undefined ? undefined : parseListen(deps.opsListen);
  const hostCheck = compileHostCheck([
    options.host,
    ...options.hosts,
    ...(deps.tlsNames ?? []),
    new URL(deps.callbackBaseUrl).hostname,
    ...(house ? [house.host] : []),
  ]);
  const desk = new Desk(options, clock, log, deps.leaving);
  const live = openLive(deps);
  const sockets = live && deps.live ? [livePath(live, deps.live.options)] : [];
  const common = { uws, paths, desk, hostCheck, maxConnections: options.maxConnections, sockets };
  const listeners: Listener[] = [];
  const publicPaths = house ? paths.filter(({ path }) => !isHousePath(path)) : paths;
  const listen = (host: string, port: number, tls: TlsFiles | undefined, its = paths): Listener => {
    const listener = startListener({ ...common, paths: its, host, port, tls });
    listeners.push(listener);
    return listener;
  };
  try {
    const secure = deps.tlsFiles ? listen(options.host, options.port, deps.tlsFiles, publicPaths) : undefined;
    const own = house && listen(house.host, house.port, deps.tlsFiles);
    const plain = options.httpPort === 'off' ? undefined : listen(LOOPBACK, options.httpPort === 'auto' ? 0 : options.httpPort, undefined);
    const httpUrl = plain ? `http://${LOOPBACK}:${plain.port}` : undefined;
    const secureUrl = secure && `https://${urlHost(options.host)}:${secure.port}`;
    const url = secureUrl ?? httpUrl ?? '';
    const opsUrl = own && house ? `${deps.tlsFiles ? 'https' : 'http'}://${urlHost(house.host)}:${own.port}` : url;
    httpsUrl = own && deps.tlsFiles ? opsUrl : secureUrl;
    let closed: Promise<void> | undefined;
    const close = (): Promise<void> => {
      live?.close();
      closed ??= closeAll(desk, listeners, options.closeTimeoutMs, log);
      return closed;
    };
    return {
      url,
      opsUrl,
      httpUrl,
      get live() {
        return live?.stats;
      },
      close,
    };
  } catch (error) {
    live?.close();
    await closeAll(desk, listeners, 0, log);
    throw error;
  }
}

function openLive({ live, engine, access, identity, options, clock, log }: GatewayDeps): LiveHub | undefined {
  if (!live) return undefined;
  const failures = makeFailureLimiter(options);
  return new LiveHub({
    ...live,
    store: engine.store,
    identities: {
      key: (text) => access.authenticateKey(text),
      token: (text) => access.authenticateToken(text),
      session: (secret) => identity.authenticateSession(secret),
      hold: (grant, onEnd) => (grant.kind === 'session' ? identity.hold(grant, onEnd) : access.hold(grant, onEnd)),
      failed: (source) => failures.failed(source, clock.monotonic()),
    },
    clock,
    log,
  });
}

/** Every route of this release. */
export function makeRoutes(deps: GatewayDeps, httpsUrl: () => string | undefined): readonly Route[] {
  const failures = makeFailureLimiter(deps.options);
  const { maxBodyBytes, maxImportBytes, maxDipBodyBytes } = deps.options;
  const importers = createImporters({ ...deps, dipIdOf: (mpid) => deps.suppliers.get(mpid) });
  const isSecure = compileSecureCheck(deps.meters?.mts.trustedProxies ?? []);
  const shared = { ...deps, importers, failures, isSecure, maxBodyBytes, maxImportBytes, maxDipBodyBytes };
  const routes: readonly Route[] = [
    ...appointmentRoutes(shared),
    ...requestsRoutes(shared),
    ...mpanRoutes(shared),
    ...agentsRoutes(shared),
    ...dipRoutes(shared),
    ...healthRoutes(shared),
    ...actorsRoutes({ ...shared, ...deps.meters }),
    ...alertsRoutes(shared),
    ...credentialsRoutes(shared),
    ...searchRoutes(shared),
    ...countsRoutes(shared),
    ...(deps.webhooks ? webhooksRoutes({ ...shared, webhooks: deps.webhooks }) : []),
    ...sessionRoutes(shared),
    ...operatorsRoutes(shared),
    ...auditRoutes(shared),
    ...workRoutes(shared),
    ...(deps.replay ? eventsRoutes({ ...shared, replay: deps.replay }) : []),
    ...(deps.cluster ? clusterRoutes({ ...shared, cluster: deps.cluster }) : []),
    ...(deps.meters ? meterRoutes({ ...shared, ...deps.meters }) : []),
    ...(deps.metrics ? metricsRoutes({ ...shared, metrics: deps.metrics }) : []),
    ...webRoutes({ ...shared, httpsUrl }),
  ];
  return [...routes, ...contractRoutes({ ...shared, routes })];
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
