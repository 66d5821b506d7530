/**
 * `npm run fuzz -- CODEC SECONDS [--seed N] [--from INDEX]`: fuzzes one codec, or `all` in turn. `--list` names them. On a finding
 * it prints codec, seed, index, property and input as JSON and exits 1; `--seed N --from INDEX` finds it again at once.
 */
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { type Finding, inputOf } from './run.ts';
import { loadTarget, targetNames } from './targets/index.ts';
import type { FuzzWork } from './worker.ts';

/** An input that takes so long does not come back. */
const HANG_MS = 10_000;
const WATCH_EVERY_MS = 500;
/** Octets that a codec may hold, whatever arrives, are far below. */
const HEAP_MB = 512;

interface Outcome {
  readonly finding?: Finding | undefined;
  readonly inputs: number;
}

async function runIn(codec: string, seed: number, from: number, forMs: number): Promise<Outcome> {
  const progress = new SharedArrayBuffer(8);
  const inHand = new Float64Array(progress);
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    workerData: { codec, seed, from, forMs, progress } satisfies FuzzWork,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
  });
  const lost = async (property: string): Promise<Outcome> => {
    const index = inHand[0] ?? 0;
    const target = await loadTarget(codec);
    const input = target === undefined ? '' : inputOf(target, seed, index);
    return { finding: { codec, seed, index, property, input }, inputs: index - from };
  };
  return new Promise((resolve) => {
    let last = -1;
    let since = performance.now();
    const watch = setInterval(() => {
      const now = performance.now();
      if (inHand[0] !== last) {
        last = inHand[0] ?? 0;
        since = now;
      } else if (now - since > HANG_MS) {
        settle(lost(`never loops: ${HANG_MS} ms and no end`));
        void worker.terminate();
      }
    }, WATCH_EVERY_MS);
    const settle = (outcome: Outcome | Promise<Outcome>): void => {
      clearInterval(watch);
      resolve(outcome);
    };
    worker.on('message', (outcome: Outcome) => settle(outcome));
    worker.on('error', (error) => settle(lost(`the run ended: ${error instanceof Error ? error.message : String(error)}`)));
  });
}

const USAGE = 'usage: npm run fuzz -- CODEC|all SECONDS [--seed N] [--from INDEX], or --list';

function whole(text: string | undefined, otherwise: number): number | undefined {
  if (text === undefined) return otherwise;
  const value = Number(text);
  return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

interface Words {
  readonly list: boolean;
  readonly codecs: readonly string[];
  readonly seconds: number;
  readonly seed: number;
  readonly from: number;
}

/** Undefined for wrong usage. */
function readWords(args: readonly string[]): Words | undefined {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(args);
  } catch {
    return undefined;
  }
  const [codec = '', secondsText = ''] = parsed.positionals;
  const list = parsed.values.list === true;
  const seconds = Number(secondsText);
  const seed = whole(parsed.values.seed, Math.floor(Math.random() * 0x1_0000_0000));
  const from = whole(parsed.values.from, 0);
  const codecs = codec === 'all' ? targetNames : targetNames.filter((name) => name === codec);
  const good = list || (parsed.positionals.length === 2 && codecs.length > 0 && seconds > 0 && Number.isFinite(seconds));
  return good && seed !== undefined && from !== undefined ? { list, codecs, seconds, seed, from } : undefined;
}

const parse = (args: readonly string[]) =>
  parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { seed: { type: 'string' }, from: { type: 'string' }, list: { type: 'boolean' } },
  });

async function main(): Promise<number> {
  const words = readWords(process.argv.slice(2));
  if (words === undefined) {
    process.stderr.write(`${USAGE}\ncodecs: ${targetNames.join(', ')}\n`);
    return 2;
  }
  if (words.list) {
    process.stdout.write(`${targetNames.join('\n')}\n`);
    return 0;
  }
  for (const codec of words.codecs) {
    const { finding, inputs } = await runIn(codec, words.seed, words.from, words.seconds * 1000);
    if (finding !== undefined) {
      process.stdout.write(`${JSON.stringify(finding, null, 2)}\n`);
      return 1;
    }
    process.stdout.write(`${codec}: ${inputs} inputs, nothing found (seed ${words.seed})\n`);
  }
  return 0;
}

process.exitCode = await main();
