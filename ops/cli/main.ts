/** The command line: `mw COMMAND …`. Exit 0 good, 1 failed, 2 wrong usage. */
import { MeterwrightError } from '../../actors/errors/error.ts';
import { helpOf, readCall, UsageError } from './command.ts';
import { commands } from './commands/index.ts';
import { complain, print, printable } from './output.ts';

/** Commands that become another program: its own flags follow. */
const PROGRAMS: Readonly<Record<string, { readonly about: string; readonly load: () => Promise<unknown> }>> = {
  start: { about: 'Runs the engine (as npm start).', load: () => import('../node/main.ts') },
  'sim market': {
    about: 'Runs the market simulator: a DIP, a registration service, metering services, a DTN gateway.',
    load: () => import('../sim/market/main.ts'),
  },
  'sim meters': {
    about: 'Runs simulated meters of nine types, thousands if wanted, each with its clock, faults and records.',
    load: () => import('../sim/meters/main.ts'),
  },
  'sim modems': { about: 'Runs a bank of simulated modems (TCP, pseudo terminals) that call simulated meters.', load: () => import('../sim/modems/main.ts') },
};

function overview(): string {
  const rows = [
    ...Object.entries(PROGRAMS).map(([name, program]) => [name, program.about] as const),
    ...commands.map((spec) => [spec.name, spec.about] as const),
  ];
  return `usage: mw COMMAND …\n\n${rows.map(([name, about]) => `  ${name.padEnd(12)} ${about}`).join('\n')}\n\nmw COMMAND --help tells more.`;
}

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === 'help') {
    print(overview());
    return name === undefined ? 2 : 0;
  }
  const program = PROGRAMS[name] ?? PROGRAMS[`${name} ${rest[0] ?? ''}`];
  if (program) {
    process.argv.splice(2, PROGRAMS[name] ? 1 : 2);
    await program.load();
    return -1;
  }
  const spec = commands.find((command) => command.name === name);
  if (!spec) throw new UsageError(`${printable(name)}: no such command; mw --help lists them`);
  const call = readCall(spec, rest);
  if (call.help) {
    print(helpOf(spec));
    return 0;
  }
  try {
    return await spec.run(call);
  } finally {
    await call.target.close();
  }
}

try {
  const code = await main(process.argv.slice(2));
  if (code >= 0) process.exitCode = code;
} catch (error) {
  if (error instanceof UsageError) {
    complain(`mw: ${printable(error.message)}`);
    process.exitCode = 2;
  } else {
    complain(`mw: ${words(error)}`);
    process.exitCode = 1;
  }
}

/** Lines of our own configuration's problems stay lines; in everything else a line end is as foreign as any control character. */
function words(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const isList = error instanceof MeterwrightError && error.code === 'config_invalid';
  return isList ? text.split('\n').map(printable).join('\n') : printable(text);
}
