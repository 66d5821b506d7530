/** The server under measure, a process of its own: ours, or the package `ws` doing the same from the same stream. */
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { Value } from 'typebox/value';
import { WebSocketServer } from 'ws';
import type { TokenGrant } from '../../../actors/access/index.ts';
import { followStream, type NatsOptions, NatsOptionsSchema, type OpenBus, openBus, type StreamMessage } from '../../../actors/bus/index.ts';
import { openMemoryStore } from '../../../actors/store/index.ts';
import { compileHostCheck, Desk, loadUws, startListener } from '../../../gateway/http/index.ts';
import { LiveHub, type LiveOptions, LiveOptionsSchema, livePath } from '../../../gateway/live/index.ts';
import { HttpOptionsSchema } from '../../../gateway/options.ts';
import { benchPorts } from '../world/engine.ts';

export interface ServerJob {
  readonly kind: 'ours' | 'ws';
  readonly nats: string;
  /** 0: any free one. */
  readonly port: number;
}

export interface ServerState {
  readonly rss: number;
  readonly sockets: number;
  readonly subscriptions: number;
  readonly slow: number;
}

const MOST = 20_000;
const GC_ROUNDS = 4;

async function bus(url: string): Promise<OpenBus> {
  const opened = await openBus({ ...(Value.Default(NatsOptionsSchema, {}) as NatsOptions), url }, benchPorts);
  await new Promise<void>((resolve) => (opened.connected ? resolve() : opened.onChange((isConnected) => isConnected && resolve())));
  return opened;
}

type Counts = () => Omit<ServerState, 'rss'>;

async function ours({ nats, port }: ServerJob): Promise<{ readonly port: number; readonly counts: Counts }> {
  const options: LiveOptions = { ...Value.Create(LiveOptionsSchema), maxSockets: MOST, maxSocketsPerKey: MOST };
  // What the house does with a token it knows: one hash, one look into a map.
  const grant: TokenGrant = { kind: 'token', id: 'bench', owner: 'bench', scopes: new Set(['ops:read']) };
  const known = new Map([[hash('bench'), grant]]);
  const hub = new LiveHub({
    options,
    bus: await bus(nats),
    prefix: 'mw',
    store: openMemoryStore(),
    shards: [0],
    identities: { key: () => undefined, token: (text) => known.get(hash(text)), hold: () => () => {}, failed: () => 0 },
    clock: benchPorts.clock,
    log: benchPorts.log,
  });
  const http = Value.Create(HttpOptionsSchema);
  const listener = startListener({
    uws: await loadUws(http.maxHeaderBytes),
    host: '127.0.0.1',
    port,
    tls: undefined,
    paths: [],
    desk: new Desk(http, benchPorts.clock, benchPorts.log),
    hostCheck: compileHostCheck([]),
    maxConnections: MOST,
    sockets: [livePath(hub, options)],
  });
  return { port: listener.port, counts: () => hub.stats };
}

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The usual way with that package: each event is read, and sent to every socket that asked for its supplier. */
async function baseline({ nats, port }: ServerJob): Promise<{ readonly port: number; readonly counts: Counts }> {
  const opened = await bus(nats);
  const http = createServer();
  const server = new WebSocketServer({ server: http, perMessageDeflate: false });
  const byMpid = new Map<string, Set<{ readonly sub: string; readonly ws: import('ws').WebSocket }>>();
  let subscriptions = 0;
  server.on('connection', (ws) => {
    ws.on('message', (data) => {
      const frame = JSON.parse(String(data)) as { readonly kind: string; readonly sub: string; readonly filter?: { readonly mpid: string } };
      if (frame.kind === 'auth') ws.send('{"kind":"ready"}');
      if (frame.kind !== 'subscribe' || !frame.filter) return;
      const { mpid } = frame.filter;
      byMpid.set(mpid, (byMpid.get(mpid) ?? new Set()).add({ sub: frame.sub, ws }));
      subscriptions++;
      ws.send(JSON.stringify({ kind: 'snapshot', sub: frame.sub, seq: 0, items: [], more: false }));
    });
  });
  const tell = ({ seq, data: bytes }: StreamMessage): void => {
    const { subject, type, data } = JSON.parse(Buffer.from(bytes).toString('utf8')) as {
      subject: string;
      type: string;
      data: { mpid: string; actorVersion: number };
    };
    const words = new Map<string, string>();
    for (const { sub, ws } of byMpid.get(data.mpid) ?? []) {
      let text = words.get(sub);
      if (text === undefined) {
        text = JSON.stringify({ kind: 'event', sub, seq, actor: subject, actorVersion: data.actorVersion, n: 0, type, data });
        words.set(sub, text);
      }
      ws.send(text);
    }
  };
  if (opened.connection) await followStream(opened.connection, 1, tell);
  await new Promise<void>((resolve) => http.listen(port, '127.0.0.1', resolve));
  return { port: (http.address() as { readonly port: number }).port, counts: () => ({ sockets: server.clients.size, subscriptions, slow: 0 }) };
}

const job = JSON.parse(process.argv[2] ?? '{}') as ServerJob;
const server = await (job.kind === 'ours' ? ours(job) : baseline(job));
process.on('disconnect', () => process.exit());
process.on('message', () => {
  for (let round = 0; round < GC_ROUNDS; round++) globalThis.gc?.();
  const { sockets, subscriptions, slow } = server.counts();
  process.send?.({ rss: process.memoryUsage().rss, sockets, subscriptions, slow } satisfies ServerState);
});
process.send?.({ port: server.port });
