/** Routes as data, and what a handler is given. */
import type { AnyReply, Reply } from './reply.ts';

export type Method = 'GET' | 'POST' | 'DELETE';

/** One request as a handler sees it. Only what its route asked for was copied from the wire. */
export interface GatewayRequest {
  /** The route that it came to. */
  readonly route: Pick<Route, 'method' | 'path'>;
  /** In the order of the route's parameters, as written (not decoded). */
  readonly params: readonly string[];
  /** Without the `?`. */
  readonly query: string;
  /** In the order of the route's `headers`; an absent header is an empty string. */
  readonly headers: readonly string[];
  /** Every header, names in lower case; only for routes with `allHeaders`. */
  readonly allHeaders: Readonly<Record<string, string>>;
  readonly path: string;
  /** The whole body; empty for routes without one and for streams. */
  readonly body: Uint8Array;
  /** The body piece by piece; only for routes with `body: 'stream'`. */
  readonly chunks: AsyncIterable<Uint8Array> | undefined;
  /** Address of the other side; empty once it is gone. */
  source(): string;
  /** The other side is this machine. */
  fromLoopback(): boolean;
  /** It came over TLS that ends here. */
  readonly secure: boolean;
  /** Aborted when the other side goes away or the gateway gives the request up. */
  signal(): AbortSignal;
}

export interface Route {
  readonly method: Method;
  /** `/requests/v1/:mpid`. */
  readonly path: string;
  /**
   * The path, which has no parameters, is matched without regard to case; what else lies in its first folder is refused in this
   * route's shape; HEAD is not served.
   */
  readonly anyCase?: true;
  readonly headers: readonly string[];
  readonly allHeaders?: true;
  /** `none`: a body is not looked at. `whole`: collected up to `maxBytes`. `stream`: handed on piece by piece, up to `maxBytes` in all. */
  readonly body: 'none' | 'whole' | 'stream';
  readonly maxBytes: number;
  /** How this route's refusals look when the gateway itself refuses. */
  readonly refuse: Refuse;
  /** No answer is expected in the usual time (streams, backups). */
  readonly slow?: true;
  handle(request: GatewayRequest): AnyReply | Promise<AnyReply>;
}

/** A refusal of the gateway itself in a route's own shape. */
export type Refuse = (status: number, code: string, text: string, headers?: Reply['headers']) => Reply;

/** One path with all its methods. */
export interface CompiledPath {
  readonly path: string;
  readonly routes: readonly Route[];
  /** `GET, HEAD`. */
  readonly allow: string;
}

/**
 * Group routes by path. Parameters of one path have no names of their own, so `/a/:x` and `/a/:y` are one.
 * @throws Error when two routes claim one method of one path.
 */
export function compileRoutes(routes: readonly Route[]): readonly CompiledPath[] {
  const byPath = new Map<string, Route[]>();
  for (const route of routes) {
    const shape = route.path.replaceAll(/:[^/]+/g, ':p');
    const others = byPath.get(shape);
    if (others?.some((other) => other.method === route.method)) throw new Error(`routes: two for ${route.method} ${route.path}`);
    if (others) others.push(route);
    else byPath.set(shape, [route]);
  }
  return [...byPath].map(([path, its]) => ({
    path,
    routes: its,
    allow: its.flatMap((route) => (route.method === 'GET' && !route.anyCase ? ['GET', 'HEAD'] : [route.method])).join(', '),
  }));
}

/** How many parameters a path has. */
export function parameterCount(path: string): number {
  return path.split('/:').length - 1;
}
