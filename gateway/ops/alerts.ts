/** Operator's routes about alerts. */
import Type from 'typebox';
import { type AcknowledgeAlert, toAlertView } from '../../actors/alert/index.ts';
import type { EngineFace } from '../../actors/engine/face.ts';
import type { Ids } from '../../actors/engine/ports.ts';
import type { ActorDoc } from '../../actors/store/store.ts';
import { json, problem, QueryReader, type Route } from '../http/index.ts';
import { findActor } from './actors.ts';
import { bodyReader } from './body.ts';
import { guardOps, OPS_HEADERS, type OpsGuardDeps, refuseOps } from './guard.ts';

export interface AlertsDeps extends OpsGuardDeps {
  readonly engine: EngineFace;
  readonly ids: Ids;
  readonly maxBodyBytes: number;
}

export const STATES = ['raised', 'acknowledged', 'cleared'] as const;
export const NoteBody = Type.Object(
  { note: Type.Optional(Type.String({ maxLength: 500, pattern: '^[^\\u0000-\\u001f\\u007f]*$' })) },
  { additionalProperties: false },
);

export function alertsRoutes(deps: AlertsDeps): readonly Route[] {
  const readNote = bodyReader(NoteBody);
  return [
    {
      method: 'GET',
      path: '/ops/v1/alerts',
      headers: OPS_HEADERS,
      body: 'none',
      maxBytes: 0,
      refuse: refuseOps,
      handle: guardOps(deps, 'ops:read', async (request) => {
        const query = new QueryReader(request.query, ['state', 'about', 'cursor', 'limit']);
        const state = query.oneOf('state', STATES) ?? 'raised';
        const about = query.text('about');
        const limit = query.integer('limit', 1, 500) ?? 100;
        const cursor = query.text('cursor');
        if (query.errors.length > 0) return problem(422, 'invalid_value', query.errors[0]?.msg ?? '', { errors: query.errors });
        if (about !== undefined) {
          // Other things are about actors too: a page may hold fewer alerts than its limit, or none.
          const page = await deps.engine.store.page({ index: 'about', value: about, limit, ...(cursor === undefined ? {} : { cursor }) });
          return json(200, { items: page.items.filter(({ kind }) => kind === 'alert').map(toItem), cursor: page.cursor ?? null });
        }
        const page = await deps.engine.store.page({
          index: 'state',
          value: `alert|${state}`,
          order: 'desc',
          limit,
          ...(cursor === undefined ? {} : { cursor }),
        });
        return json(200, { items: page.items.map(toItem), cursor: page.cursor ?? null });
      }),
    },
    {
      method: 'POST',
      path: '/ops/v1/alerts/:id/acknowledge',
      headers: OPS_HEADERS,
      body: 'whole',
      maxBytes: deps.maxBodyBytes,
      refuse: refuseOps,
      handle: guardOps(deps, 'ops:write', async (request, grant) => {
        const body = readNote(request);
        if (body.refusal) return body.refusal;
        const alert = await findActor(deps.engine, request.params[0] ?? '');
        if (alert?.kind !== 'alert') return problem(404, 'no_such_alert', 'id: no such alert');
        const payload: AcknowledgeAlert = { id: alert.id, by: grant.owner, note: body.value.note ?? '' };
        const result = await deps.engine.command({ key: alert.key, type: 'alert.acknowledge', payload, origin: 'caller', id: deps.ids.uuid() });
        return json(200, { alert: alert.id, result });
      }),
    },
  ];
}

/** An alert as operators read it, with since when it is in its state. */
function toItem(doc: ActorDoc): object {
  return { alert: doc.id, since: doc.since, ...toAlertView(doc) };
}
