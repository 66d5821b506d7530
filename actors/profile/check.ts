/** Is this a profile? The schema, and what a schema cannot say. */
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { type MeterProfile, MeterProfileSchema } from './profile.ts';

export interface ProfileFault {
  /** Member, dots between the names. */
  readonly path: string;
  readonly rule: string;
  readonly value: unknown;
}

const validator = Compile(MeterProfileSchema);
/** An override of a list of patterns cannot keep a request busy for ever. */
const MAX_PATTERN = 512;

/** What is wrong with it; empty when it is a {@link MeterProfile}. */
export function profileFaults(value: unknown): readonly ProfileFault[] {
  if (validator.Check(value)) return ownRules(value);
  const faults = new Map<string, ProfileFault>();
  for (const error of validator.Errors(value)) {
    const params = error.params as { readonly requiredProperties?: readonly string[]; readonly additionalProperties?: readonly string[] };
    const base = error.instancePath.split('/').slice(1);
    for (const name of params.requiredProperties ?? []) put(faults, [...base, name], 'must be given', undefined);
    for (const name of params.additionalProperties ?? []) put(faults, [...base, name], 'unknown member', undefined);
    // Each is told by the error of the object around it, or of the union.
    if (params.requiredProperties === undefined && params.additionalProperties === undefined && error.keyword !== 'boolean' && error.keyword !== 'const') {
      put(faults, base, choicesAt(base) ?? error.message, valueAt(value, base));
    }
  }
  return [...faults.values()];
}

export const isProfile = (value: unknown): value is MeterProfile => profileFaults(value).length === 0;

function put(faults: Map<string, ProfileFault>, names: readonly string[], rule: string, value: unknown): void {
  const path = names.join('.');
  if (!faults.has(path)) faults.set(path, { path, rule, value });
}

/** For unions and lists of words: what may stand there. */
function choicesAt(names: readonly string[]): string | undefined {
  const schema = names.reduce<TSchema | undefined>(
    (at, name) => (at as { properties?: Record<string, TSchema> } | undefined)?.properties?.[name],
    MeterProfileSchema,
  );
  const { enum: words, anyOf } = (schema ?? {}) as {
    readonly enum?: readonly unknown[];
    readonly anyOf?: readonly { readonly const?: unknown; readonly type?: string }[];
  };
  const choices = words ?? anyOf?.map((each) => each.const ?? each.type);
  return choices === undefined ? undefined : `must be one of ${choices.join(', ')}`;
}

const valueAt = (value: unknown, names: readonly string[]): unknown =>
  names.reduce<unknown>((at, name) => (typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[name] : undefined), value);

/** Every dialogue has its section, and patterns are patterns. */
function ownRules(profile: MeterProfile): readonly ProfileFault[] {
  const faults: ProfileFault[] = [];
  const { dialogue } = profile;
  if (dialogue !== 'none' && profile[dialogue] === undefined) faults.push({ path: dialogue, rule: `must be given for dialogue ${dialogue}`, value: undefined });
  if (dialogue === 'none' && profile.timeUpdate) faults.push({ path: 'timeUpdate', rule: 'must be false where no dialogue is built', value: true });
  if (dialogue === 'cewe' && profile.timeUpdate) faults.push({ path: 'timeUpdate', rule: 'must be false: dialogue cewe only reads', value: true });
  for (const group of ['password', 'outstation'] as const) {
    const { pattern } = profile[group];
    if (pattern === null) continue;
    const rule = patternFault(pattern);
    if (rule !== undefined) faults.push({ path: `${group}.pattern`, rule, value: pattern });
  }
  return faults;
}

function patternFault(pattern: string): string | undefined {
  if (pattern.length > MAX_PATTERN) return `must be at most ${MAX_PATTERN} characters`;
  try {
    new RegExp(pattern, 'u');
    return undefined;
  } catch {
    return 'must be a regular expression';
  }
}
