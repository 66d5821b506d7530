/** `/MTS/…`: time-update, action-status (and test-status), action-cancel (mts-actions-api). */
import type { TokenGrant } from '../../actors/access/index.ts';
import { statusOf } from '../../machines/time-update/index.ts';
import type { AnyReply, GatewayRequest, Method, Reply, Route } from '../http/index.ts';
import type { FoundAction, MeterActions } from './actions.ts';
import { readObject, unknownMember } from './body.ts';
import { guardMts, MTS_HEADERS_READ, type MtsGuardDeps, type MtsHandler } from './guard.ts';
import type { MtsOptions } from './options.ts';
import { checkOrder, ORDER_MEMBERS, type OrderRules } from './order.ts';
import { details, ok, refuseMts } from './reply.ts';
import { readRequestId } from './request-id.ts';
import { compileSecureCheck } from './transport.ts';

export interface MtsDeps extends Omit<MtsGuardDeps, 'isSecure'> {
  readonly actions: MeterActions;
  readonly rules: OrderRules;
  readonly options: MtsOptions;
}

/** @throws MeterwrightError `config_invalid` for a proxy that is no address */
export function mtsRoutes(deps: MtsDeps): readonly Route[] {
  const guard: MtsGuardDeps = { ...deps, isSecure: compileSecureCheck(deps.options.trustedProxies) };
  const route = (method: Method, name: string, handler: MtsHandler): Route => ({
    method,
    path: `/MTS/${name}`,
    anyCase: true,
    headers: MTS_HEADERS_READ,
    body: 'whole',
    maxBytes: deps.options.maxBodyBytes,
    refuse: refuseMts,
    handle: guardMts(guard, handler),
  });
  const status: MtsHandler = (request, grant) => withAction(deps, request, grant, (action) => ok(showAction(deps.actions, action, grant)));
  const cancel: MtsHandler = (request, grant) =>
    withAction(deps, request, grant, async (action) => {
      await deps.actions.cancel(action, `${grant.owner} (token ${grant.id})`);
      return ok({ requestId: action.context.request.requestId });
    });
  return [
    route('POST', 'time-update', (request, grant) => timeUpdate(deps, request, grant)),
    route('GET', 'action-status', status),
    route('GET', 'test-status', status),
    route('DELETE', 'action-cancel', cancel),
    route('POST', 'action-cancel', cancel),
    route('GET', 'action-cancel', cancel),
  ];
}

async function timeUpdate({ actions, rules }: MtsDeps, request: GatewayRequest, grant: TokenGrant): Promise<AnyReply> {
  if (request.query !== '') return details(400, 'Parameters belong into the body, not into the query');
  const members = readObject(request.body);
  if (members.kind === 'refused') return details(400, members.sentence);
  const unknown = unknownMember(members.value, ORDER_MEMBERS);
  if (unknown !== undefined) return details(400, unknown);
  const order = checkOrder(members.value, 'time-update', rules);
  if (order.kind === 'refused') return details(400, order.sentence);
  return ok({ requestId: await actions.submit(order.value, { tokenId: grant.id, owner: grant.owner }) });
}

/** Actions of another owner are as unknown as those that never were. */
async function withAction(
  { actions }: MtsDeps,
  request: GatewayRequest,
  grant: TokenGrant,
  handler: (action: FoundAction) => Reply | Promise<Reply>,
): Promise<AnyReply> {
  const id = readRequestId(request);
  if (id.kind === 'refused') return details(400, id.sentence);
  const action = await actions.find(id.value);
  if (action?.context.request.owner !== grant.owner) return details(404, `There is no action with requestId ${id.value}`);
  return handler(action);
}

function showAction(actions: MeterActions, action: FoundAction, grant: TokenGrant): object {
  const password = actions.passwordFor(action, grant.id);
  return { ...statusOf(action.context), ...(password === undefined ? {} : { password }) };
}
