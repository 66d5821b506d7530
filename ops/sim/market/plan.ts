/** From a flow and its rule to the answers that will come, and when. Pure: the same flow gives the same plan after a restart. */
import type { Answer, Flow, Step } from './flow.ts';
import { londonMidnight, midnightInstant } from './london.ts';
import type { Rule } from './rules.ts';

/** When answers come, unless a rule says otherwise: milliseconds after acceptance. */
export interface Pace {
  readonly initialMs: number;
  readonly outcomeMs: number;
  readonly activeMs: number;
  /** IF-036 waits for 00:20 London on the effective date. */
  readonly respectEffectiveDate: boolean;
}

type Stage = 'initial' | 'outcome' | 'active';
type Draft = { readonly stage: Stage | 'after'; dueMs: number; readonly answer: Answer };

const TEXTS: Record<string, string | null> = { A: 'SP000 - Proposed Appointment ACCEPTED', R: 'SP001 - No contract' };
const EVENTS: Record<string, string> = { R: '[MSAppRejected]', L: '[MSAppLapsed]' };
const TWENTY_MINUTES_MS = 20 * 60_000;
const ENDS_INITIAL = new Set<string | null>(['R']);
const ENDS_OUTCOME = new Set(['R', 'L']);

function settlementMidnight(date: string): string {
  return date.length === 10 ? londonMidnight(date) : date;
}

function planInitial(flow: Flow, rule: Rule, pace: Pace): { drafts: Draft[]; ends: boolean } {
  if (rule.initial === 'silent') return { drafts: [], ends: true };
  const told = rule.initial;
  const code = told === undefined ? (flow.rejection === null ? 'A' : 'R') : told.code;
  const messages = told?.messages ?? (code === 'R' ? [flow.rejection ?? 'REG1021 - Requesting supplier is not the current supplier'] : []);
  return { drafts: [{ stage: 'initial', dueMs: told?.delayMs ?? pace.initialMs, answer: { kind: 'initial', code, messages } }], ends: ENDS_INITIAL.has(code) };
}

function planOutcomes(rule: Rule, pace: Pace): { drafts: Draft[]; ends: boolean } {
  if (rule.outcome === 'silent') return { drafts: [], ends: true };
  const told = rule.outcome === undefined ? [{ code: 'A' }] : Array.isArray(rule.outcome) ? rule.outcome : [rule.outcome];
  const drafts = told.map((one, index): Draft => {
    const outcome: { code: string; text?: string | null; event?: string; delayMs?: number; stampMs?: number } = one;
    const text = outcome.text === undefined ? (TEXTS[outcome.code] ?? null) : outcome.text;
    const event = outcome.event ?? EVENTS[outcome.code] ?? '[MSAppAccepted]';
    return {
      stage: 'outcome',
      dueMs: outcome.delayMs ?? pace.outcomeMs + index,
      answer: { kind: 'outcome', code: outcome.code, text, event, stampMs: outcome.stampMs ?? index * 1000 },
    };
  });
  return { drafts, ends: told.some((one) => ENDS_OUTCOME.has(one.code)) || !told.some((one) => one.code === 'A') };
}

function planActive(flow: Flow, rule: Rule, pace: Pace): Draft[] {
  if (rule.active === 'silent') return [];
  const service = rule.active?.service;
  const effectiveFrom = rule.active?.effectiveFrom === undefined ? flow.effectiveFrom : settlementMidnight(rule.active.effectiveFrom);
  const usual = pace.respectEffectiveDate ? Math.max(pace.activeMs, midnightInstant(effectiveFrom.slice(0, 10)) + TWENTY_MINUTES_MS - flow.at) : pace.activeMs;
  return [
    {
      stage: 'active',
      dueMs: rule.active?.delayMs ?? usual,
      answer: { kind: 'active', service: service?.dipId ?? flow.service, serviceMpid: service?.mpid ?? flow.serviceMpid, effectiveFrom },
    },
  ];
}

/** Deals the due times out anew, in the order that the rule names. */
function reorder(drafts: Draft[], order: readonly Stage[]): Draft[] {
  const times = drafts.map((draft) => draft.dueMs).sort((a, b) => a - b);
  const place = (draft: Draft): number => (order.includes(draft.stage as Stage) ? order.indexOf(draft.stage as Stage) : order.length);
  const sorted = drafts.map((draft, index) => ({ draft, index })).sort((a, b) => place(a.draft) - place(b.draft) || a.index - b.index);
  return sorted.map(({ draft }, index) => ({ ...draft, dueMs: times[index] ?? draft.dueMs }));
}

function number(drafts: readonly Draft[], duplicate: Rule['duplicate']): Step[] {
  const steps: Step[] = drafts.map((draft, k) => ({ ...draft.answer, k, dueMs: draft.dueMs }));
  if (duplicate === undefined) return steps;
  return steps.flatMap((step): Step[] => {
    const again = { ...step, k: step.k + steps.length };
    if (duplicate === 'transaction') return [step, { ...again, sameReferenceAs: step.k, sameTransactionAs: step.k }];
    return duplicate === 'reference' ? [step, { ...again, sameReferenceAs: step.k }] : [step, again];
  });
}

const NO_RULE: Rule = {};

/** The answers to a flow, in the order of their due times. */
export function planFlow(flow: Flow, pace: Pace): Step[] {
  const rule = flow.rule ?? NO_RULE;
  const drafts: Draft[] = [];
  let over = false;
  if (rule.status !== undefined) {
    drafts.push({
      stage: 'initial',
      dueMs: rule.status.delayMs ?? pace.initialMs,
      answer: { kind: 'status', message: rule.status.message, level: rule.status.level ?? 'L2' },
    });
    over = true;
  }
  if (!over || rule.initial !== undefined) {
    const initial = planInitial(flow, rule, pace);
    drafts.push(...initial.drafts);
    over = initial.ends;
  }
  if (!over || rule.outcome !== undefined) {
    const outcomes = planOutcomes(rule, pace);
    drafts.push(...outcomes.drafts);
    over = outcomes.ends;
  }
  if (!over || rule.active !== undefined) drafts.push(...planActive(flow, rule, pace));
  const ordered = rule.order === undefined ? drafts : reorder(drafts, rule.order);
  const last = ordered.reduce((most, draft) => Math.max(most, draft.dueMs), 0);
  if (ordered.some((draft) => draft.stage === 'active')) {
    for (const mpan of [...(rule.linked ?? []), ...(rule.related ?? [])]) ordered.push({ stage: 'after', dueMs: last + 1, answer: { kind: 'aligned', mpan } });
  }
  for (const [index, closure] of (rule.closures ?? []).entries())
    ordered.push({ stage: 'after', dueMs: last + (closure.delayMs ?? 0) + 1, answer: { kind: 'closure', index } });
  return number(ordered, rule.duplicate);
}
