/** What the DIP's delivery journal says about one of our messages (appointments 2.3). Pure; member names read in any case. */
import { blockOf, blocksOf, textOf } from './fields.ts';

export interface JournalVerdict {
  readonly outcome: 'delivered' | 'not-delivered' | 'unknown';
  readonly text: string;
  /** The DIP gave up on a recipient: something did not arrive there. */
  readonly retriesExhausted: boolean;
}

const REFUSED_INBOUND = new Set(['InternalServerError', 'InboundRuleFailure', 'Exception']);
const LOST_OUTBOUND = new Set(['RetriesExhausted', 'RejectedByRecipient', 'DeliveryFailure', 'Exception']);

/**
 * `delivered`: the DIP took the message and has not lost it since. `not-delivered`: the DIP refused it, never had it, or could
 * hand it to nobody.
 */
export function readJournal(value: unknown): JournalVerdict {
  if (value === null) return { outcome: 'not-delivered', text: 'the DIP knows nothing of it', retriesExhausted: false };
  const entries = entriesOf(value);
  const last = entries.at(-1);
  const text = last === undefined ? 'the journal is empty' : `${last.stage} ${last.status}${last.reason === null ? '' : `: ${last.reason}`}`;
  const inStage = (stage: string) => entries.filter((entry) => entry.stage === stage);
  const retriesExhausted = entries.some((entry) => entry.status === 'RetriesExhausted');
  const verdict = (outcome: JournalVerdict['outcome']): JournalVerdict => ({ outcome, text, retriesExhausted });

  if (inStage('Outbound').some((entry) => entry.status === 'Delivered')) return verdict('delivered');
  if (inStage('Outbound').some((entry) => LOST_OUTBOUND.has(entry.status)) && LOST_OUTBOUND.has(inStage('Outbound').at(-1)?.status ?? '')) {
    return verdict('not-delivered');
  }
  const inbound = inStage('Inbound').at(-1)?.status;
  if (inbound !== undefined && REFUSED_INBOUND.has(inbound)) return verdict('not-delivered');
  if (inStage('Addressing').at(-1)?.status === 'Failed') return verdict('not-delivered');
  return verdict(entries.length > 0 && (inbound === 'GoodToGo' || inStage('Outbound').length > 0) ? 'delivered' : 'unknown');
}

interface Entry {
  readonly stage: string;
  readonly status: string;
  readonly reason: string | null;
}

function entriesOf(value: unknown): readonly Entry[] {
  const lists = [value, blockOf(value) && lower(value).journalentries, blockOf(value) && lower(value).journal, blockOf(value) && lower(value).entries];
  const list = lists.map(blocksOf).find((candidate) => candidate !== null) ?? [];
  const numbered = list.map((entry, index) => {
    const members = lower(entry);
    const place = typeof members.rn === 'number' ? members.rn : index;
    const stage = textOf(members.dipstage) ?? textOf(members.stage) ?? '';
    return { place, stage, status: textOf(members.status) ?? '', reason: textOf(members.reason) ?? textOf(members.message) };
  });
  return numbered.sort((a, b) => a.place - b.place);
}

function lower(value: unknown): { readonly [member: string]: unknown } {
  return Object.fromEntries(Object.entries(blockOf(value) ?? {}).map(([name, member]) => [name.toLowerCase(), member]));
}
