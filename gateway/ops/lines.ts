/** Operator's route about the modem lines of this node, or of all of them. */
import type { LineView } from '../../actors/line/index.ts';
import { json, type Route } from '../http/index.ts';
import type { Everywhere } from './everywhere.ts';
import { guardOps, OPS_HEADERS, type OpsGuardDeps, refuseOps } from './guard.ts';

export interface LinesDeps extends OpsGuardDeps {
  readonly lines: () => readonly LineView[];
  /** Among many nodes: those of all of them. */
  readonly allLines?: () => Promise<Everywhere<LineView>>;
}

/**
 * `{items}`, in the order of the settings: how each line is set up and what it speaks (`setup`, secrets covered), and how it does now.
 * Among many nodes each with its `node`, and `silent`: nodes that did not answer.
 */
export function linesRoutes(deps: LinesDeps): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/ops/v1/lines',
      headers: OPS_HEADERS,
      body: 'none',
      maxBytes: 0,
      refuse: refuseOps,
      handle: guardOps(deps, 'ops:read', async () => json(200, deps.allLines ? await deps.allLines() : { items: deps.lines() })),
    },
  ];
}
