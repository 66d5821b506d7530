/** `GET /mpan/v1/{mpid}` and `GET /meter-technical-details/v1/{mpid}` (appointments 1.7). */
import type { EngineFace } from '../../actors/engine/face.ts';
import { mpanActorId, toMeterViews, toMpanView } from '../../actors/mpan/index.ts';
import type { ActorDoc } from '../../actors/store/store.ts';
import { londonDate, parseWrittenDateTime } from '../../machines/calendar/index.ts';
import { detail, json, QueryReader, type Route, unprocessable } from '../http/index.ts';
import { guardSupplier, refuseSupplier, type SupplierGuardDeps } from '../supplier/guard.ts';

export interface MpanDeps extends SupplierGuardDeps {
  readonly engine: Pick<EngineFace, 'store'>;
}

const DATE_CHARS = 10;

export function mpanRoutes(deps: MpanDeps): readonly Route[] {
  const find = async (mpid: string, mpan: string): Promise<ActorDoc | undefined> => (await deps.engine.store.get([mpanActorId(mpid, mpan)]))[0];
  const common = { method: 'GET', headers: ['x-api-key'], body: 'none', maxBytes: 0, refuse: refuseSupplier } as const;
  return [
    {
      ...common,
      path: '/mpan/v1/:mpid',
      handle: guardSupplier(deps, async (request, _grant, mpid) => {
        const query = new QueryReader(request.query, ['mpan_id']);
        const mpan = readMpan(query);
        if (mpan === undefined || query.errors.length > 0) return unprocessable(query.errors);
        const doc = await find(mpid, mpan);
        return doc ? json(200, toMpanView(doc, londonDate(deps.clock.now()))) : detail(404, `MPAN ${mpan} is not known`);
      }),
    },
    {
      ...common,
      path: '/meter-technical-details/v1/:mpid',
      handle: guardSupplier(deps, async (request, _grant, mpid) => {
        const query = new QueryReader(request.query, ['mpan_id', 'as_of']);
        const mpan = readMpan(query);
        const asOf = readDate(query, 'as_of');
        if (mpan === undefined || query.errors.length > 0) return unprocessable(query.errors);
        const doc = await find(mpid, mpan);
        return json(200, doc ? toMeterViews(doc, asOf) : []);
      }),
    },
  ];
}

function readMpan(query: QueryReader): string | undefined {
  const text = query.required('mpan_id');
  return text === undefined ? undefined : query.matching('mpan_id', /^\d{13}$/, 'exactly 13 digits', 'mpan_length');
}

/** A settlement date: a bare date, or the date of a date-time as written. */
function readDate(query: QueryReader, name: string): string | null {
  const text = query.text(name);
  if (text === undefined) return null;
  const isDate = parseWrittenDateTime(text.length === DATE_CHARS ? `${text}T00:00:00` : text.replace(/ (?=\d{2}:?\d{2}$)/, '+')) !== undefined;
  if (isDate) return text.slice(0, DATE_CHARS);
  query.refuse(name, `${name} must be a date`, 'datetime_parsing');
  return null;
}
