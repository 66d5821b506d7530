/** Facts from an import line: what is absent stays, null clears, and everything holds as of the day of the import. */
import { londonDate } from '../calendar/index.ts';
import { DATED_ITEMS, type DatedItem, type MpanContext } from './context.ts';
import { type Versions, withImported } from './dated.ts';
import { announceUpdated, answerWaiting, type Step, unchanged } from './effects.ts';
import type { Imported, MpanFacts } from './events.ts';
import { latestFacts, serviceFacts } from './facts.ts';
import { closeRow, type Rows, stateRow } from './rows.ts';
import { mergeStamped } from './stamped.ts';
import { clearedBy, flatten, unflatten } from './undated.ts';

export function importFacts(context: MpanContext, event: Imported): Step {
  const { facts: given, at } = event;
  const cleared = clearedBy(given);
  const known = Object.entries(flatten(context.facts));
  // Lines of one batch have one instant: the later line corrects the earlier one.
  const merged = mergeStamped(Object.fromEntries(known.filter(([name]) => !cleared.has(name))), context.stamped, flatten(given), at, 'stated');
  const changed = [...merged.changed, ...known.filter(([name, value]) => cleared.has(name) && value !== null).map(([name]) => name)];

  const versions = importVersions(context.versions, given, at, changed);
  const meteringServices = importService(context.meteringServices, 'metering_service', given, at);
  const dataServices = importService(context.dataServices, 'data_service', given, at);
  if (meteringServices !== context.meteringServices) changed.push('metering_service');
  if (dataServices !== context.dataServices) changed.push('data_service');
  if (changed.length === 0) return unchanged(context);

  const next: MpanContext = {
    ...context,
    facts: unflatten(withoutCleared(context.facts, given), merged.items),
    stamped: merged.stamped,
    versions,
    meteringServices,
    dataServices,
    changedAt: at,
  };
  const answered = answerWaiting({ ...next, facts: latestFacts(next) }, at);
  return { context: answered.context, effects: [...announceUpdated(changed, { source: 'import' }), ...answered.effects] };
}

function importVersions(versions: MpanContext['versions'], given: MpanFacts, at: number, changed: string[]): MpanContext['versions'] {
  const next: { [item in DatedItem]?: Versions } = { ...versions };
  const day = londonDate(at);
  for (const item of DATED_ITEMS) {
    const value = given[item];
    const before = versions[item] ?? [];
    if (value === undefined) continue;
    if (value === null) delete next[item];
    else next[item] = withImported(before, value, day, at);
    if (value === null ? before.length > 0 : next[item] !== before) changed.push(item);
  }
  return next;
}

function withoutCleared(facts: MpanFacts, given: MpanFacts): MpanFacts {
  const next: Record<string, unknown> = { ...facts };
  for (const item of DATED_ITEMS) if (given[item] === null) delete next[item];
  return next as MpanFacts;
}

function importService(rows: Rows, service: 'metering_service' | 'data_service', given: MpanFacts, at: number): Rows {
  const { dipId, mpid, efd, etd } = serviceFacts(given, service);
  if (dipId === null && mpid === null) return rows;
  const known = rows.findLast((row) => (dipId === null ? row.mpid === mpid : row.dipId === dipId) && (efd === null || row.efd === efd));
  const isKnown = known !== undefined && (mpid === null || known.mpid === mpid);
  const stated = isKnown ? rows : stateRow(rows, { dipId, mpid, efd: efd ?? known?.efd ?? null, contract: null, scenario: null, request: null }, at);
  if (etd === null || dipId === null || known?.etd === etd) return stated;
  return closeRow(stated, { dipId, mpid, efd, to: etd, reason: null }, at);
}
