/** WebSockets on a listener: the door is the same as for requests, behind it they are their owner's affair. */
import type { WebSocket } from 'uWebSockets.js';
import type { Desk } from './desk.ts';
import type { HostCheck } from './hosts.ts';
import { detail, type Reply, statusLine } from './reply.ts';
import type { TemplatedApp, UwsRequest, UwsResponse } from './uws.ts';

/** Who knocks, before anything is opened. */
export interface Knock {
  /** Headers; empty where there are none. */
  readonly origin: string;
  readonly host: string;
  readonly cookie: string;
  /** Address of the other side. */
  readonly source: string;
  /** It came over TLS that ends here. */
  readonly secure: boolean;
}

export type Admission<TData> =
  | { readonly kind: 'admitted'; readonly data: TData }
  | { readonly kind: 'refused'; readonly status: number; readonly text: string };

/** One path on which WebSockets are opened. */
export interface SocketPath<TData> {
  readonly path: string;
  /** Longer frames end the socket without a word. */
  readonly maxFrameBytes: number;
  /** Most bytes that wait for one reader; what would go beyond is thrown away, and `dropped` called. */
  readonly maxUnsentBytes: number;
  /** 8 to 960. Pings are sent in time. */
  readonly idleTimeoutSeconds: number;
  /** Called once for each listener: where topics are published. */
  serve(publisher: { publish(topic: string, message: string): boolean }): void;
  admit(knock: Knock): Admission<TData>;
  open(its: TData, ws: RawSocket): void;
  message(its: TData, data: ArrayBuffer, isBinary: boolean): void;
  drain(its: TData): void;
  dropped(its: TData): void;
  close(its: TData): void;
}

/** The library's own socket. It may not be touched once it is closed. */
export type RawSocket = Pick<WebSocket<unknown>, 'send' | 'cork' | 'subscribe' | 'unsubscribe' | 'getBufferedAmount' | 'end' | 'close'>;

/** The library copies members of what it is given, so that is one member. */
interface Kept<TData> {
  readonly its: TData;
}

export interface SocketsDoor {
  readonly uws: typeof import('uWebSockets.js');
  readonly desk: Desk;
  readonly hostCheck: HostCheck;
  readonly secure: boolean;
  /** A socket is gone; the library counts the connection no more once it is one. */
  onGone(): void;
}

export function attachSockets<TData>(app: TemplatedApp, its: SocketPath<TData>, door: SocketsDoor): void {
  its.serve(app);
  app.ws<Kept<TData>>(its.path, {
    compression: door.uws.DISABLED,
    maxPayloadLength: its.maxFrameBytes,
    maxBackpressure: its.maxUnsentBytes,
    closeOnBackpressureLimit: false,
    idleTimeout: its.idleTimeoutSeconds,
    sendPingsAutomatically: true,
    maxLifetime: 0,
    upgrade: (res, req, context) => {
      const admission = admit(res, req, its, door);
      if (admission.kind === 'refused') {
        refuse(res, detail(admission.status, admission.text));
        return;
      }
      const [key, protocol, extensions] = [header(req, 'key'), header(req, 'protocol'), header(req, 'extensions')];
      res.upgrade<Kept<TData>>({ its: admission.data }, key, protocol, extensions, context);
    },
    open: (ws) => its.open(ws.getUserData().its, ws),
    message: (ws, data, isBinary) => its.message(ws.getUserData().its, data, isBinary),
    drain: (ws) => its.drain(ws.getUserData().its),
    dropped: (ws) => its.dropped(ws.getUserData().its),
    close: (ws) => {
      door.onGone();
      its.close(ws.getUserData().its);
    },
  });
  app.get(its.path, (res, req) => {
    if (door.hostCheck(req.getHeader('host'))) refuse(res, detail(426, 'Upgrade: must be websocket', [['upgrade', 'websocket']]));
    else refuse(res, detail(421, 'Host: not a name of this service'));
  });
}

function admit<TData>(res: UwsResponse, req: UwsRequest, its: SocketPath<TData>, door: SocketsDoor): Admission<TData> {
  const host = req.getHeader('host');
  if (!door.hostCheck(host)) return { kind: 'refused', status: 421, text: 'Host: not a name of this service' };
  if (door.desk.closes) return { kind: 'refused', status: 503, text: 'The service is stopping' };
  const source = Buffer.from(res.getRemoteAddressAsText()).toString();
  return its.admit({ origin: req.getHeader('origin'), host, cookie: req.getHeader('cookie'), source, secure: door.secure });
}

const header = (req: UwsRequest, name: 'key' | 'protocol' | 'extensions'): string => req.getHeader(`sec-websocket-${name}`);

function refuse(res: UwsResponse, reply: Reply): void {
  res.writeStatus(statusLine(reply.status));
  for (const [name, value] of reply.headers ?? []) res.writeHeader(name, value);
  res.end(reply.body, true);
}
