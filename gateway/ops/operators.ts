/** Operator's routes about operators and one-time sign-in links. A link's secret is shown once, in the answer that made it. */
import Type from 'typebox';
import { OPERATOR_NAME, ROLES } from '../../actors/identity/index.ts';
import { json, pathText, type Route } from '../http/index.ts';
import { bodyReader } from './body.ts';
import { guardOps, OPS_HEADERS, type OpsGuardDeps, refuseOps } from './guard.ts';
import { onePage } from './one-page.ts';
import { Reason } from './reason.ts';

export interface OperatorsDeps extends OpsGuardDeps {
  readonly maxBodyBytes: number;
}

const Name = Type.String({ pattern: OPERATOR_NAME });
const RoleName = Type.Enum([...ROLES]);
const Password = Type.String({ minLength: 12, maxLength: 1_024 });

export const OperatorBody = Type.Object({ name: Name, role: RoleName, password: Password, reason: Reason }, { additionalProperties: false });
export const OperatorChangeBody = Type.Object(
  { role: Type.Optional(RoleName), password: Type.Optional(Password), reason: Reason },
  { additionalProperties: false, minProperties: 1 },
);
export const LinkBody = Type.Object({ operator: Type.Optional(Name), reason: Reason }, { additionalProperties: false });

const OWNER = /^operator:(.+)$/;

export function operatorsRoutes(deps: OperatorsDeps): readonly Route[] {
  const { identity } = deps;
  const readNew = bodyReader(OperatorBody);
  const readChange = bodyReader(OperatorChangeBody);
  const readLink = bodyReader(LinkBody);
  const read = { headers: OPS_HEADERS, body: 'none', maxBytes: 0, refuse: refuseOps } as const;
  const write = { method: 'POST', headers: OPS_HEADERS, body: 'whole', maxBytes: deps.maxBodyBytes, refuse: refuseOps } as const;
  return [
    {
      ...read,
      method: 'GET',
      path: '/ops/v1/operators',
      handle: guardOps(deps, 'ops:read', (request) =>
        onePage(
          request.query,
          (limit, cursor) => identity.operators(limit, cursor),
          (operator) => operator,
        ),
      ),
    },
    {
      ...write,
      path: '/ops/v1/operators',
      handle: guardOps(deps, 'ops:write', async (request, grant, act) => {
        const body = readNew(request);
        if (body.refusal) return body.refusal;
        const { name, role, password } = body.value;
        act.about(`operator:${name} ${role}`);
        return json(201, await identity.addOperator({ name, role, password, by: grant.owner }));
      }),
    },
    {
      ...write,
      path: '/ops/v1/operators/:name',
      handle: guardOps(deps, 'ops:write', async (request, grant, act) => {
        const body = readChange(request);
        if (body.refusal) return body.refusal;
        const { role, password } = body.value;
        const name = pathText(request.params[0]);
        const changed = [...(role === undefined ? [] : [`role ${role}`]), ...(password === undefined ? [] : ['password'])];
        act.about(`operator:${name} ${changed.join(', ')}`);
        const given = { name, ...(role === undefined ? {} : { role }), ...(password === undefined ? {} : { password }), by: grant.owner };
        return json(200, await identity.changeOperator(given));
      }),
    },
    {
      ...read,
      method: 'DELETE',
      path: '/ops/v1/operators/:name',
      handle: guardOps(deps, 'ops:write', async ({ params }) => json(200, await identity.removeOperator(pathText(params[0])))),
    },
    {
      ...write,
      path: '/ops/v1/login-links',
      handle: guardOps(deps, 'ops:write', async (request, grant, act) => {
        const body = readLink(request);
        if (body.refusal) return body.refusal;
        // Whoever is signed in makes one for himself; a token, which is nobody, for the data folder's own operator.
        const operator = body.value.operator ?? (grant.kind === 'session' ? OWNER.exec(grant.owner)?.[1] : undefined);
        const { link, record } = await identity.createLink({ ...(operator === undefined ? {} : { operator }), by: grant.owner });
        act.about(`login-link:${record.id} of operator:${record.operator}`);
        return json(201, { link, ...record }, [
          ['content-type', 'application/json'],
          ['cache-control', 'no-store'],
        ]);
      }),
    },
  ];
}
