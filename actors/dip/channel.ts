/**
 * The channel `dip`: takes messages one by one from the engine, sends them to the DIP in batches (appointments 2.5).
 *
 *   perform ──► lane (interface, sender) ──► batch ──► Delivery ──► EffectResult per message
 *                  ▲ held while the circuit is open or the DIP asked for a pause
 *
 * Invariants
 * - C1 The bytes of a message are those of the effect, always; date and signature are fresh with every POST.
 * - C2 At most `batch.inFlight` POSTs are under way; while the circuit is half open, one, of at most `circuit.probeItems`.
 * - C3 A message for test mode is built and signed and never handed to the network.
 * - C4 What breaks the schema of its interface is rejected here and never sent.
 */
import type { Json } from '../../machines/common/effects.ts';
import type { Channel, EffectResult } from '../engine/definition.ts';
import type { Clock, Log, Random, Timer } from '../engine/ports.ts';
import type { Effect } from '../store/store.ts';
import type { OnAlert } from './alerts.ts';
import { Breaker } from './breaker.ts';
import type { DipClient } from './client.ts';
import { Delivery } from './delivery.ts';
import { blockOf, textOf } from './fields.ts';
import { Gate } from './gate.ts';
import { type Item, Lane } from './lane.ts';
import type { BatchOptions, CircuitOptions, RetryOptions } from './options.ts';

export interface DipChannelSetup {
  readonly client: DipClient;
  readonly batch: BatchOptions;
  readonly retry: RetryOptions;
  readonly circuit: CircuitOptions;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** An outage began (with what was seen) or is over: raise or clear the alert. */
  readonly onCircuit: (open: boolean, text: string) => void;
  readonly onAlert: OnAlert;
  /** Greatest distance of the DIP's clock from ours that raises no alert, milliseconds. */
  readonly clockSkewMs: number;
}

/** What the channel needs to know of a `sendDip` effect. */
interface Envelope {
  readonly interface: string;
  readonly sur: string;
  readonly supplierDipId: string;
  readonly test: boolean;
  /** What breaks the schema, found when the bytes were made; null: nothing. */
  readonly fault: string | null;
}

interface Batch {
  readonly items: readonly Item[];
  readonly abort: AbortController;
}

export class DipChannel implements Channel {
  readonly name = 'dip';
  readonly ordering = 'key';
  readonly capacity: number;
  /** Closed while nothing can leave: the engine keeps the messages, and looks at each again before it goes. */
  readonly gate = new Gate(true);
  readonly #setup: DipChannelSetup;
  readonly #breaker: Breaker;
  readonly #delivery: Delivery;
  readonly #lanes = new Map<string, Lane>();
  readonly #batches = new Set<Batch>();
  #timer: Timer | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #pumping = false;
  #again = false;
  #closed = false;

  constructor(setup: DipChannelSetup) {
    this.#setup = setup;
    this.capacity = setup.batch.maxItems * (setup.batch.inFlight + 1);
    this.#breaker = new Breaker({
      options: setup.circuit,
      maxItems: setup.batch.maxItems,
      clock: setup.clock,
      onCircuit: (open, text) => {
        setup.log.warn({ open, text }, open ? 'the DIP is out of reach' : 'the DIP is back');
        setup.onCircuit(open, text);
      },
      onChange: () => this.#pump(),
    });
    this.#delivery = new Delivery({ ...setup, breaker: this.#breaker });
  }

  async perform(effect: Effect, attempt: number, signal: AbortSignal): Promise<EffectResult> {
    const envelope = readEnvelope(effect.data);
    if (envelope === undefined || effect.body === undefined) {
      const event = { type: 'dip.rejected', sur: envelope?.sur ?? effect.key, status: 0, text: 'the effect has no sender, reference or body' };
      return { kind: 'done', event };
    }
    if (envelope.fault !== null) {
      const event = { type: 'dip.rejected', sur: envelope.sur, status: 0, text: `Schema Failure: not sent: ${envelope.fault}` };
      return { kind: 'done', event };
    }
    const path = `/dip-channel/${encodeURIComponent(envelope.interface)}`;
    if (envelope.test) {
      await this.#setup.client.sign('POST', path, `[${effect.body}]`);
      return { kind: 'done' };
    }
    if (signal.aborted || this.#closed) return { kind: 'retry', delayMs: 0, text: 'stopped' };
    return this.#enqueue(`${envelope.interface}|${envelope.supplierDipId}`, path, envelope.sur, effect.body, attempt, signal);
  }

  /** Cut what is under way; what waits is given back. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    this.#breaker.close();
    for (const batch of this.#batches) batch.abort.abort();
    for (const lane of this.#lanes.values()) this.#giveBack(lane.takeUntil(Number.POSITIVE_INFINITY), 'stopped');
  }

  #enqueue(laneName: string, path: string, sur: string, body: string, attempt: number, signal: AbortSignal): Promise<EffectResult> {
    return new Promise((resolve) => {
      const onAbort = (): void => {
        item.finish({ kind: 'retry', delayMs: 0, text: 'stopped' });
        this.#abandonEmpty();
      };
      const item: Item = {
        sur,
        body,
        bytes: Buffer.byteLength(body),
        attempt,
        since: this.#setup.clock.monotonic(),
        settled: false,
        finish(result) {
          if (item.settled) return;
          item.settled = true;
          signal.removeEventListener('abort', onAbort);
          resolve(result);
        },
      };
      signal.addEventListener('abort', onAbort, { once: true });
      let lane = this.#lanes.get(laneName);
      if (lane === undefined) {
        lane = new Lane(path);
        this.#lanes.set(laneName, lane);
      }
      lane.add(item);
      this.#pump();
    });
  }

  /** A POST that nobody waits for any more is cut. */
  #abandonEmpty(): void {
    for (const lane of this.#lanes.values()) lane.prune();
    for (const batch of this.#batches) if (batch.items.every((item) => item.settled)) batch.abort.abort();
  }

  /** Sending, and opening the gate, may call back in here; then one more look is taken at the end. */
  #pump(): void {
    this.#again = true;
    if (this.#pumping || this.#closed) return;
    this.#pumping = true;
    while (this.#again) {
      this.#again = false;
      this.#look();
    }
    this.#pumping = false;
  }

  #look(): void {
    const { batch, circuit, clock } = this.#setup;
    const now = clock.monotonic();
    let wake = Number.POSITIVE_INFINITY;
    for (const [name, lane] of this.#lanes) {
      if (this.#breaker.allowance === 0) this.#giveBack(lane.takeUntil(now - circuit.holdMs), 'the DIP is out of reach');
      while (lane.size > 0 && this.#batches.size < batch.inFlight) {
        const allowed = this.#breaker.allowance;
        const lingered = (lane.oldestSince ?? now) + batch.lingerMs <= now;
        if (allowed === 0 || !(lingered || lane.full(batch))) break;
        void this.#send(lane, lane.take(allowed, batch.maxBytes));
      }
      if (lane.size === 0) this.#lanes.delete(name);
      else wake = Math.min(wake, this.#nextLook(lane, now));
    }
    this.#wakeAt(wake, now);
    this.#updateGate();
  }

  /** When this lane needs a look without anything else happening; a POST that ends looks by itself. */
  #nextLook(lane: Lane, now: number): number {
    const { batch, circuit } = this.#setup;
    const since = lane.oldestSince ?? now;
    if (this.#breaker.allowance === 0) return since + circuit.holdMs;
    return this.#batches.size < batch.inFlight ? since + batch.lingerMs : Number.POSITIVE_INFINITY;
  }

  #wakeAt(at: number, now: number): void {
    if (at >= this.#timerAt && this.#timer !== undefined && at !== Number.POSITIVE_INFINITY) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#timerAt = at;
    if (at === Number.POSITIVE_INFINITY) return;
    this.#timer = this.#setup.clock.after(Math.max(0, at - now), () => {
      this.#timer = undefined;
      this.#timerAt = Number.POSITIVE_INFINITY;
      this.#pump();
    });
  }

  async #send(lane: Lane, items: Item[]): Promise<void> {
    const batch: Batch = { items, abort: new AbortController() };
    this.#batches.add(batch);
    try {
      await this.#delivery.send(lane.path, items, batch.abort.signal);
    } catch (error) {
      this.#setup.log.error({ error }, 'a batch failed unexpectedly');
    } finally {
      this.#batches.delete(batch);
      this.#giveBack(items, 'not settled');
      this.#pump();
    }
  }

  /** Back to the engine, which looks whether each is still owed before it comes again. */
  #giveBack(items: readonly Item[], text: string): void {
    if (items.every((item) => item.settled)) return;
    const delayMs = this.#breaker.waitMs + Math.floor(this.#setup.random.next() * 1_000);
    for (const item of items) item.finish({ kind: 'retry', delayMs, text });
  }

  /** Half open with nothing left to probe with: let the engine hand something over. */
  #updateGate(): void {
    const { kind, paused } = this.#breaker;
    const hungry = kind === 'half-open' && this.#batches.size === 0 && this.#lanes.size === 0;
    this.gate.set(!paused && (kind === 'closed' || hungry));
  }
}

function readEnvelope(data: Json): Envelope | undefined {
  const block = blockOf(data);
  const sur = textOf(block?.sur);
  const name = textOf(block?.interface);
  const supplierDipId = textOf(block?.supplierDipId);
  if (block === null || sur === null || name === null || supplierDipId === null) return undefined;
  return { interface: name, sur, supplierDipId, test: block.test === true, fault: textOf(block.fault) };
}
