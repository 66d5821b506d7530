/**
 * A pool with one serial line, in a process of its own: the serial port library works on the main thread only. Dials, writes what it is
 * told to, prints what came, hangs up.
 */

import { type LineOptions, LinePool } from '../../../actors/line/index.ts';
import type { LineSettings } from '../../../actors/link/link.ts';
import { keptLog, realClock } from '../../support/real-ports.ts';
import { linesOptions, NEVER, readOctets, request } from './rig.ts';

export interface Job {
  readonly line: LineOptions;
  readonly settings: LineSettings;
  /** Hex. */
  readonly octets: string;
}

const job = JSON.parse(process.argv[2] ?? '') as Job;
const pool = new LinePool(linesOptions({ modems: [job.line] }), { clock: realClock, log: keptLog() });
const link = await pool.open(request({ settings: job.settings }), NEVER);
const octets = Buffer.from(job.octets, 'hex');
await link.write(octets);
const came = await readOctets(link, octets.length);
await link.close();
await pool.stop();
process.stdout.write(JSON.stringify({ came: came.toString('hex'), line: pool.lines()[0] }));
