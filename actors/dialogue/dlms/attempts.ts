/**
 * Which log-in comes after one that did not come about (meter-protocols 5.10, 6.4, 6.5). Pure.
 *
 * | what came of the AARQ               | next                                                      |
 * | ----------------------------------- | --------------------------------------------------------- |
 * | no AARE, FRMR, initiate error `0E`  | the next form of AARQ; after the last, SN in place of LN  |
 * | context name not supported          | SN in place of LN at once; where there is no SN, the next form |
 * | diagnostic 13, 14, anything else    | none                                                      |
 */
import type { apdu as apdus } from '../../../workers/codec/index.ts';
import type { DlmsOptions } from './station.ts';

export type Referencing = 'LN' | 'SN';

export interface Attempt {
  readonly referencing: Referencing;
  readonly form: apdus.AarqForm;
}

/** Why an attempt did not come about though nobody said that the password is wrong. */
export type Miss = 'no-aare' | 'initiate-error' | 'context';

export function attemptsOf({ referencing, aarqForms }: DlmsOptions): readonly Attempt[] {
  const forms = (named: Referencing): Attempt[] => aarqForms.map((form) => ({ referencing: named, form }));
  return referencing === 'LN-then-SN' ? [...forms('LN'), ...forms('SN')] : forms(referencing);
}

/** What is left to try after `attempts[0]`. */
export function attemptsAfter(attempts: readonly Attempt[], miss: Miss): readonly Attempt[] {
  const [tried, ...rest] = attempts;
  const others = rest.filter(({ referencing }) => referencing !== tried?.referencing);
  return miss === 'context' && others.length > 0 ? others : rest;
}
