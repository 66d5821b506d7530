/**
 * The steps of `dtn-file:<mpid>:<fileId>`: one file from its making to its receipt.
 *
 * Invariants
 * - F1 Its lines hold their slots from its making on, for ever unless the file is refused.
 * - F2 Slots change hands in the step that decides: `claim` and `release` speak of the latest step only.
 * - F3 The bytes were fixed when the file was made; nothing here builds them again.
 */
import { type Ask, type Outcome, report, reportAll } from './asks.ts';
import type { FileMade, FileReceipt, FileTaken, Flow, KeptLine, LineAsked, LineUnwanted } from './events.ts';
import { corrected } from './file.ts';
import { withoutReference, withReference } from './lines.ts';
import type { DtnSettings } from './settings.ts';

/** Lines that go out again together. */
export type Again = { readonly lines: readonly KeptLine[]; readonly refusals: number };

export type DtnFileContext = {
  readonly mpid: string;
  readonly fileId: string;
  readonly flow: Flow;
  readonly recipient: string;
  readonly test: boolean;
  /** Dropped once nothing more can become of them. */
  readonly lines: readonly KeptLine[];
  readonly count: number;
  readonly refusals: number;
  readonly replaces: string | null;
  readonly again: readonly Again[];
  /** Lines that are not to go out again, and for whom (null: for nobody). */
  readonly unwanted: readonly { readonly slots: readonly string[]; readonly to: string | null }[];
  readonly takenAt: number | null;
  /** What the receipt said. */
  readonly receipt: string | null;
  readonly overdue: boolean;
  readonly claim: readonly string[];
  readonly release: readonly string[];
};

type Step = Outcome<DtnFileContext>;
const MAX_BACKOFF_MS = 3_600_000;
const MAX_TEXT = 500;
const CONTRADICTION = 'dtn_receipt_contradiction';

/** Name of the outside effect, by which it is withdrawn. */
export const writeName = (fileId: string): string => `file:${fileId}`;

/** The step that changes nothing. */
export function settle(): Step {
  return { context: { claim: [], release: [] }, asks: [] };
}

function step(context: Partial<DtnFileContext>, asks: readonly Ask[]): Step {
  return { context: { claim: [], release: [], ...context }, asks };
}

export function made(_: DtnFileContext, event: FileMade): Step {
  const { fileId, fileName, flow, recipient, test, content, lines, refusals, replaces } = event;
  const queued = replaces === null ? [] : reportAll('dtn.queued', lines, fileId, `again, instead of file ${replaces}`);
  return step({ flow, recipient, test, lines, count: lines.length, refusals, replaces, claim: lines.map((kept) => kept.slot) }, [
    { type: 'writeDtnFile', params: { fileId, fileName, recipient, test, content } },
    ...queued,
  ]);
}

/** A test file is as good as sent: it is kept, and goes nowhere (appointments 1.8). */
export function recorded(context: DtnFileContext, event: FileTaken): Step {
  return step({ takenAt: event.at, lines: [] }, reportAll('dtn.sent', context.lines, context.fileId, 'test: kept, not dispatched'));
}

export function taken(context: DtnFileContext, event: FileTaken, settings: DtnSettings): Step {
  return step({ takenAt: event.at }, [
    { type: 'remind', params: { name: 'receipt', dueAt: event.at + settings.receiptWarnMs } },
    ...reportAll('dtn.sent', context.lines, context.fileId, 'the gateway took the file'),
  ]);
}

/** A receipt may overtake the news of the hand-over: then the file is offered no more. */
function closing(context: DtnFileContext): readonly Ask[] {
  return [
    { type: 'withdraw', params: { name: writeName(context.fileId) } },
    { type: 'forget', params: { name: 'receipt' } },
    ...(context.overdue ? [{ type: 'clearAlert', params: { code: 'dtn_receipt_missing' } } as const] : []),
  ];
}

export function acknowledged(context: DtnFileContext, event: FileReceipt): Step {
  const sent = context.takenAt === null ? reportAll('dtn.sent', context.lines, context.fileId, 'the receipt says that the gateway took the file') : [];
  return step({ lines: [], overdue: false, receipt: event.text.slice(0, MAX_TEXT), takenAt: context.takenAt ?? event.at }, [
    ...closing(context),
    ...sent,
    ...reportAll('dtn.acknowledged', context.lines, context.fileId, event.text.slice(0, MAX_TEXT)),
  ]);
}

interface Verdict {
  readonly again: readonly Again[];
  readonly givenUp: readonly KeptLine[];
}

/**
 * What becomes of the lines of a refused file. Where the receipt names meter points, those are to blame and go out apart from
 * the rest; else all are. Who was blamed too often is given up.
 */
export function judge(context: DtnFileContext, text: string, settings: DtnSettings): Verdict {
  const named = context.lines.filter((kept) => text.includes(kept.line.mpan));
  const blamed = named.length > 0 ? named : context.lines;
  const rest = named.length > 0 ? context.lines.filter((kept) => !named.includes(kept)) : [];
  const refusals = context.refusals + 1;
  const giveUp = refusals >= settings.maxRefusals;
  const again: Again[] = [];
  if (rest.length > 0) again.push({ lines: rest, refusals: context.refusals });
  if (!giveUp) again.push({ lines: blamed.map(corrected), refusals });
  return { again, givenUp: giveUp ? blamed : [] };
}

export function refused(context: DtnFileContext, event: FileReceipt, settings: DtnSettings): Step {
  const text = event.text.slice(0, MAX_TEXT);
  const { again, givenUp } = judge(context, event.text, settings);
  const wait = Math.min(MAX_BACKOFF_MS, settings.flushMs * 2 ** context.refusals);
  const resend: readonly Ask[] = again.length > 0 ? [{ type: 'remind', params: { name: 'resend', dueAt: event.at + wait } }] : [];
  const lost: readonly Ask[] =
    givenUp.length > 0
      ? [
          ...reportAll('dtn.failed', givenUp, context.fileId, `refused ${context.refusals + 1} times: ${text}`),
          {
            type: 'raiseAlert',
            params: {
              code: 'dtn_lines_failed',
              text: `${givenUp.length} lines given up: ${text}`,
              details: { fileId: context.fileId, mpans: givenUp.slice(0, 20).map((kept) => kept.line.mpan) },
            },
          },
        ]
      : [];
  return step({ lines: [], again, overdue: false, receipt: text, release: context.lines.map((kept) => kept.slot) }, [
    ...closing(context),
    {
      type: 'raiseAlert',
      params: {
        code: 'dtn_file_refused',
        text: `the gateway refused file ${context.fileId}: ${text}`,
        details: { fileId: context.fileId, recipient: context.recipient },
      },
    },
    ...reportAll('dtn.rejected', context.lines, context.fileId, text),
    ...lost,
    ...resend,
  ]);
}

/** Somebody wants the line no more: it stays in this file, and does not go out again for him. */
export function unwanted(context: DtnFileContext, event: LineUnwanted): Step {
  const to = event.reference ?? null;
  const known = context.unwanted.some((noted) => noted.to === to && event.slots.every((slot) => noted.slots.includes(slot)));
  return known ? settle() : step({ unwanted: [...context.unwanted, { slots: event.slots, to }] }, []);
}

/** The line for those who still want it; null: nobody. */
function stillWanted(kept: KeptLine, unwanted: DtnFileContext['unwanted']): KeptLine | null {
  let left: KeptLine | null = kept;
  for (const { slots, to } of unwanted) {
    if (left === null) return null;
    if (slots.includes(kept.slot)) left = to === null ? null : withoutReference(left, to);
  }
  return left;
}

/** Hand the lines that are still wanted back to the collector, which gives them a new file each. */
export function resend(context: DtnFileContext): Step {
  const { mpid, fileId, flow, recipient, test } = context;
  const tells = context.again.flatMap(({ lines: all, refusals }): Ask[] => {
    const lines = all.flatMap((kept) => stillWanted(kept, context.unwanted) ?? []);
    if (lines.length === 0) return [];
    return [{ type: 'tell', params: { to: `dtn:${mpid}`, key: mpid, event: { type: 'file.refused', fileId, flow, recipient, test, refusals, lines } } }];
  });
  return step({ again: [], unwanted: [] }, [...tells, { type: 'clearAlert', params: { code: 'dtn_file_refused' } }]);
}

export function receiptOverdue(context: DtnFileContext): Step {
  return step({ overdue: true }, [
    { type: 'raiseAlert', params: { code: 'dtn_receipt_missing', text: `no receipt for file ${context.fileId}`, details: { recipient: context.recipient } } },
  ]);
}

/** A second receipt that says the opposite: the lines were settled by the first; a person must look. */
export function contradicted(context: DtnFileContext, event: FileReceipt): Step {
  return step({}, [
    {
      type: 'raiseAlert',
      params: {
        code: CONTRADICTION,
        text: `file ${context.fileId}: a later receipt says ${event.outcome}`,
        details: { text: event.text.slice(0, MAX_TEXT), before: context.receipt },
      },
    },
  ]);
}

/** Where a file stands, in the words of a report. */
export type Standing = 'writing' | 'waiting' | 'acknowledged' | 'recorded' | 'refused' | 'replaced' | 'failed';

const TOLD: Readonly<Record<Standing, readonly Parameters<typeof report>[0][]>> = {
  writing: ['dtn.queued'],
  waiting: ['dtn.sent'],
  recorded: ['dtn.sent'],
  acknowledged: ['dtn.sent', 'dtn.acknowledged'],
  refused: ['dtn.rejected'],
  replaced: ['dtn.rejected'],
  failed: ['dtn.failed'],
};

export function asked(context: DtnFileContext, event: LineAsked, standing: Standing): Step {
  const join = (kept: KeptLine): KeptLine => (kept.slot === event.slot ? withReference(kept, event.reference) : kept);
  const asks = TOLD[standing].map((type) => report(type, event.reference, context.fileId, `asked for again: ${standing}`));
  return step({ lines: context.lines.map(join), again: context.again.map((group) => ({ ...group, lines: group.lines.map(join) })) }, asks);
}
