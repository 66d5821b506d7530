/**
 * The profiles in force: the built-in ones, with what the configuration changes or adds. Checked whole before the first session,
 * so that a wrong member refuses the start and never a meter.
 */
import { MeterwrightError } from '../errors/error.ts';
import { isProfile, type ProfileFault, profileFaults } from './check.ts';
import { isTree, leavesOf, mergeTrees, type Tree } from './merge.ts';
import type { ProfilesOptions } from './options.ts';
import { type Certainty, METER_TYPE_PATTERN, type MeterProfile } from './profile.ts';
import { BUILT_IN_PROFILES } from './types/index.ts';

export interface ProfileValue {
  /** `elster.modeCharacter` */
  readonly path: string;
  readonly value: unknown;
  /** `configured`: the configuration says so. */
  readonly certainty: Certainty | 'configured';
}

export interface CatalogueEntry {
  readonly profile: MeterProfile;
  readonly origin: 'built-in' | 'changed' | 'added';
  /** Every value with what it rests on. */
  readonly values: readonly ProfileValue[];
}

export interface ProfileCatalogue {
  /** Undefined for a type that is not known. */
  find(meterType: string): MeterProfile | undefined;
  /** The built-in types in the order of the API, then the added ones. */
  readonly entries: readonly CatalogueEntry[];
}

const METER_TYPE = new RegExp(METER_TYPE_PATTERN);

/** @throws MeterwrightError `config_invalid`, with the member that is wrong */
export function createProfileCatalogue(options: ProfilesOptions = { types: {} }): ProfileCatalogue {
  const entries = new Map<string, CatalogueEntry>();
  for (const profile of BUILT_IN_PROFILES) {
    const own = options.types[profile.meterType];
    entries.set(profile.meterType, own === undefined ? entryOf(profile, 'built-in', []) : configured(profile.meterType, profile, own, 'changed'));
  }
  for (const [meterType, own] of Object.entries(options.types)) {
    if (entries.has(meterType)) continue;
    if (!METER_TYPE.test(meterType)) throw refusal(meterType, { path: '', rule: 'must be a type of 2 to 32 capitals, digits and _', value: meterType });
    entries.set(meterType, configured(meterType, baseOf(meterType, own), own, 'added'));
  }
  return { find: (meterType) => entries.get(meterType)?.profile, entries: [...entries.values()] };
}

/** @returns what the members of an added type are laid over */
function baseOf(meterType: string, { basedOn }: Tree): Tree {
  if (basedOn === undefined) return { certainty: {} };
  const base = BUILT_IN_PROFILES.find((profile) => profile.meterType === basedOn);
  if (base === undefined) throw refusal(meterType, { path: 'basedOn', rule: 'must be a built-in type', value: basedOn });
  return base;
}

function configured(meterType: string, base: Tree, own: Tree, origin: 'changed' | 'added'): CatalogueEntry {
  const { basedOn, ...members } = own;
  if (basedOn !== undefined && origin === 'changed') throw refusal(meterType, { path: 'basedOn', rule: 'only for a new type', value: basedOn });
  const profile = mergeTrees(mergeTrees(base, { meterType }), members);
  const [fault] = profileFaults(profile);
  if (fault !== undefined) throw refusal(meterType, fault);
  if (profile.meterType !== meterType) throw refusal(meterType, { path: 'meterType', rule: 'must be the name of its entry', value: profile.meterType });
  if (!isProfile(profile)) throw refusal(meterType, { path: '', rule: 'must be a profile', value: undefined });
  const given = leavesOf(members).map(({ path }) => path);
  const title = 'title' in members || origin === 'changed' ? profile : { ...profile, title: meterType };
  return entryOf(title, origin, given);
}

function entryOf(profile: MeterProfile, origin: CatalogueEntry['origin'], given: readonly string[]): CatalogueEntry {
  const { certainty, ...members } = profile;
  const values = leavesOf(members).map(({ path, value }) => ({
    path,
    value,
    certainty: given.includes(path) ? ('configured' as const) : certaintyOf(certainty, path),
  }));
  return { profile: frozen(profile), origin, values };
}

/** Of the member, else of the group around it. What nobody vouches for is assumed, in a type of the configuration it is configured. */
function certaintyOf(certainty: MeterProfile['certainty'], path: string): Certainty {
  for (let at = path; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('.')))) {
    const known = certainty[at];
    if (known !== undefined) return known;
  }
  return 'assumed';
}

function frozen<T>(value: T): T {
  if (isTree(value) || Array.isArray(value)) for (const member of Object.values(value)) frozen(member);
  return Object.freeze(value);
}

function refusal(meterType: string, { path, rule, value }: ProfileFault): MeterwrightError {
  const member = ['profiles.types', meterType, path].filter((part) => part !== '').join('.');
  const shown = value === undefined ? '' : `, value ${JSON.stringify(value).slice(0, 80)}`;
  return new MeterwrightError('config_invalid', `${member}: ${rule}${shown}`);
}
