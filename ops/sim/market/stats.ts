/** Counters of one run of the simulator. They start at zero with the process; what outlives it is in the journal. */
export interface Counters {
  /** Requests to the DIP, by `METHOD route status`. */
  readonly requests: Map<string, number>;
  /** Refused signatures by rule. */
  readonly signatures: Map<string, number>;
  items: number;
  accepted: number;
  /** Items whose reference and bytes were known already. */
  repeats: number;
  differentBytes: number;
  schemaFailures: number;
  refused: number;
  poisoned: number;
  /** Requests that a fault spoiled, by mode. */
  readonly faults: Map<string, number>;
  /** IF-033 asked and IF-034 answered between REGS and the metering services. */
  serviceRequests: number;
  serviceAnswers: number;
  /** Callback POSTs by channel. */
  readonly posts: Map<string, number>;
  /** Callback messages by channel, repeats counted. */
  readonly sent: Map<string, number>;
  /** Callback answers by HTTP status; 0 is a failed connection. */
  readonly answers: Map<string, number>;
  readonly delivered: Map<string, number>;
  readonly rejected: Map<string, number>;
  readonly exhausted: Map<string, number>;
  statusMessagesReceived: number;
}

export function newCounters(): Counters {
  return {
    requests: new Map(),
    signatures: new Map(),
    items: 0,
    accepted: 0,
    repeats: 0,
    differentBytes: 0,
    schemaFailures: 0,
    refused: 0,
    poisoned: 0,
    faults: new Map(),
    serviceRequests: 0,
    serviceAnswers: 0,
    posts: new Map(),
    sent: new Map(),
    answers: new Map(),
    delivered: new Map(),
    rejected: new Map(),
    exhausted: new Map(),
    statusMessagesReceived: 0,
  };
}

export function count(map: Map<string, number>, key: string, by = 1): void {
  map.set(key, (map.get(key) ?? 0) + by);
}

/** Counters as plain JSON. */
export function countersView(counters: Counters): Record<string, unknown> {
  return Object.fromEntries(Object.entries(counters).map(([name, value]) => [name, value instanceof Map ? Object.fromEntries(value) : value]));
}
