/**
 * Items that carry an effective-from date of their own (B023 to B028): the last few versions of each, by date.
 *
 * What the market says is ordered by effective date, then by transaction time; the order of arrival does not matter. An
 * import states what holds on its day: a later market message about an earlier or the same day corrects it, one that was
 * sent before the import does not.
 */
import type { EpochMs } from '../common/effects.ts';
import type { SettlementDate } from '../market/message.ts';

export type ItemValue = string | boolean;
/** `imported`: the date is the day of the import, not an effective date. */
export type Version = { readonly from: SettlementDate; readonly value: ItemValue; readonly at: EpochMs; readonly imported?: true };
export type Versions = readonly Version[];

/** Versions kept of one item: the current one, what is to come, and some past for reads of an earlier day. */
export const MAX_VERSIONS = 4;

/** Takes a version in; the same array when it says nothing new. */
export function withVersion(versions: Versions, version: Version): Versions {
  const same = versions.find((known) => known.from === version.from);
  if (same !== undefined) return winsOver(version, same) ? settle(versions, version, same) : versions;
  const next = settle(versions, version);
  return next.length === versions.length && next.every((known, index) => known === versions[index]) ? versions : next;
}

/** An import's value as of its day. Says nothing new when that value already holds. */
export function withImported(versions: Versions, value: ItemValue, day: SettlementDate, at: EpochMs): Versions {
  const current = versions.findLast((known) => known.from <= day);
  if (current !== undefined && current.value === value) return versions;
  const rest = versions.filter((known) => known.from !== day);
  return settle(rest, { from: day, value, at, imported: true });
}

/** The value of that day: the last that has begun, else the first to come. */
export function versionOn(versions: Versions, day: SettlementDate): Version | undefined {
  return versions.findLast((known) => known.from <= day) ?? versions[0];
}

/** Two statements about one date: the later transaction; of the same second the greater value, so that order does not matter. */
function winsOver(version: Version, known: Version): boolean {
  if (version.at !== known.at) return version.at > known.at;
  return version.value !== known.value && String(version.value) > String(known.value);
}

function settle(versions: Versions, version: Version, replaced?: Version): Versions {
  return [...versions.filter((known) => known !== replaced && !isCorrected(known, version)), version]
    .sort((a, b) => (a.from < b.from ? -1 : 1))
    .slice(-MAX_VERSIONS);
}

/** The market spoke after the import about the time before it. */
function isCorrected(known: Version, by: Version): boolean {
  return known.imported === true && by.imported !== true && by.from <= known.from && by.at > known.at;
}
