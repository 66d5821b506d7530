/** The contract of operators, their sessions, one-time sign-in links, and the audit trail. */
import Type from 'typebox';
import { SCOPES } from '../../../actors/access/records.ts';
import { AuditRecordSchema, LinkRecordSchema, OPERATOR_NAME, OperatorRecordSchema, ROLES, VIAS } from '../../../actors/identity/records.ts';
import { named, type Operation } from '../../contract/operation.ts';
import { openOperation, opsOperation } from '../../contract/refusals.ts';
import { SignInBody } from '../../session/routes.ts';
import { LinkBody, OperatorBody, OperatorChangeBody } from '../operators.ts';
import { Closed, CursorQuery, Instant, inPath, limitQuery, pageOf, query } from './parts.ts';

named('Act', AuditRecordSchema);

const { password: _password, ...OperatorProperties } = OperatorRecordSchema.properties;
const { hash: _hash, ...LinkProperties } = LinkRecordSchema.properties;

const OperatorSchema = named('Operator', Type.Object(OperatorProperties, { ...Closed, description: 'Without the password' }));
const Scopes = Type.Array(Type.Enum([...SCOPES]));
const SessionProperties = {
  kind: Type.Literal('session'),
  id: Type.String(),
  operator: Type.String(),
  role: Type.Enum([...ROLES]),
  via: Type.Enum([...VIAS]),
  createdAt: Instant,
  idleEndsAt: Type.Number({ description: 'It ends then without a further request' }),
  endsAt: Type.Number({ description: 'It ends then at the latest' }),
  scopes: Scopes,
  key: Type.String({ description: 'What `x-mw-session` must carry in requests that change something' }),
};
const SessionSchema = named('OperatorSession', Type.Object(SessionProperties, Closed));
const TokenCaller = Type.Object({ kind: Type.Literal('token'), id: Type.String(), owner: Type.String(), scopes: Scopes }, Closed);
const InstantText = Type.String({ pattern: '^(\\d{1,15}|\\d{4}-\\d{2}-\\d{2}(T.*)?)$' });
const Ended = Type.Object({ ended: Type.Integer({ minimum: 0, description: 'Sessions' }) }, Closed);

const OperatorName = inPath('name', 'Name of the operator', Type.String({ pattern: OPERATOR_NAME }));
const common = { tag: 'Access' } as const;

export const peopleOperations: readonly Operation[] = [
  openOperation({
    ...common,
    method: 'POST',
    path: '/ops/v1/session',
    id: 'signIn',
    summary: 'Sign in, by name and password or by a link',
    description: 'Over HTTPS, from our own pages only. The secret is in the cookies of the answer, and nowhere else.',
    body: { schema: SignInBody },
    answers: {
      201: { description: 'Signed in', schema: SessionSchema, headers: { 'Set-Cookie': 'The session, for /ops and for /live' } },
    },
    refuses: [400, 401, 403, 408, 413, 422, 429],
  }),
  opsOperation('ops:read', {
    ...common,
    method: 'GET',
    path: '/ops/v1/session',
    id: 'whoAmI',
    summary: 'Who is asking',
    answers: { 200: { description: 'A session, or a token', schema: Type.Union([SessionSchema, TokenCaller]) } },
    examples: { try: () => ({ status: 200 }) },
  }),
  opsOperation('ops:read', {
    ...common,
    method: 'DELETE',
    path: '/ops/v1/session',
    id: 'signOut',
    summary: 'Sign out',
    answers: { 200: { description: 'The session has ended, on every node', schema: Ended } },
    refuses: [409],
  }),
  opsOperation('ops:write', {
    ...common,
    method: 'DELETE',
    path: '/ops/v1/sessions',
    id: 'endSessions',
    summary: 'End all sessions, of one operator or of all',
    parameters: [
      query('operator', 'Only those of this one', Type.String({ pattern: OPERATOR_NAME })),
      query('reason', 'Kept in the audit trail', Type.String({ maxLength: 500 })),
    ],
    answers: { 200: { description: 'They have ended, on every node', schema: Ended } },
    refuses: [409, 422],
  }),
  opsOperation('ops:read', {
    ...common,
    method: 'GET',
    path: '/ops/v1/operators',
    id: 'listOperators',
    summary: 'List operators',
    parameters: [CursorQuery, limitQuery(1_000)],
    answers: { 200: { description: 'Those that may sign in', schema: pageOf(OperatorSchema) } },
    refuses: [422],
    examples: { try: () => ({ status: 200 }) },
  }),
  opsOperation('ops:write', {
    ...common,
    method: 'POST',
    path: '/ops/v1/operators',
    id: 'addOperator',
    summary: 'Add an operator',
    body: { schema: OperatorBody },
    answers: { 201: { description: 'Added', schema: OperatorSchema } },
    refuses: [409],
  }),
  opsOperation('ops:write', {
    ...common,
    method: 'POST',
    path: '/ops/v1/operators/:name',
    id: 'changeOperator',
    summary: 'Give an operator another role or password',
    parameters: [OperatorName],
    body: { schema: OperatorChangeBody },
    answers: { 200: { description: 'Changed; sessions that it had have ended', schema: OperatorSchema } },
    refuses: [404, 409],
  }),
  opsOperation('ops:write', {
    ...common,
    method: 'DELETE',
    path: '/ops/v1/operators/:name',
    id: 'removeOperator',
    summary: 'Let an operator in no more',
    parameters: [OperatorName],
    answers: { 200: { description: 'Its sessions have ended, on every node', schema: OperatorSchema } },
    refuses: [404, 409, 422],
  }),
  opsOperation('ops:write', {
    ...common,
    method: 'POST',
    path: '/ops/v1/login-links',
    id: 'createLoginLink',
    summary: 'Make a link that signs in once, within ten minutes',
    body: { schema: LinkBody, required: false },
    answers: {
      201: {
        description: 'Made; the secret is in this answer only',
        schema: Type.Object({ link: Type.String({ description: 'The secret' }), ...LinkProperties }, Closed),
      },
    },
    refuses: [404, 409],
  }),
  opsOperation('ops:read', {
    ...common,
    method: 'GET',
    path: '/ops/v1/audit',
    id: 'listActs',
    summary: 'Read the audit trail: who did what, why, when and from where',
    parameters: [
      query('from', 'At this instant or later: ISO 8601, or epoch milliseconds', InstantText),
      query('to', 'Before this instant', InstantText),
      CursorQuery,
      limitQuery(500),
    ],
    answers: { 200: { description: 'One page, the latest first', schema: pageOf(AuditRecordSchema) } },
    refuses: [422],
    examples: { try: () => ({ status: 200 }) },
  }),
];
