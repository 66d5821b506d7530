/**
 * Reading IF-047, industry standing data. Its structure is not public, so this is the one place that guesses it: every object
 * of the payload that names a DIP id, an MPID and a role is an entry, however deep it lies and however its members are
 * spelled around those words. What does not fit is counted, never an error.
 */

import type { AgentEntry } from '../../machines/agent/index.ts';
import { isSettlementDate, settlementDateOf } from '../../machines/calendar/index.ts';
import { parseDipId, parseMpid } from '../../machines/mpan/index.ts';

export interface StandingData {
  readonly entries: readonly AgentEntry[];
  /** Objects that name a DIP id but no usable MPID, role or date. */
  readonly skipped: number;
}

/** Stands for "since always" where an entry has no date. */
const OPEN_START = '2000-01-01';
const MAX_DEPTH = 12;
const MAX_ENTRIES = 100_000;
const ROLES = /^[A-Z]{3,5}$/;

/** @param payload the custom block of an IF-047, or the whole payload */
export function parseStandingData(payload: unknown): StandingData {
  const found: { entries: AgentEntry[]; skipped: number } = { entries: [], skipped: 0 };
  visit(payload, 0, found);
  return found;
}

function visit(value: unknown, depth: number, found: { entries: AgentEntry[]; skipped: number }): void {
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH || found.entries.length >= MAX_ENTRIES) return;
  if (!Array.isArray(value)) {
    const entry = toEntry(value as Record<string, unknown>);
    if (entry === 'skip') found.skipped++;
    else if (entry !== null) found.entries.push(entry);
  }
  for (const member of Object.values(value)) visit(member, depth + 1, found);
}

/** Null: no entry at all. `skip`: meant as one, but unusable. */
function toEntry(object: Record<string, unknown>): AgentEntry | 'skip' | null {
  const text = (pattern: RegExp): string | null => {
    for (const [name, value] of Object.entries(object)) {
      if (typeof value === 'string' && pattern.test(name.replace(/[^A-Za-z]/g, '').toLowerCase())) return value.trim();
    }
    return null;
  };
  const dipIdText = text(/dip(participant)?id(entifier)?$/);
  const mpidText = text(/mpid$|marketparticipantid(entifier)?$/);
  if (dipIdText === null || mpidText === null) return null;
  const dipId = parseDipId(dipIdText);
  const mpid = parseMpid(mpidText, 'stored');
  const role = text(/role(id|code)?$/)?.toUpperCase() ?? '';
  const from = dateOf(text(/effectivefrom(settlement)?(date|datetime)?$|efd$/), OPEN_START);
  const to = dateOf(text(/effectiveto(settlement)?(date|datetime)?$|etd$/), null);
  if (dipId.kind !== 'ok' || mpid.kind !== 'ok' || !ROLES.test(role) || from === undefined || from === null || to === undefined) return 'skip';
  return { dipId: dipId.value, mpid: mpid.value, role, effectiveFrom: from, effectiveTo: to, name: text(/name$/)?.slice(0, 200) ?? null };
}

function dateOf(text: string | null, absent: string | null): string | null | undefined {
  if (text === null || text === '') return absent;
  return isSettlementDate(text) ? text : settlementDateOf(text);
}
