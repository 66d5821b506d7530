/**
 * The market simulator as a process: `node ops/sim/market/main.ts --config FILE`, or `--name value` for single options. It prints one
 * JSON line when it is ready, and ends when its standard input closes, so it never outlives the process that started it.
 */
import { readFileSync } from 'node:fs';
import { startMarket } from './market.ts';
import { SimOptionsSchema } from './options.ts';

const USAGE = `usage: node ops/sim/market/main.ts [--config FILE] [--option value …] [--detached]
options: ${Object.keys(SimOptionsSchema.properties).join(', ')}
Values are JSON, or text where they are not. --detached: do not end when standard input closes.
`;

type Given = { readonly options: Record<string, unknown>; readonly detached: boolean };

function readFlags(flags: readonly string[]): Given | null {
  const options: Record<string, unknown> = {};
  let detached = false;
  for (let index = 0; index < flags.length; index += 1) {
    const flag = flags[index] as string;
    if (flag === '--detached') {
      detached = true;
      continue;
    }
    index += 1;
    const value = flags[index];
    if (!flag.startsWith('--') || value === undefined) return null;
    const name = flag.slice(2).replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
    if (name === 'config') Object.assign(options, JSON.parse(readFileSync(value, 'utf8')));
    else if (Object.hasOwn(SimOptionsSchema.properties, name)) options[name] = isText(name) ? value : toValue(value);
    else return null;
  }
  return { options, detached };
}

function isText(name: string): boolean {
  return (SimOptionsSchema.properties as Record<string, { type?: string }>)[name]?.type === 'string';
}

function toValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

async function main(): Promise<void> {
  const given = readFlags(process.argv.slice(2));
  if (given === null) {
    process.stderr.write(USAGE);
    process.exitCode = 2;
    return;
  }
  const market = await startMarket(given.options);
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    market.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${String(error)}\n`);
        process.exit(1);
      },
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  if (!given.detached) process.stdin.on('end', stop).on('close', stop).on('error', stop).resume();
  const { url, controlUrl, caFile, certificateThumbprint } = market;
  process.stdout.write(`${JSON.stringify({ ready: true, url, controlUrl, caFile, certificateThumbprint, pid: process.pid })}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
