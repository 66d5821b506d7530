/** Operator's route that tells events of the past once more, beside the stream (`mw events replay`). */
import Type from 'typebox';
import type { ReplayProgress, ReplayQuery } from '../../actors/bus/index.ts';
import type { Json } from '../../machines/common/effects.ts';
import { problem, type Route } from '../http/index.ts';
import { bodyReader } from './body.ts';
import { guardOps, OPS_HEADERS, type OpsGuardDeps, refuseOps } from './guard.ts';
import { Reason } from './reason.ts';
import { jsonLines } from './work.ts';

export interface EventsDeps extends OpsGuardDeps {
  readonly maxBodyBytes: number;
  /** Publishes; says how far it is after every page. */
  readonly replay: (query: ReplayQuery, signal: AbortSignal) => AsyncIterable<ReplayProgress>;
}

const LATEST_MS = 8_640_000_000_000_000;
const Instant = Type.Integer({ minimum: 0, maximum: LATEST_MS });
export const ReplayBody = Type.Object(
  { from: Instant, to: Type.Optional(Instant), mpid: Type.Optional(Type.String({ pattern: '^[A-Z]{4}$' })), reason: Reason },
  { additionalProperties: false },
);

/** `POST /ops/v1/events/replay` with `{from, to?, mpid?}`; lines `{events, upTo}`, the last one with `done`. */
export function eventsRoutes(deps: EventsDeps): readonly Route[] {
  const read = bodyReader(ReplayBody);
  return [
    {
      method: 'POST',
      path: '/ops/v1/events/replay',
      headers: OPS_HEADERS,
      body: 'whole',
      maxBytes: deps.maxBodyBytes,
      refuse: refuseOps,
      slow: true,
      handle: guardOps(deps, 'ops:write', (request) => {
        const body = read(request);
        if (body.refusal) return body.refusal;
        const { from, to = deps.clock.now(), mpid } = body.value;
        if (to <= from) return problem(422, 'invalid_value', 'to: must lie after from', { errors: [{ pointer: '/to', rule: 'must lie after from' }] });
        return jsonLines(report(deps.replay({ from, to, mpid }, request.signal())));
      }),
    },
  ];
}

async function* report(pages: AsyncIterable<ReplayProgress>): AsyncGenerator<Json> {
  let last: ReplayProgress = { events: 0, upTo: null };
  for await (const progress of pages) {
    yield { ...progress };
    last = progress;
  }
  yield { done: true, ...last };
}
