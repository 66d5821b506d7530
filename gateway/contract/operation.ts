/**
 * One operation of the contract: what a route takes and gives, as data. Each domain lists its own in `gateway/<domain>/contract.ts`;
 * the schemas are those that validate. `openapi.ts` makes the document of them, and tests hold every word to the engine.
 */
import type { TSchema } from 'typebox';
import type { Scope } from '../../actors/access/index.ts';
import type { Method } from '../http/index.ts';

/** Sections of the document, in its order. */
export const TAGS = {
  Appointments: 'Appoint metering services and follow the processes (API key).',
  'Market data': 'Meter points, meters and agents (API key).',
  'MTS Actions': 'Set the clocks of meters. HTTPS only: open this page by its HTTPS address to try it (bearer token, scope *MTS Actions API*).',
  'DIP callbacks': 'What the market platform calls; every call is signed.',
  'Work in hand': 'Operators: why something waits, and what may be done about it (bearer token).',
  'Meter work': 'Operators: meter actions, sessions, modem lines, keys of meters (bearer token).',
  Access: 'Operators: API keys, tokens, people and their sessions (bearer token).',
  Installation: 'Operators: imports, backup, events, the cluster (bearer token).',
  'Health and metrics': 'Whether it runs, and what it measures.',
  Contracts: 'These documents, and pages.',
} as const;
export type Tag = keyof typeof TAGS;

/** Who may call it. */
export type Guard =
  | { readonly kind: 'everyone' }
  /** `X-API-KEY`, entitled to the MPID of the path. */
  | { readonly kind: 'key' }
  /** `Authorization: Bearer`. `optional`: without one it is answered too, with less, or for this machine only. */
  | { readonly kind: 'token'; readonly scope: Scope; readonly optional?: true }
  /** Signed by the market platform. */
  | { readonly kind: 'signature' };

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  /** Always true of those in the path. */
  readonly required?: boolean;
  readonly description: string;
  readonly schema: TSchema;
}

export interface Content {
  readonly schema: TSchema;
  /** Default `application/json`. */
  readonly mediaType?: string;
}

export interface RequestBody extends Content {
  readonly description?: string;
  /** False: the call is understood without one. Default true. */
  readonly required?: boolean;
  /** Further forms of the same. */
  readonly others?: readonly Content[];
}

export interface Answer extends Partial<Content> {
  readonly description: string;
  /** Further forms, of other media types. */
  readonly others?: readonly Content[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** One call, and the status that it gets. */
export interface Example {
  readonly description?: string;
  /** Values by name of the parameter, as they are written. */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly status: number;
  /** The documented answer; members that no two answers share (ids, times) are the documented ones. */
  readonly answer?: unknown;
}

/** A simulated meter that is reached without a password. */
export interface TryMeter {
  readonly meterType: string;
  readonly remoteAddress: string;
  readonly outstationAddress?: string;
  readonly serialNumber?: string;
}

/** What is filled in when a document is served. */
export interface Served {
  readonly mpid: string;
  readonly mpan: string;
  /** Midnight in London of today, as the API takes it. */
  readonly effectiveFrom: string;
  /** Another one each second. */
  readonly idempotencyKey: string;
  readonly meter: TryMeter;
  /** Of the latest meter action; 1 before there is one. */
  readonly requestId: string;
  /** Epoch milliseconds. */
  readonly now: number;
}

export interface Examples {
  /** The sample of the source specification: verbatim where it is valid JSON, else repaired, and its description says how. */
  readonly seed?: Example;
  /** A sample of the source that is refused. */
  readonly 'seed-refused'?: Example;
  /** Works now, in the demo. */
  readonly try?: (served: Served) => Example;
}

export interface Operation {
  readonly method: Method;
  /** As the route has it: `/requests/v1/:mpid`. */
  readonly path: string;
  /** Unique, as generators name a function by it. */
  readonly id: string;
  readonly tag: Tag;
  readonly summary: string;
  readonly description?: string;
  readonly guard: Guard;
  /** Those of the path in its order, then the others. */
  readonly parameters?: readonly Parameter[];
  readonly body?: RequestBody;
  /** Every status that may be given, refusals included. */
  readonly answers: Readonly<Record<number, Answer>>;
  readonly examples?: Examples;
}

const names = new WeakMap<TSchema, string>();

/** Lets the document show a schema once, under `components.schemas`, wherever this very object stands. Names are unique. */
export function named<T extends TSchema>(name: string, schema: T): T {
  names.set(schema, name);
  return schema;
}

export function nameOf(schema: object): string | undefined {
  return names.get(schema as TSchema);
}
