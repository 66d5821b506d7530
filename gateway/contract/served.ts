/** What is filled into the documents when they are served: the demo's meter points in turn, its latest meter action, and today. */
import type { EngineFace } from '../../actors/engine/face.ts';
import type { Clock } from '../../actors/engine/ports.ts';
import { contextOf } from '../../actors/time-update/index.ts';
import { londonDate, londonMidnight } from '../../machines/calendar/index.ts';
import type { Served, TryMeter } from './operation.ts';

/** What of a demo the examples may name. Nothing of it is secret. */
export interface ContractDemo {
  readonly mpid: string;
  readonly mpans: readonly string[];
  /** Meters that no password opens; empty: none. */
  readonly meters: readonly TryMeter[];
}

/** The documented supplier and meter point: where no demo runs, examples show the form of a call. */
const NO_DEMO: ContractDemo = { mpid: 'SUPX', mpans: ['1234567890123'], meters: [] };
const NO_METER: TryMeter = { meterType: 'EMLITECOP10', remoteAddress: '192.0.2.1:4001', serialNumber: '12345678' };
const SECOND_MS = 1000;

export interface ServedDeps {
  readonly clock: Pick<Clock, 'now'>;
  readonly engine: { readonly store: Pick<EngineFace['store'], 'page'> };
  readonly demo?: ContractDemo;
}

/** The facts of this second. */
export async function servedNow({ clock, engine, demo }: ServedDeps): Promise<Served> {
  const now = clock.now();
  const second = Math.floor(now / SECOND_MS);
  const { mpid, mpans, meters } = demo ?? NO_DEMO;
  return {
    mpid,
    mpan: mpans[second % mpans.length] ?? '1234567890123',
    effectiveFrom: londonMidnight(londonDate(now)),
    idempotencyKey: `try-${second.toString(36)}`,
    meter: meters[second % meters.length] ?? NO_METER,
    requestId: demo ? await latestAction(engine) : '1',
    now,
  };
}

async function latestAction({ store }: ServedDeps['engine']): Promise<string> {
  const { items } = await store.page({ index: 'kind', value: 'action', order: 'desc', limit: 1 });
  const [latest] = items;
  return String(latest ? contextOf(latest).request.requestId : 1);
}
