/** What a step of a DTN machine gives: what changes in the context, and what is asked of the engine. */
import type { ActorId, ForgetParams, RaiseAlertParams, RemindParams, TellParams, WithdrawParams } from '../common/effects.ts';
import type { KeptLine, Reference, WriteDtnFileParams } from './events.ts';
import { referencesOf } from './lines.ts';

export type Ask =
  | { readonly type: 'tell'; readonly params: TellParams }
  | { readonly type: 'remind'; readonly params: RemindParams }
  | { readonly type: 'forget'; readonly params: ForgetParams }
  | { readonly type: 'withdraw'; readonly params: WithdrawParams }
  | { readonly type: 'raiseAlert'; readonly params: RaiseAlertParams }
  | { readonly type: 'clearAlert'; readonly params: { readonly code: string } }
  | { readonly type: 'writeDtnFile'; readonly params: WriteDtnFileParams };

export interface Outcome<TContext> {
  readonly context: Partial<TContext>;
  readonly asks: readonly Ask[];
}

/** `dtn.sent` and its kin, as the machines of processes know them. */
export type Report = 'dtn.queued' | 'dtn.sent' | 'dtn.acknowledged' | 'dtn.rejected' | 'dtn.failed';

export function report(type: Report, reference: Reference, fileId: string | null, text: string): Ask {
  return { type: 'tell', params: { to: reference.to, key: reference.key, event: { type, fileId, text } } };
}

/** The same report to everybody who hears of these lines. */
export function reportAll(type: Report, lines: readonly KeptLine[], fileId: string | null, text: string): Ask[] {
  return lines.flatMap((kept) => referencesOf(kept).map((reference) => report(type, reference, fileId, text)));
}

/** Ask the file that holds a line to tell somebody how far it is. */
export function askFile(file: ActorId, sender: string, slot: string, reference: Reference): Ask {
  return { type: 'tell', params: { to: file, key: sender, event: { type: 'line.asked', slot, reference } } };
}
