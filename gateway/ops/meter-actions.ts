/** Operator's routes about meter actions: made (reading only, too), listed, summed up for the morning, cancelled, stopped altogether. */
import Type from 'typebox';
import type { EngineFace } from '../../actors/engine/face.ts';
import type { ActorDoc } from '../../actors/store/store.ts';
import { contextOf, type StopSwitch, TRACE_KIND } from '../../actors/time-update/index.ts';
import { statusOf } from '../../machines/time-update/index.ts';
import { type AnyReply, type GatewayRequest, json, problem, QueryReader, type Route } from '../http/index.ts';
import { checkOrder, type FoundAction, type MeterActions, ORDER_MEMBERS, type OrderRules, requestIdFromText } from '../mts/index.ts';
import { bodyReader } from './body.ts';
import { guardOps, OPS_HEADERS, type OpsGuardDeps, refuseOps } from './guard.ts';
import { addPending, addTo, type PendingRow, type ReportRow } from './night-report.ts';
import { RequiredReason } from './reason.ts';

export interface MeterActionsDeps extends OpsGuardDeps {
  readonly engine: Pick<EngineFace, 'store'>;
  readonly actions: MeterActions;
  readonly rules: OrderRules;
  readonly stopSwitch: Pick<StopSwitch, 'state' | 'set'>;
  readonly maxBodyBytes: number;
}

export const STATES = ['waiting', 'queued', 'running', 'paused', 'done'] as const;
export const PENDING = ['waiting', 'queued', 'running', 'paused'] as const satisfies readonly (typeof STATES)[number][];
export const TASKS = ['time-update', 'read-clock'] as const;
const MAX_TRACES = 50;
/** Actions that one call of a report reads. */
const REPORT_PAGE = 500;
const LATEST_MS = 8_640_000_000_000_000;

/** The members of an order are looked at by `checkOrder`, which has the sentences. */
const OrderBody = Type.Object(
  {
    ...Object.fromEntries([...ORDER_MEMBERS].map((name) => [name, Type.Optional(Type.Unknown())])),
    task: Type.Optional(Type.Enum([...TASKS])),
    trace: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);
export const SwitchBody = Type.Object({ on: Type.Boolean(), reason: RequiredReason }, { additionalProperties: false });

export function meterActionsRoutes(deps: MeterActionsDeps): readonly Route[] {
  const { actions, stopSwitch } = deps;
  const readOrder = bodyReader(OrderBody);
  const readSwitch = bodyReader(SwitchBody);
  const read = { method: 'GET', headers: OPS_HEADERS, body: 'none', maxBytes: 0, refuse: refuseOps } as const;
  const write = { method: 'POST', headers: OPS_HEADERS, body: 'whole', maxBytes: deps.maxBodyBytes, refuse: refuseOps } as const;
  return [
    { ...read, path: '/ops/v1/meter-actions', handle: guardOps(deps, 'ops:read', (request) => list(deps, request.query)) },
    {
      ...write,
      path: '/ops/v1/meter-actions',
      handle: guardOps(deps, 'ops:write', async (request, grant) => {
        const body = readOrder(request);
        if (body.refusal) return body.refusal;
        const { task, trace, ...members } = body.value as { task?: (typeof TASKS)[number]; trace?: boolean };
        const order = checkOrder(members, task ?? 'time-update', deps.rules);
        if (order.kind === 'refused') return problem(422, 'invalid_value', order.sentence);
        return json(201, { requestId: await actions.submit(order.value, { tokenId: grant.id, owner: grant.owner }, trace ?? false) });
      }),
    },
    {
      ...read,
      path: '/ops/v1/meter-actions/:id',
      handle: guardOps(deps, 'ops:read', (request) => withAction(deps, request, async (action) => json(200, await showWhole(deps, action)))),
    },
    {
      ...write,
      path: '/ops/v1/meter-actions/:id/cancel',
      handle: guardOps(deps, 'ops:write', (request, grant) =>
        withAction(deps, request, async (action) => {
          await actions.cancel(action, grant.owner);
          return json(200, { requestId: action.context.request.requestId });
        }),
      ),
    },
    { ...read, path: '/ops/v1/meter-actions-report', handle: guardOps(deps, 'ops:read', (request) => report(deps, request.query)) },
    { ...read, path: '/ops/v1/meter-actions-pending', handle: guardOps(deps, 'ops:read', (request) => pending(deps, request.query)) },
    { ...read, path: '/ops/v1/meter-actions-stop', handle: guardOps(deps, 'ops:read', () => json(200, stopSwitch.state)) },
    {
      ...write,
      path: '/ops/v1/meter-actions-stop',
      handle: guardOps(deps, 'ops:write', async (request, grant) => {
        const body = readSwitch(request);
        return body.refusal ?? json(200, await stopSwitch.set(body.value.on, grant.owner, body.value.reason));
      }),
    },
  ];
}

async function withAction({ actions }: MeterActionsDeps, request: GatewayRequest, handler: (action: FoundAction) => Promise<AnyReply>): Promise<AnyReply> {
  const id = requestIdFromText(request.params[0] ?? '');
  const action = id === undefined ? undefined : await actions.find(id);
  return action ? handler(action) : problem(404, 'no_such_actor', 'id: no such action');
}

async function list({ engine }: MeterActionsDeps, text: string): Promise<AnyReply> {
  const query = new QueryReader(text, ['state', 'cursor', 'limit']);
  const state = query.oneOf('state', STATES);
  const limit = query.integer('limit', 1, 500) ?? 100;
  const cursor = query.text('cursor');
  if (query.errors.length > 0) return problem(422, 'invalid_value', query.errors[0]?.msg ?? '', { errors: query.errors });
  const where = state === undefined ? { index: 'kind', value: 'action' } : { index: 'state', value: `action|${state}` };
  const page = await engine.store.page({
    ...(where as { index: 'kind' | 'state'; value: string }),
    order: 'desc',
    limit,
    ...(cursor === undefined ? {} : { cursor }),
  });
  return json(200, { items: page.items.map(showAction), cursor: page.cursor ?? null });
}

/** What the status says, and where it stands; without passwords. */
function showAction(doc: ActorDoc): object {
  const context = contextOf(doc);
  const { request, attempt, node, stage, resumeAt, cancelledBy, failure, end } = context;
  return {
    ...statusOf(context),
    state: doc.state,
    since: doc.since,
    owner: request.owner,
    task: request.task,
    attempt,
    node,
    stage,
    resumeAt,
    cancelledBy,
    failure: end?.failure ?? failure,
    notes: end?.notes ?? [],
    text: end?.text ?? null,
    octetsIn: context.octetsIn,
    octetsOut: context.octetsOut,
  };
}

async function showWhole({ engine }: MeterActionsDeps, { doc }: FoundAction): Promise<object> {
  const kept = await engine.store.get(await engine.store.find('about', doc.id, MAX_TRACES));
  const traces = kept.filter((one): one is ActorDoc => one?.kind === TRACE_KIND).map((one) => one.snapshot);
  return { ...showAction(doc), traces };
}

/** Ended overnight actions by type and result, one page of them a call: `{rows, read, cursor}`. The caller adds the pages up. */
async function report({ engine }: MeterActionsDeps, text: string): Promise<AnyReply> {
  const query = new QueryReader(text, ['from', 'to', 'cursor', 'immediate']);
  const from = instantOf(query, 'from');
  const to = instantOf(query, 'to');
  const immediate = query.boolean('immediate', false);
  const cursor = query.text('cursor');
  if (query.errors.length > 0) return problem(422, 'invalid_value', query.errors[0]?.msg ?? '', { errors: query.errors });
  const page = await engine.store.page({
    index: 'state',
    value: 'action|done',
    limit: REPORT_PAGE,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(cursor === undefined ? {} : { cursor }),
  });
  const rows = new Map<string, ReportRow>();
  for (const doc of page.items) addTo(rows, contextOf(doc), immediate);
  return json(200, { rows: [...rows.values()], read: page.items.length, cursor: page.cursor ?? null });
}

/** Overnight actions in a state before their end by type and way, one page of them a call, as `report`. */
async function pending({ engine }: MeterActionsDeps, text: string): Promise<AnyReply> {
  const query = new QueryReader(text, ['state', 'cursor', 'immediate']);
  query.required('state');
  const state = query.oneOf('state', PENDING);
  const immediate = query.boolean('immediate', false);
  const cursor = query.text('cursor');
  if (query.errors.length > 0) return problem(422, 'invalid_value', query.errors[0]?.msg ?? '', { errors: query.errors });
  const page = await engine.store.page({ index: 'state', value: `action|${state}`, limit: REPORT_PAGE, ...(cursor === undefined ? {} : { cursor }) });
  const rows = new Map<string, PendingRow>();
  for (const doc of page.items) addPending(rows, contextOf(doc), immediate);
  return json(200, { rows: [...rows.values()], read: page.items.length, cursor: page.cursor ?? null });
}

/** Epoch milliseconds. */
function instantOf(query: QueryReader, name: 'from' | 'to'): number | undefined {
  const value = query.text(name);
  if (value === undefined) return undefined;
  const at = /^\d{1,16}$/.test(value) ? Number(value) : Number.NaN;
  if (at >= 0 && at <= LATEST_MS) return at;
  query.refuse(name, `${name} must be an instant in epoch milliseconds`, 'int_range');
  return undefined;
}
