/**
 * One line with its modem or pad: one call at a time, then a pause, and a rest with a probe when it is faulty.
 *
 * ```
 *   free ─► dialling ─► in-call ─► hanging-up ─► pausing ─► free
 *                 └──────────────────┘    └────► resting ─► probing ─► free | resting
 * ```
 */
import type { EpochMs } from '../../machines/common/effects.ts';
import type { Clock, Log, Timer } from '../engine/ports.ts';
import { type LineSettings, type Link, LinkError, type LinkRequest } from '../link/link.ts';
import { withSoftParity } from '../link/soft-parity-link.ts';
import { judge } from './health.ts';
import { deviceOf } from './line-dialogue.ts';
import { type LineSetup, lineSetup } from './line-setup.ts';
import { type CallEnd, ModemCall } from './modem-call.ts';
import { ModemLink } from './modem-link.ts';
import type { LineOptions, LinesOptions } from './options.ts';
import type { OpenPort } from './port.ts';

export type LineState = 'free' | 'dialling' | 'in-call' | 'hanging-up' | 'pausing' | 'resting' | 'probing' | 'stopped';

/** A line as `mw lines` shows it. */
export interface LineView {
  readonly id: string;
  readonly group: string;
  readonly kind: LineOptions['kind'];
  /** What it speaks. */
  readonly dialogue: LineOptions['dialogue'];
  readonly setup: LineSetup;
  readonly state: LineState;
  readonly since: EpochMs;
  /** Who has it. */
  readonly owner: string | null;
  /** Calls that were tried, and those that connected. */
  readonly calls: number;
  readonly connected: number;
  /** Calls that failed because of the line itself, in all and in a row. */
  readonly failures: number;
  readonly failuresInRow: number;
  readonly lastFailure: string | null;
  /** From lease to hang-up, milliseconds. */
  readonly longestUseMs: number;
}

export interface LineDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly openPort: OpenPort;
  readonly pool: LinesOptions;
  free(line: Line): void;
  changed(view: LineView): void;
}

const PLAIN = { dataBits: 8, parity: 'none', stopBits: 1 } as const;

export class Line {
  readonly options: LineOptions;
  readonly #deps: LineDeps;
  readonly #setup: LineSetup;
  #state: LineState = 'free';
  #since: EpochMs;
  #owner: string | null = null;
  #calls = 0;
  #connected = 0;
  #failures = 0;
  #failuresInRow = 0;
  #lastFailure: string | null = null;
  #longestUseMs = 0;
  #timer: Timer | undefined;
  #call: ModemCall | undefined;
  #stopping = false;

  constructor(options: LineOptions, deps: LineDeps) {
    this.options = options;
    this.#deps = deps;
    this.#since = deps.clock.now();
    this.#setup = lineSetup(options);
  }

  get isFree(): boolean {
    return this.#state === 'free';
  }

  view(): LineView {
    const { id, group, kind, dialogue } = this.options;
    return {
      id,
      group,
      kind,
      dialogue,
      setup: this.#setup,
      state: this.#state,
      since: this.#since,
      owner: this.#owner,
      calls: this.#calls,
      connected: this.#connected,
      failures: this.#failures,
      failuresInRow: this.#failuresInRow,
      lastFailure: this.#lastFailure,
      longestUseMs: this.#longestUseMs,
    };
  }

  /** Takes a free line, before anything else can. */
  lease(owner: string): void {
    this.#owner = owner;
    this.#become('dialling');
  }

  /** Gives a line back that was leased and never dialled. */
  giveBack(): void {
    this.#release();
  }

  /** Dials on a line that was leased; it comes back by itself once it is on hook again. @throws LinkError */
  async dial(number: string, request: LinkRequest, signal: AbortSignal): Promise<Link> {
    const { clock, pool } = this.#deps;
    if (signal.aborted || this.#stopping) {
      this.#release();
      throw new LinkError('aborted', 'broken off before dialling');
    }
    const startedAt = clock.monotonic();
    const link = new ModemLink(this.options.dialogue === 'x28' ? 'paknet' : 'modem', clock, pool);
    const call = this.#begin(request.settings, link);
    this.#calls += 1;
    void call.ended.then((end) => this.#ended(end, clock.monotonic() - startedAt));
    const abort = () => call.breakOff(new LinkError('aborted', 'broken off while dialling'));
    const { connectTimeoutMs } = request;
    const late = clock.after(connectTimeoutMs, () => call.breakOff(new LinkError('connect_timeout', `no connection within ${connectTimeoutMs} ms`)));
    signal.addEventListener('abort', abort, { once: true });
    try {
      const rate = await call.connect(number);
      if (signal.aborted) throw new LinkError('aborted', 'broken off while dialling');
      this.#connected += 1;
      link.begin(call, Math.min(rate ?? this.options.baud, this.options.baud));
      this.#become('in-call');
      return this.#withParity(link, request);
    } finally {
      late.cancel();
      signal.removeEventListener('abort', abort);
    }
  }

  /** The port carries eight bits unless it was set to what the meter wants (meter-protocols 3.2). */
  #withParity(link: Link, { settings, owner }: LinkRequest): Link {
    if (this.options.uartFollowsComs) return link;
    if (!madeInSoftware(settings))
      this.#deps.log.warn({ line: this.options.id, owner, settings }, 'stop bits, and parity of eight bits, are ignored on this line');
    return withSoftParity(link, settings);
  }

  /** Breaks a call off and resolves once the line is on hook. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#timer?.cancel();
    const call = this.#call;
    call?.breakOff(new LinkError('aborted', 'the line was stopped'));
    await call?.ended;
    this.#become('stopped');
  }

  #begin(settings: LinkRequest['settings'], link: ModemLink | undefined): ModemCall {
    const { clock, openPort } = this.#deps;
    const call = new ModemCall(
      { line: this.options, settings, clock, openPort },
      {
        data: (octets, at) => link?.receive(octets, at),
        failed: (error) => link?.lost(error),
        hangingUp: () => this.#become('hanging-up'),
      },
    );
    this.#call = call;
    return call;
  }

  #ended(end: CallEnd, useMs: number): void {
    this.#call = undefined;
    this.#longestUseMs = Math.max(this.#longestUseMs, Math.round(useMs));
    this.#settle(end);
  }

  #settle(end: CallEnd): void {
    const { clock, log, pool } = this.#deps;
    this.#owner = null;
    if (end.fault !== undefined) {
      this.#failures += 1;
      this.#lastFailure = end.fault;
    }
    const { failuresInRow, restMs } = judge(end, this.#failuresInRow, pool);
    this.#failuresInRow = failuresInRow;
    if (this.#stopping) return;
    if (restMs === undefined) {
      this.#become('pausing');
      this.#timer = clock.after(this.options.betweenCallsMs, () => this.#release());
      return;
    }
    log.warn({ line: this.options.id, fault: end.fault, failuresInRow, restMs }, 'modem line rests');
    this.#become('resting');
    this.#timer = clock.after(restMs, () => void this.#probe());
  }

  /** Never rejects. */
  async #probe(): Promise<void> {
    this.#become('probing');
    const call = this.#begin(PLAIN, undefined);
    const ok = await call.probe();
    const end = await call.ended;
    this.#call = undefined;
    if (ok && end.clean) {
      this.#deps.log.info({ line: this.options.id }, 'modem line is well again');
      this.#settle({ clean: true, fault: undefined });
    } else this.#rest(end.fault ?? `the ${deviceOf(this.options)} does not answer`);
  }

  #rest(fault: string): void {
    if (this.#stopping) return;
    this.#failures += 1;
    this.#failuresInRow += 1;
    this.#lastFailure = fault;
    this.#become('resting');
    this.#timer = this.#deps.clock.after(this.#deps.pool.restMs, () => void this.#probe());
  }

  #release(): void {
    this.#owner = null;
    if (this.#stopping) return;
    this.#become('free');
    this.#deps.free(this);
  }

  #become(state: LineState): void {
    // A probe hangs up too, but remains a probe.
    if (state === 'hanging-up' && this.#state === 'probing') return;
    this.#state = state;
    this.#since = this.#deps.clock.now();
    this.#deps.changed(this.view());
  }
}

/** Stop bits are of the port; eight bits leave no room for parity. */
function madeInSoftware({ dataBits, parity, stopBits }: LineSettings): boolean {
  return stopBits === 1 && (dataBits === 7 || parity === 'none');
}
