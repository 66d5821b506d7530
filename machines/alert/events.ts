/** Events of an alert `alert:<code>:<about>`: one condition of one subject, raised and cleared, acknowledged by someone. */
import type { EpochMs, Json } from '../common/effects.ts';

/** Made by the engine from a machine's `raiseAlert`. Raising a raised alert only counts. */
export interface Raise {
  readonly type: 'raise';
  readonly at: EpochMs;
  readonly code: string;
  /** The actor or subject that it is about. */
  readonly about: string;
  readonly text: string;
  readonly details: Json;
}
/** Made by the engine from `clearAlert`. */
export interface Clear {
  readonly type: 'clear';
  readonly at: EpochMs;
  readonly code: string;
  readonly about: string;
}
/** Someone has seen it. */
export interface Acknowledge {
  readonly type: 'acknowledge';
  readonly at: EpochMs;
  readonly by: string;
  readonly note: string;
}

export type AlertEvent = Raise | Clear | Acknowledge;
export type AlertInput = { readonly code: string; readonly about: string; readonly at: EpochMs };
