/** All rules, and how evidence is held against them. */
import type { Check, Evidence, Finding } from '../evidence.ts';
import { acknowledgedEnds, acknowledgedOnce, answeredWell, endsAsTheMarketHadIt, neverForgotten, sameAnswerAgain } from './acknowledged.ts';
import { epochsRise, oneCommitPerVersion } from './epochs.ts';
import { eventsComplete, eventsInOrder } from './events.ts';
import { noAlert, nothingUndone } from './left-behind.ts';
import { endsOnlyWhenTold, evidenceIsWhole, noUnhandledError } from './log.ts';
import { d0151Once, oneBodyPerReference } from './market.ts';
import { actionsAreHonest, writesByTheRules } from './meters.ts';

export const CHECKS: readonly Check[] = [
  acknowledgedOnce,
  acknowledgedEnds,
  endsAsTheMarketHadIt,
  sameAnswerAgain,
  answeredWell,
  neverForgotten,
  oneBodyPerReference,
  d0151Once,
  writesByTheRules,
  actionsAreHonest,
  epochsRise,
  oneCommitPerVersion,
  eventsInOrder,
  eventsComplete,
  nothingUndone,
  noAlert,
  noUnhandledError,
  endsOnlyWhenTold,
  evidenceIsWhole,
];

/** Everything that is wrong, rule by rule. */
export function findingsOf(evidence: Evidence, checks: readonly Check[] = CHECKS): readonly Finding[] {
  return checks.flatMap(({ rule, find }) => find(evidence).map((text) => ({ rule, text })));
}
