/** The frames of the live sockets as this client reads and writes them. This folder imports nothing, so that it can be taken as it is. */

/** What to hear of: exactly one member. */
export type Filter =
  | { readonly mpid: string }
  | { readonly mpan: string }
  | { readonly requestId: string }
  | { readonly action: string }
  | { readonly meter: string }
  | { readonly node: string }
  | { readonly all: true };

export interface Item {
  readonly actor: string;
  readonly actorVersion: number;
  readonly state: string;
  /** UTC. */
  readonly changedAt: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What is now. Several may follow each other while `more`. */
export interface Snapshot {
  readonly kind: 'snapshot';
  readonly sub: string;
  readonly seq: number;
  readonly items: readonly Item[];
  readonly more: boolean;
  /** There are more actors than items: how many, by `<kind>.<state>`. */
  readonly counts?: Readonly<Record<string, number>>;
}

/** What happened. */
export interface Event {
  readonly kind: 'event';
  readonly sub: string;
  readonly seq: number;
  readonly actor: string;
  readonly actorVersion: number;
  readonly n: number;
  /** `meterwright.<domain>.<what>.v1` */
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** How far a meter session is; some may be missing. */
export interface Progress {
  readonly kind: 'progress';
  readonly sub: string;
  readonly actor: string;
  readonly percent: number;
  readonly stage: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What was missed; a snapshot follows. */
export interface Gap {
  readonly kind: 'gap';
  readonly sub: string;
  readonly from: number;
  readonly to: number;
  readonly reason: 'retention' | 'overflow';
}

export interface ErrorFrame {
  readonly kind: 'error';
  readonly sub?: string;
  readonly code: string;
  readonly text: string;
}

export interface Ready {
  readonly kind: 'ready';
  readonly protocol: number;
  readonly stream: string | null;
  readonly filters: readonly string[];
  readonly maxSubscriptions: number;
  readonly maxFrameBytes: number;
}

export type ServerFrame = Ready | Snapshot | Event | Progress | Gap | ErrorFrame | { readonly kind: 'pong' };

/** Undefined for what is no frame of this protocol: a later server may know more than we do. */
export function readFrame(text: string): ServerFrame | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isFrame = typeof value === 'object' && value !== null && typeof (value as { readonly kind?: unknown }).kind === 'string';
    return isFrame ? (value as ServerFrame) : undefined;
  } catch {
    return undefined;
  }
}
