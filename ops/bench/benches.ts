/** All benches, in the order in which they run. */
import { appoint } from './appoint.ts';
import { codec } from './codec.ts';
import { flow } from './flow.ts';
import { gcm } from './gcm.ts';
import { growth } from './growth.ts';
import { outage } from './outage.ts';
import { pending } from './pending.ts';
import { pool } from './pool.ts';
import { poolLatency } from './pool-latency.ts';
import type { Bench } from './report.ts';
import { step } from './step.ts';

export const benches: readonly Bench[] = [appoint, flow, step, pending, growth, outage, codec, gcm, pool, poolLatency];
