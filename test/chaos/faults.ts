/** What the chaos run does to a cluster, as data. */

export const ENGINES = ['e1', 'e2', 'e3'] as const;
export type EngineName = (typeof ENGINES)[number];

export const NATS_SERVERS = ['n1', 'n2', 'n3'] as const;
export type NatsName = (typeof NATS_SERVERS)[number];

/** Whom an engine talks to; `callbacks` is the market calling the engine, and everybody else who comes through its front door. */
export const PEERS = ['nats', 'store', 'dip', 'callbacks'] as const;
export type Peer = (typeof PEERS)[number];

/** A way that a proxy of ours stands in. */
export interface Link {
  readonly engine: EngineName;
  readonly peer: Peer;
}

export type Fault =
  /** `kill -9`, and a start at the end of the fault. */
  | { readonly type: 'engine-kill'; readonly engine: EngineName }
  /** SIGSTOP for longer than a lease, then SIGCONT: a stale owner wakes up. */
  | { readonly type: 'engine-pause'; readonly engine: EngineName }
  /** `kill -9` of a server, and a start at the end. `leader`: whichever leads the stream of events then. */
  | { readonly type: 'nats-kill'; readonly server: NatsName | 'leader' }
  /** `kill -9` of the store's server, and a start at the end. */
  | { readonly type: 'store-kill' }
  /** `refused`: connections are reset and none is taken. `silent`: nothing passes and nobody is told. */
  | { readonly type: 'cut'; readonly link: Link; readonly how: 'refused' | 'silent' }
  /** What goes one way only is late. `out`: what the engine sends (of callbacks: what it answers). */
  | { readonly type: 'delay'; readonly link: Link; readonly direction: 'out' | 'back'; readonly delayMs: number }
  /** The wall clock of one engine is off by so much, and right again at the end. */
  | { readonly type: 'clock'; readonly engine: EngineName; readonly offsetMs: number }
  /** Drain, SIGTERM and start, one engine after the other. */
  | { readonly type: 'rolling' };

export type FaultType = Fault['type'];

/** The engine that a fault keeps from its work; undefined where it keeps none, or all of them a little. */
export function engineOf(fault: Fault): EngineName | undefined {
  switch (fault.type) {
    case 'engine-kill':
    case 'engine-pause':
    case 'clock':
      return fault.engine;
    case 'cut':
    case 'delay':
      return fault.link.engine;
    case 'nats-kill':
    case 'store-kill':
    case 'rolling':
      return undefined;
  }
}

/** One line for people. */
export function describe(fault: Fault): string {
  switch (fault.type) {
    case 'engine-kill':
    case 'engine-pause':
      return `${fault.type} ${fault.engine}`;
    case 'nats-kill':
      return `nats-kill ${fault.server}`;
    case 'store-kill':
    case 'rolling':
      return fault.type;
    case 'cut':
      return `cut ${fault.link.engine}-${fault.link.peer} (${fault.how})`;
    case 'delay':
      return `delay ${fault.link.engine}-${fault.link.peer} ${fault.direction} by ${fault.delayMs} ms`;
    case 'clock':
      return `clock ${fault.engine} by ${fault.offsetMs} ms`;
  }
}
