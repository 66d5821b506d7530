/** `--reason`: why somebody does something, for the audit trail. */
import { type CommandCall, optionalText } from './command.ts';

/** What a command that takes it says of it in its `options` and its `help`. */
export const REASON_OPTION = { reason: { type: 'string' } } as const;

/** What a call with a body says. */
export function reasonOf(call: CommandCall): { readonly reason?: string } {
  const reason = optionalText(call, 'reason');
  return reason === undefined ? {} : { reason };
}

/** What a call without one says. */
export function withReason(call: CommandCall, path: string): string {
  const reason = optionalText(call, 'reason');
  return reason === undefined ? path : `${path}${path.includes('?') ? '&' : '?'}reason=${encodeURIComponent(reason)}`;
}
