/** Operator's route about the modem lines of this node. */
import type { LineView } from '../../actors/line/index.ts';
import { json, type Route } from '../http/index.ts';
import { guardOps, type OpsGuardDeps, refuseOps } from './guard.ts';

export interface LinesDeps extends OpsGuardDeps {
  readonly lines: () => readonly LineView[];
}

/** `{items}`, in the order of the settings: how each line is set up and what it speaks (`setup`, secrets covered), and how it does now. */
export function linesRoutes(deps: LinesDeps): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/ops/v1/lines',
      headers: ['authorization'],
      body: 'none',
      maxBytes: 0,
      refuse: refuseOps,
      handle: guardOps(deps, 'ops:read', () => json(200, { items: deps.lines() })),
    },
  ];
}
