/** Effects that leave the machine: the engine's own, and those of the channels `meter` and `meter-control`. They do nothing here. */
import { engineActions } from '../common/effects.ts';
import type { CancelSessionParams, SessionParams } from './asks.ts';

export const asked = {
  ...engineActions,
  session: (_: unknown, _params: SessionParams): void => {},
  cancelSession: (_: unknown, _params: CancelSessionParams): void => {},
};
