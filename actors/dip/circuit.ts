/**
 * The circuit breaker as a pure state machine: closed until `failures` POSTs in a row failed as an outage does; open for
 * `openMs`; then half open, when one small POST probes. Its success closes the circuit, its failure opens it again.
 */
import type { CircuitOptions } from './options.ts';

export type Circuit =
  | { readonly kind: 'closed'; readonly failures: number }
  /** `until`: of the monotonic clock. */
  | { readonly kind: 'open'; readonly until: number }
  /** `probing`: the probe is under way. */
  | { readonly kind: 'half-open'; readonly probing: boolean };

export type CircuitEvent =
  | { readonly type: 'succeeded' }
  | { readonly type: 'failed' }
  /** Time has passed. */
  | { readonly type: 'tick' }
  /** A POST leaves. */
  | { readonly type: 'started' }
  /** A POST was given up without an answer of any kind (we are stopping). */
  | { readonly type: 'abandoned' };

export const CLOSED: Circuit = { kind: 'closed', failures: 0 };

export function stepCircuit(circuit: Circuit, event: CircuitEvent, now: number, options: CircuitOptions): Circuit {
  switch (event.type) {
    case 'succeeded':
      // Any answer proves that the DIP lives, also the late one of a POST that left before the circuit opened.
      return CLOSED;
    case 'failed':
      if (circuit.kind === 'half-open') return { kind: 'open', until: now + options.openMs };
      if (circuit.kind === 'open') return circuit;
      return circuit.failures + 1 >= options.failures ? { kind: 'open', until: now + options.openMs } : { kind: 'closed', failures: circuit.failures + 1 };
    case 'tick':
      return circuit.kind === 'open' && now >= circuit.until ? { kind: 'half-open', probing: false } : circuit;
    case 'started':
      return circuit.kind === 'half-open' ? { kind: 'half-open', probing: true } : circuit;
    case 'abandoned':
      return circuit.kind === 'half-open' ? { kind: 'half-open', probing: false } : circuit;
  }
}

/** How many messages the next POST may carry: 0 none, otherwise at most that many. */
export function allowance(circuit: Circuit, options: CircuitOptions, maxItems: number): number {
  if (circuit.kind === 'closed') return maxItems;
  if (circuit.kind === 'open') return 0;
  return circuit.probing ? 0 : Math.min(options.probeItems, maxItems);
}
