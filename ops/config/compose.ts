/** Layers in, one checked configuration out, with the origin of every value. Pure. */
import type { TSchema } from 'typebox';
import { Errors } from 'typebox/value';
import type { Assignment, Layer, Problem } from './layers.ts';
import { defaultsOf, isTree, type Setting, withItemDefaults } from './settings.ts';

export interface EffectiveSetting {
  readonly path: string;
  /** As it is in force; secrets are masked. Undefined when it is not set. */
  readonly value: unknown;
  readonly origin: string;
  readonly env: string;
  readonly description: string;
}

export interface Composed {
  readonly value: Record<string, unknown>;
  readonly origins: ReadonlyMap<string, string>;
  readonly problems: readonly Problem[];
}

export const MASK = '********';

/** Puts layers over the defaults, the later over the earlier, and checks the whole. */
export function compose(schema: TSchema, settings: readonly Setting[], layers: readonly Layer[]): Composed {
  const value = defaultsOf(schema);
  const origins = new Map<string, string>();
  for (const assignment of layers.flatMap((layer) => layer.assignments)) assign(schema, value, origins, assignment);
  const given = layers.flatMap((layer) => layer.problems);
  return { value, origins, problems: [...given, ...check(schema, settings, value, origins)] };
}

function assign(schema: TSchema, tree: Record<string, unknown>, origins: Map<string, string>, { path, value, origin }: Assignment): void {
  const names = path.split('.');
  let at = tree;
  let under: TSchema | undefined = schema;
  for (const name of names.slice(0, -1)) {
    under = memberOf(under, name);
    if (!isTree(at[name])) at[name] = under === undefined ? {} : defaultsOf(under);
    at = at[name] as Record<string, unknown>;
  }
  const last = names.at(-1) ?? '';
  // A group given as {} only asks for its defaults.
  if (isTree(value) && Object.keys(value).length === 0 && isTree(at[last])) return;
  at[last] = withItemDefaults(memberOf(under, last), structuredClone(value));
  origins.set(path, origin);
}

function memberOf(schema: TSchema | undefined, name: string): TSchema | undefined {
  return (schema as { properties?: Record<string, TSchema> } | undefined)?.properties?.[name];
}

function check(schema: TSchema, settings: readonly Setting[], value: unknown, origins: ReadonlyMap<string, string>): readonly Problem[] {
  const seen = new Set<string>();
  return Errors(schema, value).flatMap((error): Problem[] => {
    const missing = error.keyword === 'required' ? error.params.requiredProperties : [];
    const base = error.instancePath.split('/').slice(1).join('.');
    const paths = missing.length > 0 ? missing.map((name) => (base === '' ? name : `${base}.${name}`)) : [base];
    return paths.flatMap((path) => {
      if (seen.has(path)) return [];
      seen.add(path);
      const setting = owner(settings, path);
      const origin = origins.get(setting?.path ?? path) ?? 'default';
      if (missing.length > 0) return [{ path, rule: `must be given${setting === undefined ? '' : ` (${setting.env})`}`, origin: 'nowhere' }];
      const shown = setting?.secret ? MASK : show(read(value, path));
      const rule = (setting?.path === path ? choices(setting.schema) : undefined) ?? error.message;
      return [{ path, rule: `${rule}, value ${shown}`, origin }];
    });
  });
}

/** The rule of a union in words, where the checker would complain about each of its members. */
function choices(schema: TSchema): string | undefined {
  const { anyOf } = schema as { anyOf?: readonly { const?: unknown; type?: string }[] };
  return anyOf && `must be one of ${anyOf.map((each) => (each.const === undefined ? (each.type ?? 'object') : JSON.stringify(each.const))).join(', ')}`;
}

/** The setting that a path lies in: the path itself, or the list or union that it is a part of. */
function owner(settings: readonly Setting[], path: string): Setting | undefined {
  const fitting = settings.filter((setting) => path === setting.path || path.startsWith(`${setting.path}.`));
  return fitting.sort((a, b) => b.path.length - a.path.length)[0];
}

function read(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((at, name) => (typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[name] : undefined), value);
}

function show(value: unknown): string {
  const text = JSON.stringify(withoutPassword(value)) ?? 'none';
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** An address may carry a password. */
function withoutPassword(value: unknown): unknown {
  return typeof value === 'string' ? value.replace(/(\/\/[^/@:\s]*):[^/@\s]*@/g, `$1:${MASK}@`) : value;
}

/** Every setting with its value and where it came from; secrets masked. */
export function effective(settings: readonly Setting[], composed: Composed): readonly EffectiveSetting[] {
  return settings
    .filter((setting) => !setting.group)
    .map(({ path, secret, env, description }) => {
      const value = read(composed.value, path);
      const origin = composed.origins.get(path) ?? (value === undefined ? 'not set' : 'default');
      return { path, value: secret && value !== undefined ? MASK : withoutPassword(value), origin, env, description };
    });
}
