/** What engines say of themselves, and whether they live. */
import { isExpectedError } from '../allowed.ts';
import type { Check } from '../evidence.ts';

const SHOWN = 300;

export const noUnhandledError: Check = {
  rule: 'no engine logs an error that nobody handled',
  find: ({ log }) => log.filter((line) => !isExpectedError(line)).map(({ engine, level, text }) => `${engine}: ${level}: ${text.slice(0, SHOWN)}`),
};

export const endsOnlyWhenTold: Check = {
  rule: 'no process ends unless it is told to',
  find: ({ ends }) => ends.map(({ process, how }) => `${process}: ${how}`),
};

export const evidenceIsWhole: Check = {
  rule: 'the evidence is whole',
  find: ({ missing, appointments }) => [...missing, ...(appointments.length === 0 ? ['no appointment was acknowledged: there was no load'] : [])],
};
