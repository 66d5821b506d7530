/** One listening socket (HTTPS or plain HTTP) with the compiled routes on it. */
import { MeterwrightError } from '../../actors/errors/error.ts';
import { compileAnyCase, isAnyCase } from './any-case.ts';
import type { Desk } from './desk.ts';
import { Exchange } from './exchange.ts';
import type { HostCheck } from './hosts.ts';
import { detail, type Reply, retryAfter, statusLine } from './reply.ts';
import { type CompiledPath, parameterCount, type Route } from './route.ts';
import { attachSockets, type SocketPath } from './sockets.ts';
import type { ListenSocket, TemplatedApp, UwsRequest, UwsResponse } from './uws.ts';

export interface TlsFiles {
  readonly keyFile: string;
  readonly certFile: string;
}

export interface ListenerOptions {
  readonly uws: typeof import('uWebSockets.js');
  readonly host: string;
  readonly port: number;
  readonly tls: TlsFiles | undefined;
  readonly paths: readonly CompiledPath[];
  readonly desk: Desk;
  readonly hostCheck: HostCheck;
  readonly maxConnections: number;
  /** Default: no WebSockets. */
  // biome-ignore lint/suspicious/noExplicitAny: what a path keeps of its sockets is its own
  readonly sockets?: readonly SocketPath<any>[];
}

export interface Listener {
  readonly port: number;
  /** Refuse new connections; those that are open go on. */
  stopListening(): void;
  /** End every connection. */
  close(): void;
}

/** The port could not be had. */
export class ListenError extends MeterwrightError {
  constructor(message: string, cause?: unknown) {
    super('listen_failed', message, { retry: 'later', cause });
  }
}

/**
 * Start listening.
 * @throws ListenError when the port is taken or the certificate cannot be read.
 */
export function startListener(options: ListenerOptions): Listener {
  const app = makeApp(options);
  const onGone = limitConnections(app, options.maxConnections);
  const { uws, desk, hostCheck } = options;
  for (const sockets of options.sockets ?? []) attachSockets(app, sockets, { uws, desk, hostCheck, secure: options.tls !== undefined, onGone });
  for (const path of options.paths) if (!isAnyCase(path)) attachPath(app, path, options);
  const anyCase = compileAnyCase(options.paths.filter(isAnyCase));
  app.any('/*', (res, req) => {
    const found = anyCase(req.getUrl(), req.getMethod());
    if (typeof found === 'object') take(res, req, found, 0, options, false);
    else if (!refuseAtDoor(res, req, options)) answer(res, found?.() ?? detail(404, 'Not Found'), options.desk.closes);
  });
  const socket = listenAlone(app, options);
  if (!socket) {
    app.close();
    throw new ListenError(`port: cannot listen on ${options.host}:${options.port} (is it taken?)`);
  }
  const listening: ListenSocket = socket;
  const port = options.uws.us_socket_local_port(listening);
  let open = true;
  const stopListening = (): void => {
    if (open) options.uws.us_listen_socket_close(listening);
    open = false;
  };
  return {
    port,
    stopListening,
    close() {
      stopListening();
      app.close();
    },
  };
}

/** `LIBUS_LISTEN_EXCLUSIVE_PORT`. */
const EXCLUSIVE_PORT = 1;

/** The library's types leave out this form, which takes an address and options. */
interface ListensWithOptions {
  listen(host: string, port: number, options: number, then: (socket: ListenSocket | false) => void): unknown;
}

/** Left to itself the library shares a given port with other processes: two engines would take each other's callers. */
function listenAlone(app: TemplatedApp, { host, port }: ListenerOptions): ListenSocket | false {
  let socket: ListenSocket | false = false;
  (app as unknown as ListensWithOptions).listen(host, port, EXCLUSIVE_PORT, (listening) => {
    socket = listening;
  });
  return socket;
}

function makeApp({ uws, tls }: ListenerOptions): TemplatedApp {
  if (!tls) return uws.App();
  try {
    return uws.SSLApp({ key_file_name: tls.keyFile, cert_file_name: tls.certFile, ssl_prefer_low_memory_usage: true });
  } catch (cause) {
    throw new ListenError(`tls: key or certificate cannot be used: ${tls.certFile}`, cause);
  }
}

/** What is returned tells of the end of a WebSocket, of which the filter hears no more. */
function limitConnections(app: TemplatedApp, maxConnections: number): () => void {
  let open = 0;
  const onChange = (res: UwsResponse, change: unknown): void => {
    open += Number(change);
    if (Number(change) > 0 && open > maxConnections) res.close();
  };
  app.filter(onChange);
  return () => {
    open--;
  };
}

function attachPath(app: TemplatedApp, path: CompiledPath, options: ListenerOptions): void {
  const count = parameterCount(path.path);
  for (const route of path.routes) {
    const handler = (res: UwsResponse, req: UwsRequest): void => take(res, req, route, count, options, false);
    if (route.method === 'GET') {
      app.get(path.path, handler);
      app.head(path.path, (res, req) => take(res, req, route, count, options, true));
    } else if (route.method === 'POST') app.post(path.path, handler);
    else app.del(path.path, handler);
  }
  const refuse = path.routes[0]?.refuse ?? detail405;
  app.any(path.path, (res, req) => {
    if (refuseAtDoor(res, req, options)) return;
    answer(res, refuse(405, 'method_not_allowed', 'Method Not Allowed', [['allow', path.allow]]), options.desk.closes);
  });
}

function detail405(status: number, _code: string, text: string, headers?: Reply['headers']): Reply {
  return detail(status, text, headers);
}

function take(res: UwsResponse, req: UwsRequest, route: Route, count: number, options: ListenerOptions, head: boolean): void {
  const { desk, hostCheck } = options;
  if (!hostCheck(req.getHeader('host'))) {
    answer(res, route.refuse(421, 'misdirected', 'Host: not a name of this service'), true);
    return;
  }
  if (desk.full) {
    const pause = retryAfter(desk.limits.retryAfterSeconds * 1000);
    answer(res, route.refuse(503, 'overloaded', 'The service is at its limit; nothing was changed', pause), desk.closes);
    return;
  }
  new Exchange(res, req, route, { desk, paramCount: count, head, secure: options.tls !== undefined }).begin();
}

function refuseAtDoor(res: UwsResponse, req: UwsRequest, { hostCheck }: ListenerOptions): boolean {
  if (hostCheck(req.getHeader('host'))) return false;
  answer(res, detail(421, 'Host: not a name of this service'), true);
  return true;
}

function answer(res: UwsResponse, reply: Reply, close: boolean): void {
  res.writeStatus(statusLine(reply.status));
  for (const [name, value] of reply.headers ?? []) res.writeHeader(name, value);
  res.end(reply.body, close);
}
