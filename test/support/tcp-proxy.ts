/**
 * A TCP proxy of ours between two programs, to cut, hold and delay what they say. It understands no protocol.
 *
 *   client ──up──► proxy ──up──► target
 *          ◄─down─       ◄─down─
 *
 * `cut` ends what is connected and refuses what comes; `hold` keeps octets back and keeps connections open, as a network that
 * drops packets does; `stall` takes nothing more from the connections of now, as a program that has stopped does; `strand`
 * keeps back what they say, while new ones work; `delay` lets octets through later, in order; `limit` lets so many through and
 * then cuts, once.
 */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

export type Direction = 'up' | 'down';

export interface TcpProxy {
  readonly host: string;
  readonly port: number;
  /** Connections through it now. */
  readonly connections: number;
  /** Octets that have come so far, passed on or not. */
  received(direction: Direction): number;
  /** Ends every connection at once and refuses new ones until `restore`. */
  cut(): void;
  /** Ends every connection; new ones are taken. */
  drop(): void;
  /** Keeps octets back until `restore`. What was held is then passed on, unless its connection has ended. */
  hold(...directions: readonly Direction[]): void;
  /** Keeps back what the connections of now say, their ends too, until `restore`; new ones work. */
  strand(): void;
  /** Takes nothing more from the clients of now until `restore`: what they say fills the buffers of the system, then their own. */
  stall(): void;
  /** Passes octets on so much later. 0: at once. */
  delay(delayMs: number): void;
  /** The first connection that says more than so many octets in this direction from now on is ended in the middle, with all others. Resolves then. */
  limit(direction: Direction, octets: number): Promise<void>;
  /** Resolves when this direction holds so many octets back. */
  held(direction: Direction, octets: number): Promise<void>;
  /** Everything works again. */
  restore(): void;
  close(): Promise<void>;
}

interface Pair {
  readonly ends: Readonly<Record<Direction, Lane>>;
}

/** One direction of one connection. */
interface Lane {
  readonly to: Socket;
  waiting: Buffer[];
  /** Octets since the limit was set. */
  counted: number;
  ended: boolean;
  stranded: boolean;
  /** Delayed octets go one after the other. */
  last: Promise<void>;
}

interface Limit {
  readonly direction: Direction;
  readonly octets: number;
  readonly reached: () => void;
}

const OTHER = { up: 'down', down: 'up' } as const;

/** @param listen where it listens; any free port of loopback unless given, so that a proxy can be opened again where it was */
export async function startTcpProxy(target: { readonly host?: string; readonly port: number }, listen: { readonly port?: number } = {}): Promise<TcpProxy> {
  const pairs = new Set<Pair>();
  const received = { up: 0, down: 0 };
  const holding = new Set<Direction>();
  const watchers = new Set<() => void>();
  let refusing = false;
  let delayMs = 0;
  let limit: Limit | undefined;

  const drop = (): void => {
    for (const { ends } of pairs) for (const { to } of Object.values(ends)) to.destroy();
    pairs.clear();
  };

  const say = (lane: Lane, chunk: Buffer): void => {
    if (delayMs === 0) {
      lane.last = lane.last.then(() => void (lane.to.destroyed || lane.to.write(chunk)));
      return;
    }
    const due = new Promise<void>((resolve) => setTimeout(resolve, delayMs).unref());
    lane.last = Promise.all([lane.last, due]).then(() => void (lane.to.destroyed || lane.to.write(chunk)));
  };

  const take = (direction: Direction, lane: Lane, chunk: Buffer): void => {
    received[direction] += chunk.length;
    if (limit?.direction === direction) {
      const left = limit.octets - lane.counted;
      lane.counted += chunk.length;
      if (chunk.length > left) {
        const { reached } = limit;
        limit = undefined;
        // What the limit lets through is on its way before the end is.
        if (left > 0) lane.to.write(chunk.subarray(0, left), () => drop());
        else drop();
        reached();
        return;
      }
    }
    if (lane.stranded || holding.has(direction)) lane.waiting.push(chunk);
    else say(lane, chunk);
    for (const look of watchers) look();
  };

  const release = (lane: Lane): void => {
    lane.stranded = false;
    for (const chunk of lane.waiting.splice(0)) say(lane, chunk);
    if (lane.ended) void lane.last.then(() => lane.to.end());
  };

  const accept = (client: Socket): void => {
    if (refusing) {
      client.destroy();
      return;
    }
    const server = connect({ host: target.host ?? '127.0.0.1', port: target.port });
    const lane = (to: Socket): Lane => ({ to, waiting: [], counted: 0, ended: false, stranded: false, last: Promise.resolve() });
    const pair: Pair = { ends: { up: lane(server), down: lane(client) } };
    pairs.add(pair);
    const wire = (from: Socket, direction: Direction): void => {
      const end = pair.ends[direction];
      from.setNoDelay(true);
      from.on('data', (chunk) => take(direction, end, chunk));
      from.on('end', () => {
        end.ended = true;
        if (!end.stranded && end.waiting.length === 0) void end.last.then(() => end.to.end());
      });
      from.on('error', () => {});
      from.on('close', (failed) => {
        if (failed && !end.stranded) end.to.destroy();
        if (pair.ends[OTHER[direction]].to.destroyed && end.to.destroyed) pairs.delete(pair);
      });
    };
    wire(client, 'up');
    wire(server, 'down');
  };

  const server: Server = createServer({ allowHalfOpen: true }, accept);
  server.listen(listen.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('proxy: has no port');

  const heldNow = (direction: Direction): number => {
    let octets = 0;
    for (const { ends } of pairs) for (const chunk of ends[direction].waiting) octets += chunk.length;
    return octets;
  };

  return {
    host: '127.0.0.1',
    port: address.port,
    get connections() {
      return pairs.size;
    },
    received: (direction) => received[direction],
    cut() {
      refusing = true;
      drop();
    },
    drop,
    hold(...directions) {
      for (const direction of directions) holding.add(direction);
    },
    strand() {
      for (const { ends } of pairs) for (const lane of Object.values(ends)) lane.stranded = true;
    },
    stall() {
      for (const { ends } of pairs) ends.down.to.pause();
    },
    delay(ms) {
      delayMs = ms;
    },
    limit: (direction, octets) =>
      new Promise((reached) => {
        for (const { ends } of pairs) ends[direction].counted = 0;
        limit = { direction, octets, reached };
      }),
    held: (direction, octets) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (heldNow(direction) < octets) return;
          watchers.delete(look);
          resolve();
        };
        watchers.add(look);
        look();
      }),
    restore() {
      refusing = false;
      delayMs = 0;
      limit = undefined;
      holding.clear();
      for (const { ends } of pairs) {
        ends.down.to.resume();
        for (const lane of Object.values(ends)) release(lane);
      }
    },
    async close() {
      refusing = true;
      drop();
      server.close();
      await once(server, 'close');
    },
  };
}
