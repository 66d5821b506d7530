/** Where values come from: the file, the environment, flags; each made into a list of assignments. Pure but for secrets read from files. */
import type { TSchema } from 'typebox';
import { isTree, keywordsOf, type Setting } from './settings.ts';

/** One value for one path, and who says so. */
export interface Assignment {
  readonly path: string;
  readonly value: unknown;
  /** For people: `meterwright.json`, `MW_HTTP_PORT`, `--port`. */
  readonly origin: string;
}

/** A rule that a configuration breaks. */
export interface Problem {
  readonly path: string;
  readonly rule: string;
  readonly origin: string;
}

export interface Layer {
  readonly assignments: readonly Assignment[];
  readonly problems: readonly Problem[];
}

/** A tree of values (a file, presets) under a schema. Unknown keys are problems. */
export function treeLayer(schema: TSchema, tree: unknown, origin: string, prefix = ''): Layer {
  const { properties = {} } = keywordsOf(schema);
  if (!isTree(tree)) return { assignments: [], problems: [{ path: prefix === '' ? '(whole)' : prefix, rule: 'must be an object', origin }] };
  const assignments: Assignment[] = [];
  const problems: Problem[] = [];
  for (const [name, value] of Object.entries(tree)) {
    const path = prefix === '' ? name : `${prefix}.${name}`;
    const member = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (member === undefined) {
      problems.push({ path, rule: `unknown key; known here: ${Object.keys(properties).join(', ')}`, origin });
    } else if (keywordsOf(member).properties === undefined) {
      assignments.push({ path, value, origin });
    } else {
      const inner = treeLayer(member, value, origin, path);
      assignments.push(...inner.assignments);
      problems.push(...inner.problems);
      if (isTree(value) && Object.keys(value).length === 0) assignments.push({ path, value: {}, origin });
    }
  }
  return { assignments, problems };
}

/**
 * The environment. `readFile` serves `MW_…_FILE`, which gives a secret by the name of its file. A variable that begins like a section
 * of the configuration and fits none of its settings is a problem: it is a misspelt one.
 */
export function envLayer(settings: readonly Setting[], env: Readonly<Record<string, string | undefined>>, readFile: (file: string) => string): Layer {
  const assignments: Assignment[] = [];
  const problems: Problem[] = [];
  const known = new Set<string>();
  for (const setting of settings) {
    known.add(setting.env);
    const text = env[setting.env];
    if (text !== undefined) {
      if (setting.group) {
        const inner = treeLayer(setting.schema, parseText(setting.schema, text), setting.env, setting.path);
        assignments.push(...inner.assignments);
        problems.push(...inner.problems);
      } else assignments.push({ path: setting.path, value: parseText(setting.schema, text), origin: setting.env });
    }
    if (!setting.secret) continue;
    const name = `${setting.env}_FILE`;
    known.add(name);
    const file = env[name];
    if (file === undefined) continue;
    if (text !== undefined) problems.push({ path: setting.path, rule: `given twice: ${setting.env} and ${name}`, origin: name });
    try {
      assignments.push({ path: setting.path, value: parseText(setting.schema, readFile(file).replace(/\r?\n$/, '')), origin: name });
    } catch (error) {
      problems.push({ path: setting.path, rule: `cannot be read: ${error instanceof Error ? error.message : String(error)}`, origin: name });
    }
  }
  const sections = settings.filter(({ path }) => !path.includes('.')).map((section) => `${section.env}_`);
  for (const name of Object.keys(env)) {
    if (!known.has(name) && sections.some((start) => name.startsWith(start)))
      problems.push({ path: name, rule: 'no setting has this variable', origin: 'environment' });
  }
  return { assignments, problems };
}

/** The value that a text means under a schema: a string where one is asked for, else JSON where it is JSON. Whether it fits is checked later. */
export function parseText(schema: TSchema, text: string): unknown {
  if (keywordsOf(schema).type === 'string') return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
