/** All benches, in the order in which they run. */
import { appoint } from './appoint.ts';
import type { Bench } from './report.ts';

export const benches: readonly Bench[] = [appoint];
