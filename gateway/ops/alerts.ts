/** Operator's routes about alerts. */
import Type from 'typebox';
import type { EngineFace } from '../../actors/engine/face.ts';
import type { Ids } from '../../actors/engine/ports.ts';
import type { ActorId } from '../../machines/common/effects.ts';
import { json, problem, QueryReader, type Route } from '../http/index.ts';
import { findActor } from './actors.ts';
import { bodyReader } from './body.ts';
import { guardOps, type OpsGuardDeps, refuseOps } from './guard.ts';

export interface AlertsDeps extends OpsGuardDeps {
  readonly engine: EngineFace;
  readonly ids: Ids;
  readonly maxBodyBytes: number;
}

const STATES = ['raised', 'acknowledged', 'cleared'] as const;
const NoteBody = Type.Object(
  { note: Type.Optional(Type.String({ maxLength: 500, pattern: '^[^\\u0000-\\u001f\\u007f]*$' })) },
  { additionalProperties: false },
);

export function alertsRoutes(deps: AlertsDeps): readonly Route[] {
  const readNote = bodyReader(NoteBody);
  return [
    {
      method: 'GET',
      path: '/ops/v1/alerts',
      headers: ['authorization'],
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
          const ids = await deps.engine.store.find('about', about, limit);
          const docs = (await deps.engine.store.get(ids)).filter((doc) => doc?.kind === 'alert');
          return json(200, {
            items: docs.map((doc) => ({ alert: doc?.id, state: doc?.state, since: doc?.since, ...(alertRecord(doc?.snapshot) as object) })),
            cursor: null,
          });
        }
        const page = await deps.engine.store.page({
          index: 'state',
          value: `alert|${state}`,
          order: 'desc',
          limit,
          ...(cursor === undefined ? {} : { cursor }),
        });
        const items = page.items.map((doc) => ({ alert: doc.id, state: doc.state, since: doc.since, ...(alertRecord(doc.snapshot) as object) }));
        return json(200, { items, cursor: page.cursor ?? null });
      }),
    },
    {
      method: 'POST',
      path: '/ops/v1/alerts/:id/acknowledge',
      headers: ['authorization'],
      body: 'whole',
      maxBytes: deps.maxBodyBytes,
      refuse: refuseOps,
      handle: guardOps(deps, 'ops:write', async (request, grant) => {
        const body = readNote(request);
        if (body.refusal) return body.refusal;
        const alert = await findActor(deps.engine, request.params[0] ?? '');
        if (alert?.kind !== 'alert') return problem(404, 'no_such_alert', 'id: no such alert');
        const id: ActorId = alert.id;
        const event = { type: 'acknowledge', by: grant.owner, note: body.value.note ?? '' };
        const result = await deps.engine.command({
          key: alert.key,
          type: 'engine.event',
          payload: { actor: id, event, ids: [] },
          origin: 'caller',
          id: deps.ids.uuid(),
        });
        return json(200, { alert: id, result: result ?? null });
      }),
    },
  ];
}

/** What an alert holds: the context of its machine. */
function alertRecord(snapshot: unknown): unknown {
  return (snapshot as { readonly context?: unknown } | null | undefined)?.context ?? {};
}
