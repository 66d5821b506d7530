/**
 * The configuration of this process: defaults, presets of the demo market, the file, the environment, flags; the later wins. Anything
 * unknown or ill-typed refuses the start, with all its rules at once.
 */
import { readFileSync } from 'node:fs';
import type { TSchema } from 'typebox';
import { MeterwrightError } from '../../actors/errors/error.ts';
import { type Composed, compose, type EffectiveSetting, effective } from './compose.ts';
import { readFlags } from './flags.ts';
import { envLayer, type Layer, type Problem, treeLayer } from './layers.ts';
import { brokenRules } from './rules.ts';
import { type Config, ConfigSchema } from './schema.ts';
import { settingsOf } from './settings.ts';

/** The configuration cannot be used. `problems` names every setting, its rule, and where the value came from. */
export class ConfigError extends MeterwrightError {
  readonly problems: readonly Problem[];
  constructor(problems: readonly Problem[]) {
    const lines = problems.map(({ path, rule, origin }) => `  ${path}: ${rule} (from ${origin})`);
    super('config_invalid', `the configuration cannot be used:\n${lines.join('\n')}`, { details: { problems } });
    this.problems = problems;
  }
}

export interface ConfigSources {
  /** Words after the program's name. */
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The file when no `--config` names another. */
  readonly configFile?: string;
  /** Values below the file and above the defaults, by what is known so far (a simulated market brings its own). */
  readonly presets?: (known: Readonly<Record<string, unknown>>) => { readonly origin: string; readonly values: unknown } | undefined;
}

export interface LoadedConfig<T = Config> {
  readonly config: T;
  /** Every setting, its value, where it came from; secrets masked. */
  effectiveConfig(): readonly EffectiveSetting[];
  /** Who gave the value of a path: `default`, a file, a variable, a flag, or the origin of the presets. */
  originOf(path: string): string;
}

/**
 * Loads the configuration.
 * @throws ConfigError
 */
export function loadConfig(sources: ConfigSources): LoadedConfig {
  const { config: checked, ...rest } = loadAs(ConfigSchema, sources);
  const config = checked as unknown as Config;
  const problems = brokenRules(config).map((problem) => ({ ...problem, origin: rest.originOf(problem.path) }));
  if (problems.length > 0) throw new ConfigError(problems);
  return { config, ...rest };
}

/** As `loadConfig`, for any schema of sections. */
export function loadAs(schema: TSchema, sources: ConfigSources): LoadedConfig<Record<string, unknown>> {
  const settings = settingsOf(schema);
  const flags = readFlags(sources.flags ?? [], settings);
  const file = flags.configFile ?? sources.configFile;
  const layers: Layer[] = [
    ...(file === undefined ? [] : [fileLayer(schema, file)]),
    envLayer(settings, sources.env ?? {}, (name) => readFileSync(name, 'utf8')),
    flags,
  ];
  const presets = sources.presets?.(compose(schema, settings, layers).value);
  const below = presets === undefined ? [] : [treeLayer(schema, presets.values, presets.origin)];
  const composed: Composed = compose(schema, settings, [...below, ...layers]);
  if (composed.problems.length > 0) throw new ConfigError(composed.problems);
  return {
    config: composed.value,
    effectiveConfig: () => effective(settings, composed),
    originOf: (path) => composed.origins.get(path) ?? 'default',
  };
}

function fileLayer(schema: TSchema, file: string): Layer {
  try {
    return treeLayer(schema, JSON.parse(readFileSync(file, 'utf8')), file);
  } catch (error) {
    const why = error instanceof SyntaxError ? `must be JSON: ${error.message}` : `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    return { assignments: [], problems: [{ path: '--config', rule: why, origin: file }] };
  }
}
