/** The flags of `npm start` (interfaces, section 1) as assignments to settings. */
import type { TSchema } from 'typebox';
import { type Assignment, type Layer, type Problem, parseText } from './layers.ts';
import type { Setting } from './settings.ts';

/** A flag takes a value for its setting, or stands for one. */
type Flag = {
  readonly path: string;
  readonly means?: unknown;
  readonly argument?: string;
  readonly help: string;
  /** What else a value stands for: another setting and its value. */
  readonly implies?: { readonly path: string; readonly values: Readonly<Record<string, string>> };
};

export const FLAGS: Readonly<Record<string, Flag>> = {
  '--data': { path: 'data.dir', argument: 'DIR', help: 'folder of everything that the engine keeps' },
  '--host': { path: 'http.host', argument: 'ADDRESS', help: 'address of HTTPS' },
  '--port': { path: 'http.port', argument: 'N', help: 'port of HTTPS; 0: any free one' },
  '--http-port': { path: 'http.httpPort', argument: 'N|auto|off', help: 'plain HTTP, on loopback only' },
  '--nats': { path: 'nats.url', argument: 'URL', help: 'use this NATS server and start none' },
  '--store': {
    path: 'store.kind',
    argument: 'lmdb|mongodb',
    help: 'where actors are kept: in this process, or shared by a cluster',
    implies: { path: 'cluster.mode', values: { lmdb: 'single', mongodb: 'nats' } },
  },
  '--no-sim': { path: 'sim.enabled', means: false, help: 'no simulated market: the real DIP' },
  '--seed-mpans': { path: 'sim.seedMpans', argument: 'N', help: 'meter points of the simulated market' },
  '--demo-on-network': { path: 'sim.onNetwork', means: true, help: 'allow another address than loopback together with simulators' },
};

export interface Flags extends Layer {
  /** `--config FILE`. */
  readonly configFile: string | undefined;
  readonly help: boolean;
}

/** Reads the words after the program's name. Both `--port 1` and `--port=1`. */
export function readFlags(words: readonly string[], settings: readonly Setting[]): Flags {
  const schemas = new Map<string, TSchema>(settings.map(({ path, schema }) => [path, schema]));
  const assignments: Assignment[] = [];
  const problems: Problem[] = [];
  let configFile: string | undefined;
  let help = false;
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    const equals = word.startsWith('--') ? word.indexOf('=') : -1;
    const name = equals < 0 ? word : word.slice(0, equals);
    const flag = Object.hasOwn(FLAGS, name) ? FLAGS[name] : undefined;
    const takes = name === '--config' || flag?.argument !== undefined;
    const argument = !takes ? undefined : equals >= 0 ? word.slice(equals + 1) : words[++at];
    if (name === '--help' || name === '-h') help = true;
    else if (takes && (argument === undefined || argument === '')) problems.push({ path: flag?.path ?? 'config', rule: 'needs a value', origin: name });
    else if (!takes && equals >= 0) problems.push({ path: name, rule: flag === undefined ? 'unknown flag' : 'takes no value', origin: 'flags' });
    else if (name === '--config') configFile = argument;
    else if (flag === undefined) problems.push({ path: word, rule: `unknown flag; known: ${[...Object.keys(FLAGS), '--config'].join(', ')}`, origin: 'flags' });
    else {
      const schema = schemas.get(flag.path);
      if (schema === undefined) problems.push({ path: flag.path, rule: 'this build has no such setting', origin: name });
      else assignments.push({ path: flag.path, value: argument === undefined ? flag.means : parseText(schema, argument), origin: name });
      const implied = flag.implies?.values[argument ?? ''];
      if (flag.implies && implied !== undefined && schemas.has(flag.implies.path)) assignments.push({ path: flag.implies.path, value: implied, origin: name });
    }
  }
  return { assignments, problems, configFile, help };
}

/** The text of `--help`. */
export function flagsHelp(): string {
  const rows = [
    ...Object.entries(FLAGS).map(([name, flag]) => [`${name} ${flag.argument ?? ''}`, flag.help] as const),
    ['--config FILE', 'settings as JSON'] as const,
  ];
  return rows.map(([left, right]) => `  ${left.padEnd(26)}${right}`).join('\n');
}
