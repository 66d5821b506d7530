/**
 * `npm run chaos -- --seed N --minutes M`: three engines, three NATS servers, the MongoDB-protocol server, a simulated market and simulated
 * meters as real processes, callers that keep book, and faults by a schedule that the seed alone decides. Exit 0 with a summary when
 * every rule holds, 1 with the seed and what is wrong where, 2 when it cannot be run. The schedule alone: `--plan`. `--nats` takes
 * another server than the one of set-up. Evidence of an earlier
 * run, judged again: `--judge FILE`.
 */
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { findingsOf } from './checks/index.ts';
import type { Evidence } from './evidence.ts';
import { describe } from './faults.ts';
import { failureReport, summary } from './report.ts';
import { runChaos } from './run.ts';
import { scheduleOf } from './schedule.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    minutes: { type: 'string', default: '5' },
    plan: { type: 'boolean' },
    nats: { type: 'string' },
    judge: { type: 'string' },
    keep: { type: 'boolean', default: false },
    help: { type: 'boolean' },
  },
});
if (values.help) {
  process.stdout.write('usage: npm run chaos -- [--seed N] [--minutes M] [--nats PROGRAM] [--keep] | [--seed N] [--minutes M] --plan | --judge FILE\n');
  process.exit(0);
}
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
const minutes = Number(values.minutes);
if (!Number.isInteger(seed) || !(minutes > 0)) {
  process.stderr.write('chaos: --seed takes a whole number, --minutes a number above 0\n');
  process.exit(2);
}
if (values.plan) {
  for (const { atMs, untilMs, fault } of scheduleOf(seed, minutes).faults) process.stdout.write(`${atMs} to ${untilMs}: ${describe(fault)}\n`);
  process.exit(0);
}

if (values.judge !== undefined) {
  const findings = findingsOf(JSON.parse(readFileSync(values.judge, 'utf8')) as Evidence);
  process.stdout.write(findings.length > 0 ? failureReport(seed, minutes, findings, dirname(values.judge)) : 'every rule holds\n');
  process.exit(findings.length > 0 ? 1 : 0);
}

const begun = performance.now();
const say = (text: string): void => void process.stderr.write(`${((performance.now() - begun) / 1_000).toFixed(1).padStart(7)} ${text}\n`);
const enough = new AbortController();
let signals = 0;
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    enough.abort(new Error(`ended by ${name}`));
    // The second time at once: what was started is killed with this process.
    if (++signals > 1) process.exit(130);
  });
}
say(`seed ${seed}, ${minutes} minutes`);
try {
  const { findings, evidence, happened, folder } = await runChaos({ seed, minutes, natsProgram: values.nats, keep: values.keep, say, signal: enough.signal });
  if (findings.length > 0) {
    process.stdout.write(failureReport(seed, minutes, findings, folder));
    process.exit(1);
  }
  process.stdout.write(`${summary(evidence, happened)}\nseed ${seed}: every rule holds\n`);
  process.exit(0);
} catch (error) {
  process.stderr.write(
    `${enough.signal.aborted ? String(enough.signal.reason) : error instanceof Error ? (error.stack ?? error.message) : String(error)}\nseed ${seed}\n`,
  );
  process.exit(enough.signal.aborted ? 130 : 2);
}
