/** The OpenAPI 3.1 document, made of operations. */
import type { TSchema } from 'typebox';
import { type Answer, type Content, type Example, type Guard, nameOf, type Operation, type Parameter, type Served, TAGS } from './operation.ts';

export interface OpenApiFacts {
  readonly version: string;
  readonly served: Served;
}

type Json = null | boolean | number | string | readonly Json[] | { readonly [member: string]: Json };
type Members = { readonly [member: string]: unknown };

const DESCRIPTION = `The interfaces of Meterwright. Systems of suppliers call with an API key, clients of the MTS Actions API and operators with a token.

Each operation has an example \`try\`, which works now in the demo (its meter point and its date are filled in when this document is served), and, where the
source specification has a sample, one named \`seed\`: verbatim, or repaired and said so. What happens is announced on live sockets and on NATS: see the document of events.`;

const SECURITY_SCHEMES = {
  apiKey: { type: 'apiKey', in: 'header', name: 'X-API-KEY', description: 'API key of a supplier; good for its MPIDs only' },
  token: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'mwt_<id>_<secret>',
    description: 'Token with the scope that the operation names. Pages of ours use a session cookie in its place under /ops; this page never sends it',
  },
  dipSignature: {
    type: 'apiKey',
    in: 'header',
    name: 'X-DIP-Signature',
    description: "The market platform's signature, with its date, certificate and content hash",
  },
} as const;

/**
 * The document for these operations, as they are served now.
 * @param schemas kept from one document to the next, what was made of them is used again
 */
export function openApiDocument(operations: readonly Operation[], { version, served }: OpenApiFacts, schemas: Schemas = new Schemas()): Members {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of operations) {
    const path = operation.path.replaceAll(/:([^/]+)/g, '{$1}');
    paths[path] ??= {};
    paths[path][operation.method.toLowerCase()] = operationOf(operation, served, schemas);
  }
  const used = new Set(operations.map(({ tag }) => tag));
  return {
    openapi: '3.1.1',
    info: {
      title: 'Meterwright',
      version,
      summary: 'Metering services in Great Britain',
      description: DESCRIPTION,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'This engine' }],
    tags: Object.entries(TAGS)
      .filter(([name]) => used.has(name as keyof typeof TAGS))
      .map(([name, description]) => ({ name, description })),
    paths,
    components: { securitySchemes: SECURITY_SCHEMES, schemas: schemas.named },
  };
}

function operationOf(operation: Operation, served: Served, schemas: Schemas): Members {
  const examples = examplesOf(operation, served);
  const { body, guard } = operation;
  const scope = guard.kind === 'token' ? `Scope of the token: \`${guard.scope}\`.` : '';
  const description = [operation.description, scope].filter((text) => text).join('\n\n');
  return {
    operationId: operation.id,
    tags: [operation.tag],
    summary: operation.summary,
    ...(description ? { description } : {}),
    security: securityOf(guard),
    ...(operation.parameters ? { parameters: operation.parameters.map((parameter) => parameterOf(parameter, examples, schemas)) } : {}),
    ...(body
      ? {
          requestBody: {
            ...(body.description ? { description: body.description } : {}),
            required: body.required ?? true,
            content: contentOf(
              [body, ...(body.others ?? [])],
              schemas,
              shown(examples, ({ body }) => body),
            ),
          },
        }
      : {}),
    responses: Object.fromEntries(Object.entries(operation.answers).map(([status, answer]) => [status, answerOf(answer, Number(status), examples, schemas)])),
  };
}

function securityOf(guard: Guard): readonly Members[] {
  switch (guard.kind) {
    case 'everyone':
      return [];
    case 'key':
      return [{ apiKey: [] }];
    case 'token':
      return guard.optional ? [{}, { token: [] }] : [{ token: [] }];
    case 'signature':
      return [{ dipSignature: [] }];
  }
}

type Named = readonly (readonly [name: string, example: Example])[];

/** `try` first: pages take the first one. */
export function examplesOf({ examples }: Pick<Operation, 'examples'>, served: Served): Named {
  const { try: tryIt, seed, 'seed-refused': refused } = examples ?? {};
  return [
    ...(tryIt ? [['try', tryIt(served)] as const] : []),
    ...(seed ? [['seed', seed] as const] : []),
    ...(refused ? [['seed-refused', refused] as const] : []),
  ];
}

/** The examples that have a value of this kind. */
function shown(examples: Named, pick: (example: Example) => unknown): Members {
  const entries = examples.flatMap(([name, example]) => {
    const value = pick(example);
    return value === undefined ? [] : [[name, { ...(example.description ? { description: example.description } : {}), value }] as const];
  });
  return Object.fromEntries(entries);
}

function parameterOf({ name, in: place, required, description, schema }: Parameter, examples: Named, schemas: Schemas): Members {
  const values = shown(examples, ({ parameters }) => typed(parameters?.[name], schema));
  return {
    name,
    in: place,
    ...(place === 'path' || required ? { required: true } : {}),
    description,
    schema: schemas.of(schema),
    ...(Object.keys(values).length > 0 ? { examples: values } : {}),
  };
}

/** As the schema has it: examples write everything as text. */
function typed(text: string | undefined, schema: TSchema): unknown {
  if (text === undefined) return undefined;
  const { type } = schema as { readonly type?: unknown };
  return type === 'integer' || type === 'number' ? Number(text) : text;
}

function contentOf(contents: readonly Content[], schemas: Schemas, examples: Members): Members {
  const entries = contents.map(({ mediaType = 'application/json', schema }, index) => [
    mediaType,
    { schema: schemas.of(schema), ...(index === 0 && Object.keys(examples).length > 0 ? { examples } : {}) },
  ]);
  return Object.fromEntries(entries);
}

function answerOf(answer: Answer, status: number, examples: Named, schemas: Schemas): Members {
  const { description, schema, mediaType, others = [], headers } = answer;
  const own: readonly Content[] = schema ? [{ schema, ...(mediaType === undefined ? {} : { mediaType }) }] : [];
  const answers = shown(examples, (example) => (example.status === status ? example.answer : undefined));
  return {
    description,
    ...(headers
      ? { headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, { description: text, schema: { type: 'string' } }])) }
      : {}),
    ...(own.length > 0 ? { content: contentOf([...own, ...others], schemas, answers) } : {}),
  };
}

/** Schemas as plain JSON; named ones once, under `components.schemas`. */
export class Schemas {
  readonly named: Record<string, unknown> = {};
  readonly #byName = new Map<string, object>();
  readonly #made = new WeakMap<object, Json>();
  readonly #opened = new WeakMap<object, Json>();

  /** @throws Error when two schemas claim one name */
  of(schema: object): Json {
    const made = this.#made.get(schema);
    if (made !== undefined) return made;
    const name = nameOf(schema);
    if (name !== undefined && this.#byName.has(name)) throw new Error(`contract: two schemas are named ${name}`);
    if (name !== undefined) this.#byName.set(name, schema);
    const plain = Object.fromEntries(Object.entries(schema).map(([member, value]) => [member, this.#value(value)]));
    if (name !== undefined) this.named[name] = plain;
    const shown: Json = name === undefined ? plain : { $ref: `#/components/schemas/${name}` };
    this.#made.set(schema, shown);
    return shown;
  }

  /** Without refusing members that it does not know: what may be added to later must not be refused for that. */
  open(schema: object): Json {
    const known = this.#opened.get(schema);
    if (known !== undefined) return known;
    const opened = withoutRefusal(this.of(schema));
    this.#opened.set(schema, opened);
    return opened;
  }

  #value(value: unknown): Json {
    if (Array.isArray(value)) return value.map((item) => this.#value(item));
    return typeof value === 'object' && value !== null ? this.of(value) : (value as Json);
  }
}

function withoutRefusal(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map(withoutRefusal);
  if (typeof schema !== 'object' || schema === null) return schema;
  const members = Object.entries(schema).filter(([name, value]) => name !== 'additionalProperties' || value !== false);
  return Object.fromEntries(members.map(([name, value]) => [name, withoutRefusal(value)]));
}
