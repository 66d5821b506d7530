/** `npm run bench -- [NAME…]`: runs the named benches, or all; `--list` names them. */
import { benches } from './benches.ts';
import { makeReporter } from './report.ts';

const names = process.argv.slice(2);

if (names.includes('--help')) {
  process.stdout.write('usage: npm run bench -- [--list] [NAME…]\n');
} else if (names.includes('--list')) {
  for (const bench of benches) process.stdout.write(`${bench.name.padEnd(10)} ${bench.about}\n`);
} else {
  const unknown = names.find((name) => !benches.some((bench) => bench.name === name));
  if (unknown) {
    process.stderr.write(`bench: unknown: ${unknown}; --list names them\n`);
    process.exit(2);
  }
  const chosen = names.length === 0 ? benches : benches.filter((bench) => names.includes(bench.name));
  const reporter = makeReporter();
  for (const bench of chosen) {
    reporter.say(`${bench.name}: ${bench.about}`);
    await bench.run(reporter);
  }
  process.exit(reporter.lines.every((line) => line.ok) ? 0 : 1);
}
