/** Signing in and out by a page. The secret of a session is in its cookie and nowhere else; that of a link comes in the body, once. */
import Type from 'typebox';
import { OPERATOR_NAME, SCOPES_OF_ROLE, type SignIn } from '../../actors/identity/index.ts';
import { JSON_HEADERS, json, problem, QueryReader, type Reply, type Route, retryAfter } from '../http/index.ts';
import { bodyReader } from '../ops/body.ts';
import { guardOps, isSecureRequest, OPS_HEADERS, type OpsGrant, type OpsGuardDeps, provenanceOf, refuseOps } from '../ops/guard.ts';
import { clearSession, sessionSecret, setSession } from './cookie.ts';
import { foreignSignIn } from './origin.ts';

export interface SignInDeps extends OpsGuardDeps {
  readonly maxBodyBytes: number;
}

export const SignInBody = Type.Union([
  Type.Object(
    { name: Type.String({ minLength: 1, maxLength: 200 }), password: Type.String({ minLength: 1, maxLength: 2_000 }) },
    { additionalProperties: false },
  ),
  Type.Object({ link: Type.String({ minLength: 1, maxLength: 200 }) }, { additionalProperties: false }),
]);

const NO_STORE = [['cache-control', 'no-store']] as const;

export function sessionRoutes(deps: SignInDeps): readonly Route[] {
  const { identity } = deps;
  const readSignIn = bodyReader(SignInBody);
  const plain = { headers: OPS_HEADERS, body: 'none', maxBytes: 0, refuse: refuseOps } as const;
  return [
    {
      method: 'POST',
      path: '/ops/v1/session',
      headers: OPS_HEADERS,
      body: 'whole',
      maxBytes: deps.maxBodyBytes,
      refuse: refuseOps,
      handle: async (request) => {
        const source = request.source();
        if (!isSecureRequest(deps, request)) return problem(403, 'https_required', 'Sessions exist over HTTPS only');
        const foreign = foreignSignIn(provenanceOf(request));
        if (foreign !== undefined) return problem(403, 'foreign_request', foreign);
        const body = readSignIn(request);
        if (body.refusal) return body.refusal;
        const outcome = 'link' in body.value ? await identity.signInByLink({ ...body.value, source }) : await identity.signIn({ ...body.value, source });
        return answerSignIn(deps, outcome, source);
      },
    },
    {
      ...plain,
      method: 'GET',
      path: '/ops/v1/session',
      handle: guardOps(deps, 'ops:read', (request, grant) => json(200, whoAmI(deps, grant, request.headers[1] ?? ''), [...JSON_HEADERS, ...NO_STORE])),
    },
    {
      ...plain,
      method: 'DELETE',
      path: '/ops/v1/session',
      handle: guardOps(
        deps,
        'ops:read',
        async (_request, grant) => {
          if (grant.kind !== 'session') return problem(409, 'no_session', 'A token has no session; revoke it instead');
          await identity.endSession(grant);
          return json(200, { ended: 1 }, [...JSON_HEADERS, ...clearSession()]);
        },
        { changes: true },
      ),
    },
    {
      ...plain,
      method: 'DELETE',
      path: '/ops/v1/sessions',
      handle: guardOps(deps, 'ops:write', async (request, _grant, act) => {
        const query = new QueryReader(request.query, ['operator', 'reason']);
        const operator = query.matching('operator', new RegExp(OPERATOR_NAME), 'the name of an operator', 'operator_name');
        if (query.errors.length > 0) return problem(422, 'invalid_value', query.errors[0]?.msg ?? '', { errors: query.errors });
        act.about(operator === undefined ? 'all operators' : `operator:${operator}`);
        return json(200, { ended: await identity.endSessions(operator) });
      }),
    },
  ];
}

/** A sign-in is an act like any other: who, by what, from where. One that failed is slowed down and logged, not kept. */
async function answerSignIn({ identity, clock }: SignInDeps, outcome: SignIn, source: string): Promise<Reply> {
  if (outcome.kind === 'slow') return problem(429, 'too_many_failures', 'Too many failed sign-ins', {}, [...retryAfter(outcome.waitMs)]);
  if (outcome.kind === 'refused') return problem(401, 'sign_in_refused', 'Name and password, or the link, are not good');
  const { secret, session } = outcome;
  const who = `operator:${session.operator}`;
  const id = await identity.audit.begin({ who, by: { kind: session.via, id: null }, what: 'sign in', subject: session.id, why: null, from: source });
  await identity.audit.end(id, { outcome: 'done', status: 201 });
  const body = { kind: 'session', ...session, scopes: SCOPES_OF_ROLE[session.role], key: identity.sessionKey(secret) };
  return json(201, body, [...JSON_HEADERS, ...NO_STORE, ...setSession(secret, session.endsAt - clock.now())]);
}

/** `key` is what the header `x-mw-session` must carry in requests that change something. */
function whoAmI({ identity }: SignInDeps, grant: OpsGrant, cookie: string): object {
  if (grant.kind === 'token') return { kind: 'token', id: grant.id, owner: grant.owner, scopes: [...grant.scopes] };
  return { kind: 'session', ...identity.describe(grant), scopes: [...grant.scopes], key: identity.sessionKey(sessionSecret(cookie) ?? '') };
}
