/** When everything is healed and has settled, nothing is undone and nothing complains. */
import { ALERT_CODES_OF_THE_MARKET } from '../allowed.ts';
import type { Check } from '../evidence.ts';

export const nothingUndone: Check = {
  rule: 'nothing undone is left behind',
  find: ({ left }) => [
    ...left.outbox.map(({ channel, key, ageMs }) => `outbox ${channel}: ${key} since ${ageMs} ms`),
    ...left.reminders.map(({ actor, name, lateMs }) => `${actor}: reminder ${name} is late by ${lateMs} ms`),
    ...left.unwell.map(({ engine, check, text }) => `${engine}: ${check} says ${text}`),
    ...left.undelivered.map((message) => `the market still has ${message}`),
    ...left.quarantined.map((what) => `quarantined: ${what}`),
    ...left.parked.map((what) => `parked: ${what}`),
  ],
};

export const noAlert: Check = {
  rule: 'no alert says that something is stuck',
  find: ({ alerts }) => alerts.filter(({ code }) => !ALERT_CODES_OF_THE_MARKET.has(code)).map(({ code, about, text }) => `${code} about ${about}: ${text}`),
};
