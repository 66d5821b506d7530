/**
 * The vocabulary in which machines ask for things.
 *
 * A machine never does anything itself: it runs custom actions whose *type* names the effect and whose *params* are plain
 * JSON. The engine collects them from the transition (architecture, section 2). The seven below are understood by the
 * engine itself; every other action type is an outside effect, and the actor's definition says which channel performs it.
 */

/** What survives `JSON.parse(JSON.stringify(x))` unchanged. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [member: string]: Json | undefined };

/** Instant in milliseconds since 1970-01-01T00:00:00Z. */
export type EpochMs = number;

/** Identifier of a durable actor: `<kind>:<what identifies it>`, for example `appointment:0190…` (interfaces, section 6). */
export type ActorId = `${string}:${string}`;

/**
 * `remind`: send `{type: 'reminder', name}` to this actor at `dueAt`. One reminder per name: a later one replaces an earlier.
 * `gate: 'dip'` marks a *fail* deadline of something that waits for the DIP: it is held while a requeue after a gap runs.
 */
export type RemindParams = { readonly name: string; readonly dueAt: EpochMs; readonly gate?: 'dip' };
/** `forget`: drop the reminder of that name, if there is one. */
export type ForgetParams = { readonly name: string };
/** `withdraw`: give up this actor's outside effects of that name that have not been done yet. */
export type WithdrawParams = { readonly name: string };
/** `tell`: a message to another actor, applied once. `key` is the routing key of the receiver (architecture, section 4). */
export type TellParams = {
  readonly to: ActorId;
  readonly key: string;
  readonly event: { readonly type: string } & { readonly [member: string]: Json | undefined };
};
/** `announce`: an event for other systems. `what` is the last token of its subject (interfaces, section 5). */
export type AnnounceParams = { readonly what: string; readonly data?: { readonly [member: string]: Json | undefined } };
/** `raiseAlert`: `code` is one of `actors/alert/codes.ts`; `about` defaults to this actor. Raising a raised alert only counts. */
export type RaiseAlertParams = { readonly code: string; readonly text: string; readonly details?: Json };
/** `clearAlert`: the condition is gone. */
export type ClearAlertParams = { readonly code: string };

/** The event a reminder arrives as. `dueAt` is the instant that was asked for, `at` the one it is handled. */
export type ReminderEvent = { readonly type: 'reminder'; readonly name: string; readonly dueAt: EpochMs; readonly at: EpochMs };

/** Names that the engine handles itself. */
export const ENGINE_EFFECTS = ['remind', 'forget', 'withdraw', 'tell', 'announce', 'raiseAlert', 'clearAlert'] as const;

/**
 * Implementations for `setup({ actions: engineActions })`: they do nothing, because the engine reads type and params from
 * the executable action and never runs it.
 */
export const engineActions = {
  remind: (_: unknown, _params: RemindParams): void => {},
  forget: (_: unknown, _params: ForgetParams): void => {},
  withdraw: (_: unknown, _params: WithdrawParams): void => {},
  tell: (_: unknown, _params: TellParams): void => {},
  announce: (_: unknown, _params: AnnounceParams): void => {},
  raiseAlert: (_: unknown, _params: RaiseAlertParams): void => {},
  clearAlert: (_: unknown, _params: ClearAlertParams): void => {},
};
