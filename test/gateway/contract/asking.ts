/** Calls made from operations, and answers held against them. */
import type { TSchema } from 'typebox';
import { Compile, type Validator } from 'typebox/compile';
import type { Answer, Operation } from '../../../gateway/contract/operation.ts';
import type { ContractWorld } from './world.ts';

export interface Call {
  /** Values by name of the parameter; undefined: left out. */
  readonly parameters: Readonly<Record<string, string | undefined>>;
  /** As it is written; undefined: none. */
  readonly body?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Told = Awaited<ReturnType<ContractWorld['call']>>;

/** Whom calls go to, and by whom they are made. */
export type Asked = Pick<ContractWorld, 'call' | 'key' | 'token'>;

export function ask(world: Asked, operation: Operation, { parameters, body, headers = {} }: Call): Promise<Told> {
  const of = (place: string): readonly (readonly [string, string])[] =>
    (operation.parameters ?? [])
      .filter((one) => one.in === place)
      .flatMap(({ name }) => (parameters[name] === undefined ? [] : [[name, parameters[name]] as const]));
  let path = operation.path;
  for (const [name, value] of of('path')) path = path.replace(`:${name}`, encodeURIComponent(value));
  const query = new URLSearchParams(Object.fromEntries(of('query'))).toString();
  const own = Object.fromEntries(of('header'));
  const type = body === undefined ? {} : { 'content-type': operation.body?.mediaType ?? 'application/json' };
  return world.call(operation.method, `${path}${query === '' ? '' : `?${query}`}`, { ...credential(world, operation), ...type, ...own, ...headers }, body);
}

function credential({ key, token }: Asked, { guard }: Operation): Readonly<Record<string, string>> {
  switch (guard.kind) {
    case 'key':
      return { 'x-api-key': key };
    case 'token':
      return { authorization: `Bearer ${token}` };
    case 'everyone':
    case 'signature':
      return {};
  }
}

const compiled = new WeakMap<TSchema, Validator>();

function validatorOf(schema: TSchema): Validator {
  const known = compiled.get(schema);
  if (known) return known;
  const made = Compile(schema) as Validator;
  compiled.set(schema, made);
  return made;
}

/** What of an answer is not documented; undefined: all is. */
export function undocumented(operation: Operation, { status, type, text }: Pick<Told, 'status' | 'type' | 'text'>): string | undefined {
  const answer: Answer | undefined = operation.answers[status];
  if (!answer) return `status ${status}: ${text.slice(0, 300)}`;
  if (!answer.schema) return text === '' ? undefined : `status ${status} has a body: ${text.slice(0, 300)}`;
  const forms = [{ schema: answer.schema, mediaType: answer.mediaType }, ...(answer.others ?? [])];
  const found = forms.filter(({ mediaType = 'application/json' }) => mediaType === '*/*' || mediaType === type);
  if (found.length === 0) return `status ${status} is of type ${type}`;
  const value: unknown = /json$/.test(type) ? JSON.parse(text) : text;
  if (found.some(({ schema }) => validatorOf(schema).Check(value))) return undefined;
  const [first] = found;
  const errors = first ? validatorOf(first.schema).Errors(value).slice(0, 5) : [];
  return `status ${status}: ${errors.map(({ instancePath, message }) => `${instancePath} ${message}`).join('; ')} in ${text.slice(0, 600)}`;
}

/** Whether a value has the form of a schema; the first fault, if not. */
export function fault(schema: TSchema, value: unknown): string | undefined {
  const validator = validatorOf(schema);
  if (validator.Check(value)) return undefined;
  const [error] = validator.Errors(value);
  return `${error?.instancePath} ${error?.message}`;
}
