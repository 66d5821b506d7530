/** What a CLI command is, and how its words are read. */
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { Target } from './target.ts';

export interface CommandSpec {
  readonly name: string;
  readonly about: string;
  /** Behind the name: `ACTOR --reason TEXT`. */
  readonly usage: string;
  readonly help?: string;
  readonly options?: ParseArgsOptionsConfig;
  /** How many words besides flags, least and most. */
  readonly words: readonly [least: number, most: number];
  /** @returns the exit code */
  run(call: CommandCall): Promise<number>;
}

export interface CommandCall {
  readonly words: readonly string[];
  readonly flags: Readonly<Record<string, string | boolean | undefined>>;
  readonly json: boolean;
  readonly target: Target;
}

/** The words of a command do not fit it: exit code 2. */
export class UsageError extends Error {}

const COMMON: ParseArgsOptionsConfig = {
  url: { type: 'string' },
  key: { type: 'string' },
  token: { type: 'string' },
  data: { type: 'string' },
  ca: { type: 'string' },
  mpid: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean' },
};

const COMMON_HELP = `
Common flags
  --data DIR     data folder of a running engine (default: data); its connect.json says where it is
  --url URL      another engine, with --key KEY (supplier) or --token TOKEN (operator), and --ca FILE
  --mpid MPID    on behalf of this supplier (default: the demo's)
  --json         JSON where a table is the default
`;

export function helpOf(spec: CommandSpec): string {
  return `usage: mw ${spec.name} ${spec.usage}\n\n${spec.about}\n${spec.help ? `\n${spec.help}\n` : ''}${COMMON_HELP}`;
}

/** @throws UsageError */
export function readCall(spec: CommandSpec, args: readonly string[]): CommandCall & { readonly help: boolean } {
  let parsed: ReturnType<typeof parseArgs>;
  try {
    parsed = parseArgs({ args: [...args], options: { ...COMMON, ...spec.options }, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  const flags = parsed.values as Record<string, string | boolean | undefined>;
  const words = parsed.positionals;
  const help = flags.help === true;
  const [least, most] = spec.words;
  if (!help && (words.length < least || words.length > most))
    throw new UsageError(`${spec.name}: takes ${least === most ? least : `${least} to ${most}`} words, not ${words.length}`);
  const text = (name: string): string | undefined => (typeof flags[name] === 'string' ? flags[name] : undefined);
  const target = new Target({ url: text('url'), key: text('key'), token: text('token'), data: text('data'), ca: text('ca'), mpid: text('mpid') });
  return { words, flags, json: flags.json === true, target, help };
}

/** A flag that must be given. @throws UsageError */
export function needed(call: Pick<CommandCall, 'flags'>, name: string): string {
  const value = call.flags[name];
  if (typeof value !== 'string' || value === '') throw new UsageError(`--${name}: must be given`);
  return value;
}

export function optionalText(call: Pick<CommandCall, 'flags'>, name: string): string | undefined {
  const value = call.flags[name];
  return typeof value === 'string' ? value : undefined;
}

/** A whole number within bounds. @throws UsageError */
export function optionalInteger(call: Pick<CommandCall, 'flags'>, name: string, least: number, most: number): number | undefined {
  const text = optionalText(call, name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || value > most) throw new UsageError(`--${name}: a whole number from ${least} to ${most}, not ${text}`);
  return value;
}
