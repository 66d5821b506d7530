export { type EffectiveSetting, MASK } from './compose.ts';
export { flagsHelp } from './flags.ts';
export type { Problem } from './layers.ts';
export { ConfigError, type ConfigSources, type LoadedConfig, loadConfig } from './load.ts';
export { type Config, ConfigSchema } from './schema.ts';
export { type Setting, settingsOf } from './settings.ts';
