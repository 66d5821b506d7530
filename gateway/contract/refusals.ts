/** How refusals look, in each family of routes, and operations made with them: the front door's own statuses are every route's. */
import Type, { type TSchema } from 'typebox';
import type { Scope } from '../../actors/access/index.ts';
import { type Answer, named, type Operation, type Parameter } from './operation.ts';

export const SupplierRefusal = named(
  'SupplierRefusal',
  Type.Object(
    {
      detail: Type.Union([
        Type.String({ description: 'One sentence' }),
        Type.Array(
          Type.Object(
            {
              loc: Type.Array(Type.Union([Type.String(), Type.Integer()]), { description: 'Where: `body`, `query`, `path` or `header`, then the name' }),
              msg: Type.String(),
              type: Type.String({ description: 'A stable word for the rule' }),
            },
            { additionalProperties: false },
          ),
          { description: '422: every fault of the request' },
        ),
      ]),
    },
    { additionalProperties: false, description: 'A refusal of the supplier API' },
  ),
);

export const MtsRefusal = named(
  'MtsRefusal',
  Type.Object({ details: Type.String({ description: 'One sentence' }) }, { additionalProperties: false, description: 'A refusal of the MTS Actions API' }),
);

export const Problem = named(
  'Problem',
  Type.Object(
    {
      type: Type.String(),
      title: Type.String(),
      status: Type.Integer(),
      code: Type.String({ description: 'One of docs/errors.md' }),
      detail: Type.String(),
      scope: Type.Optional(Type.String({ description: '403: the scope that is missing' })),
      errors: Type.Optional(
        Type.Array(
          Type.Union([
            Type.Object({ pointer: Type.String(), rule: Type.String() }, { additionalProperties: false }),
            Type.Object(
              { loc: Type.Array(Type.Union([Type.String(), Type.Integer()])), msg: Type.String(), type: Type.String() },
              { additionalProperties: false },
            ),
          ]),
          { description: '422: every fault of the request' },
        ),
      ),
    },
    { additionalProperties: false, description: 'RFC 9457' },
  ),
);

interface Shape {
  readonly schema: TSchema;
  readonly mediaType: string;
}

const SHAPES = {
  detail: { schema: SupplierRefusal, mediaType: 'application/json' },
  details: { schema: MtsRefusal, mediaType: 'application/json' },
  problem: { schema: Problem, mediaType: 'application/problem+json' },
} as const satisfies Readonly<Record<string, Shape>>;

const RETRY = { 'Retry-After': 'Whole seconds to wait' };

/** What each status says, whoever says it. */
const TEXTS: Readonly<Record<number, Answer>> = {
  400: { description: 'The request is not well-formed' },
  401: {
    description: 'The credential is missing, unknown, expired or revoked, or does not cover what the path names',
    headers: { 'WWW-Authenticate': 'What is asked for' },
  },
  403: { description: 'The credential is good, and does not allow this' },
  404: { description: 'There is no such thing' },
  408: { description: 'The body did not arrive in time' },
  409: { description: 'It conflicts with how things stand' },
  413: { description: 'The body is larger than allowed' },
  415: { description: 'The body must be JSON' },
  421: { description: '`Host` is no name of this service' },
  422: { description: 'Something in the request breaks a rule' },
  428: { description: '`X-IDEMPOTENCY-KEY` is missing' },
  429: { description: 'Too many requests of this key, or failed authentications from this address', headers: RETRY },
  500: { description: 'Internal error' },
  503: { description: 'At a limit, or something needed is away', headers: RETRY },
};

/** Statuses in the shape of a family. */
export function refusals(shape: keyof typeof SHAPES, statuses: readonly number[]): Readonly<Record<number, Answer>> {
  return Object.fromEntries(statuses.map((status) => [status, { ...SHAPES[shape], ...(TEXTS[status] ?? { description: 'Refused' }) }]));
}

/** An operation without its refusals: those beyond its family's own are listed by status. */
export interface Plain extends Omit<Operation, 'guard' | 'answers'> {
  readonly answers: Operation['answers'];
  readonly refuses?: readonly number[];
}

const BODY = [408, 413];
const DOOR = [421, 500, 503];

const Mpid: Parameter = {
  name: 'mpid',
  in: 'path',
  description: 'MPID of the supplier, which the key must cover',
  schema: Type.String({ pattern: '^[A-Z]{4}$' }),
};

/** An operation of the supplier API; its path's first parameter is the MPID. */
export function supplierOperation({ refuses = [], ...plain }: Plain): Operation {
  const more = plain.body ? BODY : [];
  return {
    ...plain,
    guard: { kind: 'key' },
    parameters: [Mpid, ...(plain.parameters ?? [])],
    answers: { ...plain.answers, ...refusals('detail', [401, 422, 429, ...DOOR, ...more, ...refuses]) },
  };
}

/** An operation of the MTS Actions API. */
export function mtsOperation({ refuses = [], ...plain }: Plain): Operation {
  return {
    ...plain,
    guard: { kind: 'token', scope: 'mts' },
    answers: { ...plain.answers, ...refusals('details', [400, 401, 403, 429, ...DOOR, ...BODY, ...refuses]) },
  };
}

/** An operation of the operator's API. A body that is no JSON is 400, one that breaks a rule 422. */
export function opsOperation(scope: Scope, { refuses = [], ...plain }: Plain): Operation {
  const more = plain.body ? [400, 422, ...BODY] : [];
  return { ...plain, guard: { kind: 'token', scope }, answers: { ...plain.answers, ...refusals('problem', [401, 403, 429, ...DOOR, ...more, ...refuses]) } };
}

/** An operation that asks for no credential. */
export function openOperation({ refuses = [], ...plain }: Plain): Operation {
  return { ...plain, guard: { kind: 'everyone' }, answers: { ...plain.answers, ...refusals('problem', [...DOOR, ...refuses]) } };
}

/** The same operation, with a status that the front door gives too, but in a form of its own. */
export function answering(
  { answers, ...operation }: Operation,
  status: number,
  { description, schema }: Required<Pick<Answer, 'description' | 'schema'>>,
): Operation {
  const { schema: other, mediaType } = answers[status] ?? {};
  const others = other ? [{ schema: other, ...(mediaType === undefined ? {} : { mediaType }) }] : [];
  return { ...operation, answers: { ...answers, [status]: { description, schema, others } } };
}
