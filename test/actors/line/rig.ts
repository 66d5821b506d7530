/** A pool of modem lines against a bank of simulated modems, with short times. */
import type { ExecutionContext } from 'ava';
import { Value } from 'typebox/value';
import {
  type LineOptions,
  LinePool,
  type LinePoolPorts,
  LineSchema,
  type LinesOptions,
  LinesOptionsSchema,
  type LineView,
} from '../../../actors/line/index.ts';
import type { LinkRequest } from '../../../actors/link/link.ts';
import { type ModemBank, type ModemBankInput, startModemBank } from '../../../ops/sim/modems/index.ts';
import { type Meter, startMeter } from '../../ops/sim/modems/rig.ts';
import { keptLog, realClock } from '../../support/real-ports.ts';

export const NUMBER = '07777000000';
export const NEVER = new AbortController().signal;

/** Short times, all in milliseconds; the modems' own guard time is shorter still. */
export const QUICK = {
  guardMs: 150,
  escapeMarginMs: 150,
  commandTimeoutMs: 250,
  commandPauseMs: 1,
  dialTimeoutMs: 5_000,
  postConnectMs: 20,
  carrierQuietMs: 60,
  betweenCallsMs: 1,
  openTimeoutMs: 2_000,
  dtrLowMs: 20,
  dtrRecoveryMs: 20,
} as const;
export const BANK_GUARD_MS = 60;

export const lineOptions = (change: Partial<LineOptions> & Pick<LineOptions, 'id' | 'kind'>): LineOptions =>
  Value.Default(LineSchema, { ...QUICK, ...change }) as LineOptions;

export const linesOptions = (change: Partial<LinesOptions>): LinesOptions => ({ ...(Value.Default(LinesOptionsSchema, {}) as LinesOptions), ...change });

/** Views of lines as they change, with a wait for the one that is wanted. */
export class Watch {
  readonly seen: LineView[] = [];
  readonly #waiting = new Set<() => void>();

  note(view: LineView): void {
    this.seen.push(view);
    for (const wake of [...this.#waiting]) wake();
  }

  /** The first change that fits, also among those already seen. */
  until(fits: (view: LineView) => boolean): Promise<LineView> {
    return new Promise((resolve) => {
      const look = (): void => {
        const found = this.seen.find(fits);
        if (found === undefined) return;
        this.#waiting.delete(look);
        resolve(found);
      };
      this.#waiting.add(look);
      look();
    });
  }

  states(id: string): readonly string[] {
    return this.seen.filter((view) => view.id === id).map((view) => view.state);
  }
}

export function startPool(
  t: ExecutionContext,
  options: Partial<LinesOptions>,
  ports: Partial<LinePoolPorts> = {},
): { readonly pool: LinePool; readonly watch: Watch } {
  const watch = new Watch();
  const pool = new LinePool(linesOptions(options), { clock: realClock, log: keptLog(), changed: (view) => watch.note(view), ...ports });
  t.teardown(() => pool.stop());
  return { pool, watch };
}

export interface World {
  readonly pool: LinePool;
  readonly watch: Watch;
  readonly bank: ModemBank;
  readonly meter: Meter;
}

export interface WorldSetup {
  readonly bank?: Partial<ModemBankInput>;
  /** Of the number that answers. */
  readonly entry?: object;
  readonly line?: Partial<LineOptions>;
  readonly lines?: Partial<LinesOptions>;
  readonly meter?: Meter;
}

/** One line for each modem of the bank; ids `line0`, `line1` … */
export async function startWorld(t: ExecutionContext, setup: WorldSetup = {}): Promise<World> {
  const meter = setup.meter ?? (await startMeter());
  const bank = await startModemBank({
    lines: [{ kind: 'tcp' }],
    numbers: { [NUMBER]: { port: meter.port, ...setup.entry } },
    guardMs: BANK_GUARD_MS,
    connectMs: 0,
    carrierLossMs: 150,
    ...setup.bank,
  });
  t.teardown(async () => {
    await bank.stop();
    await meter.stop();
  });
  const modems = bank.lines.map(({ tcpPort }, index) =>
    lineOptions({ id: `line${index}`, kind: 'tcp', host: '127.0.0.1', ...(tcpPort === undefined ? {} : { port: tcpPort }), ...setup.line }),
  );
  return { ...startPool(t, { modems, ...setup.lines }), bank, meter };
}

export function request(change: Partial<LinkRequest> = {}, dial = NUMBER): LinkRequest {
  return {
    address: { kind: 'telephone', dial, canonical: `tel:${dial}` },
    settings: { dataBits: 8, parity: 'none', stopBits: 1 },
    priority: 'overnight',
    owner: 'action:1',
    connectTimeoutMs: 10_000,
    ...change,
  };
}

/** Reads until so many octets are there. */
export async function readOctets(link: { read(deadlineMs: number): Promise<{ readonly octets: Uint8Array } | 'timeout'> }, count: number): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for (let length = 0; length < count; ) {
    const received = await link.read(realClock.monotonic() + 5_000);
    if (received === 'timeout') throw new Error(`only ${length} of ${count} octets came`);
    parts.push(received.octets);
    length += received.octets.length;
  }
  return Buffer.concat(parts);
}
