/** Facts without an effective date, laid flat for `mergeStamped`: address lines one by one, so that a null line never overwrites a known one. */
import type { MpanFacts } from './events.ts';
import type { Items } from './stamped.ts';

const PLAIN = [
  'gsp_group_id',
  'distributor_mpid',
  'distributor_dip_id',
  'energy_direction',
  'metered_indicator',
  'prospective_market_segment',
  'measurement_class_id',
  'legacy_mop_mpid',
  'registration_efd',
  'css_registration_id',
  'postcode',
] as const satisfies readonly (keyof MpanFacts)[];

const ADDRESS_LINES = 9;

export function flatten(facts: MpanFacts): Items {
  const items: Record<string, string | boolean | null> = {};
  for (const name of PLAIN) {
    const value = facts[name];
    if (value !== undefined) items[name] = value;
  }
  for (const [index, line] of (facts.address_lines ?? []).slice(0, ADDRESS_LINES).entries()) items[`address_line_${index + 1}`] = line;
  return items;
}

/** Writes flat items back over the facts; plain members that are not among them are gone. */
export function unflatten(facts: MpanFacts, items: Items): MpanFacts {
  const next: Record<string, unknown> = { ...facts };
  for (const name of PLAIN) {
    if (items[name] === undefined) delete next[name];
    else next[name] = items[name];
  }
  const lines: (string | null)[] = [];
  for (let line = 1; line <= ADDRESS_LINES; line++) {
    const value = items[`address_line_${line}`];
    lines.push(typeof value === 'string' ? value : null);
  }
  if (lines.some((line) => line !== null)) next.address_lines = lines;
  else delete next.address_lines;
  return next as MpanFacts;
}

/** Names that an import clears: a member given as null. */
export function clearedBy(facts: MpanFacts): ReadonlySet<string> {
  const names = new Set<string>();
  for (const name of PLAIN) if (facts[name] === null) names.add(name);
  if (facts.address_lines === null) for (let line = 1; line <= ADDRESS_LINES; line++) names.add(`address_line_${line}`);
  return names;
}
