/** The contract of the routes about API keys and tokens. */
import Type from 'typebox';
import { ApiKeyRecordSchema, TokenRecordSchema } from '../../../actors/access/records.ts';
import { named, type Operation } from '../../contract/operation.ts';
import { opsOperation } from '../../contract/refusals.ts';
import { KeyBody, TokenBody } from '../credentials.ts';
import { Closed, CursorQuery, inPath, limitQuery, pageOf } from './parts.ts';

const { hash: _keyHash, ...KeyProperties } = ApiKeyRecordSchema.properties;
const { hash: _tokenHash, ...TokenProperties } = TokenRecordSchema.properties;

export const ApiKeySchema = named('ApiKey', Type.Object(KeyProperties, { ...Closed, description: 'Without its secret, which is shown once' }));
export const TokenSchema = named('Token', Type.Object(TokenProperties, { ...Closed, description: 'Without its secret, which is shown once' }));
const MadeKey = Type.Object({ key: Type.String({ description: 'The secret. It is not shown again' }), ...KeyProperties }, Closed);
const MadeToken = Type.Object({ token: Type.String({ description: 'The secret. It is not shown again' }), ...TokenProperties }, Closed);

const common = { tag: 'Access' } as const;

export const accessOperations: readonly Operation[] = [
  opsOperation('ops:read', {
    ...common,
    method: 'GET',
    path: '/ops/v1/keys',
    id: 'listKeys',
    summary: 'List API keys',
    parameters: [CursorQuery, limitQuery(1_000)],
    answers: { 200: { description: 'The oldest first', schema: pageOf(ApiKeySchema) } },
    refuses: [422],
    examples: { try: () => ({ status: 200 }) },
  }),
  opsOperation('ops:read', {
    ...common,
    method: 'GET',
    path: '/ops/v1/tokens',
    id: 'listTokens',
    summary: 'List tokens',
    parameters: [CursorQuery, limitQuery(1_000)],
    answers: { 200: { description: 'The oldest first', schema: pageOf(TokenSchema) } },
    refuses: [422],
    examples: { try: () => ({ status: 200 }) },
  }),
  opsOperation('ops:write', {
    ...common,
    method: 'POST',
    path: '/ops/v1/keys',
    id: 'createKey',
    summary: 'Make an API key',
    body: { schema: KeyBody },
    answers: { 201: { description: 'Made; the secret is in this answer only', schema: MadeKey } },
    refuses: [409],
    examples: { try: ({ mpid }) => ({ body: { mpids: [mpid], label: 'made from the page' }, status: 201 }) },
  }),
  opsOperation('ops:write', {
    ...common,
    method: 'POST',
    path: '/ops/v1/tokens',
    id: 'createToken',
    summary: 'Make a token',
    description:
      'Scopes: `mts` (MTS Actions API), `ops:read`, `ops:write`, `metrics`. `expiresAt` is in epoch milliseconds; without it the token is good until it is revoked.',
    body: { schema: TokenBody },
    answers: { 201: { description: 'Made; the secret is in this answer only', schema: MadeToken } },
    refuses: [409],
    examples: { try: () => ({ body: { scopes: ['ops:read'], owner: 'made from the page' }, status: 201 }) },
  }),
  opsOperation('ops:write', {
    ...common,
    method: 'DELETE',
    path: '/ops/v1/keys/:id',
    id: 'revokeKey',
    summary: 'Revoke an API key, on every node at once',
    parameters: [inPath('id', 'Id of the key, as the list has it')],
    answers: { 200: { description: 'Revoked', schema: ApiKeySchema } },
    refuses: [404, 409],
  }),
  opsOperation('ops:write', {
    ...common,
    method: 'DELETE',
    path: '/ops/v1/tokens/:id',
    id: 'revokeToken',
    summary: 'Revoke a token, on every node at once',
    parameters: [inPath('id', 'Id of the token, as the list has it')],
    answers: { 200: { description: 'Revoked', schema: TokenSchema } },
    refuses: [404, 409],
  }),
];
