/** The settings of a schema as a flat list: path, environment variable, whether it is a secret. Pure. */
import type { TSchema } from 'typebox';

/** One place in the configuration. Groups are settable as a whole (JSON), their members one by one. */
export interface Setting {
  /** Keys joined by dots: `dip.baseUrl`. */
  readonly path: string;
  /** `MW_` and the path in capitals, humps split: `MW_DIP_BASE_URL`. */
  readonly env: string;
  readonly description: string;
  readonly schema: TSchema;
  readonly secret: boolean;
  readonly group: boolean;
}

/** What we read of a schema: JSON Schema keywords, and `secret`, a keyword of our own. */
interface Keywords {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, TSchema>>;
  readonly required?: readonly string[];
  readonly items?: TSchema;
  readonly default?: unknown;
  readonly description?: string;
  readonly secret?: boolean;
}

/** Names that are secrets even when the schema forgot to say so. */
const SECRET_NAME = /(?:apiKey|password|passphrase|secret|token|pepper|privateKey)$/i;

export function keywordsOf(schema: TSchema): Keywords {
  return schema as Keywords;
}

export function envNameOf(path: string): string {
  return `MW_${path
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll('.', '_')
    .toUpperCase()}`;
}

/** Every setting below a schema of objects, in the order of the schema. */
export function settingsOf(schema: TSchema, prefix = ''): readonly Setting[] {
  return Object.entries(keywordsOf(schema).properties ?? {}).flatMap(([name, member]) => {
    const keywords = keywordsOf(member);
    const path = prefix === '' ? name : `${prefix}.${name}`;
    const group = keywords.properties !== undefined;
    const setting: Setting = {
      path,
      env: envNameOf(path),
      description: keywords.description ?? '',
      schema: member,
      secret: keywords.secret ?? (!group && SECRET_NAME.test(name)),
      group,
    };
    return group ? [setting, ...settingsOf(member, path)] : [setting];
  });
}

/** The defaults of a schema as a tree. A group is there when it must be, or when it has a default itself. */
export function defaultsOf(schema: TSchema): Record<string, unknown> {
  const { properties = {}, required = [] } = keywordsOf(schema);
  const out: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(properties)) {
    const keywords = keywordsOf(member);
    if (keywords.properties === undefined) {
      if (keywords.default !== undefined) out[name] = structuredClone(keywords.default);
    } else if (required.includes(name) || keywords.default !== undefined) {
      out[name] = { ...defaultsOf(member), ...(isTree(keywords.default) ? structuredClone(keywords.default) : {}) };
    }
  }
  return out;
}

/** A value whose lists of objects have the defaults of their members: `lines.modems` names of each line what is its own. */
export function withItemDefaults(schema: TSchema | undefined, value: unknown): unknown {
  const items = schema === undefined ? undefined : keywordsOf(schema).items;
  if (items === undefined || keywordsOf(items).properties === undefined || !Array.isArray(value)) return value;
  return value.map((item: unknown) => (isTree(item) ? { ...defaultsOf(items), ...item } : item));
}

export function isTree(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
