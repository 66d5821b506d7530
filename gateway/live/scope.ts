/**
 * What a subscription hears of, after it was decided whether whoever asks may hear it. Two subscriptions of equal `key` hear the same,
 * whoever made them: only they may share a frame.
 *
 * - A supplier's key hears of appointments and meter points of its own MPIDs, and of nothing else.
 * - A token of the MTS API hears of the meter actions of its owner.
 * - A session, or a token with `ops:read`, hears of everything.
 */
import type { Grant } from '../../actors/access/index.ts';
import { APPOINTMENT_KIND, contextOf as appointmentOf, mpanIndexValue } from '../../actors/appointment/index.ts';
import type { StoreReader } from '../../actors/engine/face.ts';
import { ACTION_KIND, actionActor, contextOf as actionOf, ownerToken } from '../../actors/time-update/index.ts';
import type { LiveEvent } from './event.ts';
import type { Filter, FilterName } from './protocol.ts';

/** What of an event, a progress or a stored actor decides who hears of it. */
export type Facts = Pick<LiveEvent, 'domain' | 'mpid' | 'mpan' | 'requestId' | 'owner' | 'serialNumber' | 'remoteAddress' | 'node'>;

export type View =
  | { readonly kind: 'supplier'; readonly mpids: ReadonlySet<string> }
  | { readonly kind: 'mts'; readonly owner: string }
  | { readonly kind: 'operator' };

export interface Scope {
  readonly key: string;
  readonly view: View;
  readonly name: FilterName;
  readonly value: string;
  /** The narrowest subject of the stream that has all of it. */
  readonly subject: string;
  allows(facts: Facts): boolean;
}

export type Decision = { readonly kind: 'scope'; readonly scope: Scope } | { readonly kind: 'refused'; readonly text: string };

const ALL: readonly FilterName[] = ['mpid', 'mpan', 'requestId', 'action', 'meter', 'node', 'all'];
const FILTERS: Readonly<Record<View['kind'], readonly FilterName[]>> = {
  supplier: ['mpid', 'mpan', 'requestId'],
  mts: ['action', 'meter'],
  operator: ALL,
};

/** Undefined: the credential has no right here at all. */
export function viewOf(grant: Grant): View | undefined {
  if (grant.kind === 'key') return { kind: 'supplier', mpids: grant.mpids };
  if (grant.scopes.has('ops:read')) return { kind: 'operator' };
  if (grant.scopes.has('mts')) return { kind: 'mts', owner: grant.owner };
  return undefined;
}

export const filtersOf = (view: View): readonly FilterName[] => FILTERS[view.kind];

/** Rejects as the store does. */
export async function decide(view: View, filter: Filter, store: Pick<StoreReader, 'get' | 'find'>, prefix: string): Promise<Decision> {
  const name = ALL.find((member) => filter[member] !== undefined) ?? 'all';
  const value = String(filter[name]);
  if (!FILTERS[view.kind].includes(name)) return refused(`filter.${name}: not for ${WHO[view.kind]}, which may use ${FILTERS[view.kind].join(', ')}`);
  if (view.kind === 'supplier') return decideSupplier(view, name, value, store, prefix);
  if (view.kind === 'mts') return decideMts(view, name, value, store, prefix);
  return { kind: 'scope', scope: { key: `o|${name}|${value}`, view, name, value, subject: operatorSubject(name, value, prefix), allows: match(name, value) } };
}

const WHO = { supplier: 'an API key', mts: 'a token of the MTS API', operator: 'an operator' } as const;
const refused = (text: string): Decision => ({ kind: 'refused', text });

async function decideSupplier(
  view: View & { kind: 'supplier' },
  name: FilterName,
  value: string,
  store: Pick<StoreReader, 'get' | 'find'>,
  prefix: string,
): Promise<Decision> {
  const mpids = await ownMpids(view.mpids, name, value, store);
  // Whether somebody else has it is nobody's business: unknown and foreign are refused alike.
  if (mpids.length === 0) return refused(`filter.${name}: must be of an MPID of this key`);
  const own = new Set(mpids);
  const matches = match(name, value);
  const [only] = mpids.length === 1 ? mpids : [];
  const scope: Scope = {
    key: `s|${name}|${value}|${mpids.sort().join(',')}`,
    view,
    name,
    value,
    subject: only === undefined ? `${prefix}.evt.>` : `${prefix}.evt.*.${only}.>`,
    allows: (facts) => SUPPLIERS.has(facts.domain) && facts.mpid !== undefined && own.has(facts.mpid) && matches(facts),
  };
  return { kind: 'scope', scope };
}

const SUPPLIERS: ReadonlySet<string> = new Set(['appointment', 'mpan']);

/** Those of the key's MPIDs that the filter is about. */
async function ownMpids(mpids: ReadonlySet<string>, name: FilterName, value: string, store: Pick<StoreReader, 'get' | 'find'>): Promise<string[]> {
  if (name === 'mpid') return mpids.has(value) ? [value] : [];
  if (name === 'mpan') {
    const all = [...mpids];
    const records = await store.get(all.map((mpid) => `mpan:${mpid}:${value}` as const));
    const processes = await Promise.all(all.map(async (mpid, at) => (records[at] ? [] : store.find('mpan', mpanIndexValue(mpid, value), 1))));
    // All of them: a supplier that gains the meter point later is heard too.
    return records.some((doc) => doc !== undefined) || processes.some((ids) => ids.length > 0) ? all : [];
  }
  const docs = await store.get(await store.find('requestId', value, 2));
  return docs.flatMap((doc) => {
    if (doc?.kind !== APPOINTMENT_KIND) return [];
    const { mpid } = appointmentOf(doc).request;
    return mpids.has(mpid) ? [mpid] : [];
  });
}

async function decideMts(
  view: View & { kind: 'mts' },
  name: FilterName,
  value: string,
  store: Pick<StoreReader, 'get' | 'find'>,
  prefix: string,
): Promise<Decision> {
  if (name === 'action') {
    const [doc] = await store.get([actionActor(Number(value))]);
    if (doc?.kind !== ACTION_KIND || actionOf(doc).request.owner !== view.owner) return refused('filter.action: must be an action of the owner of this token');
  }
  const matches = match(name, value);
  const scope: Scope = {
    key: `m|${name}|${value}|${view.owner}`,
    view,
    name,
    value,
    subject: `${prefix}.evt.meter-action.${ownerToken(view.owner)}.>`,
    allows: (facts) => facts.domain === 'meter-action' && facts.owner === view.owner && matches(facts),
  };
  return { kind: 'scope', scope };
}

function match(name: FilterName, value: string): (facts: Facts) => boolean {
  switch (name) {
    case 'mpid':
      return (facts) => facts.mpid === value;
    case 'mpan':
      return (facts) => facts.mpan === value;
    case 'requestId':
      return (facts) => facts.requestId === value;
    case 'action':
      return (facts) => facts.domain === 'meter-action' && facts.requestId === value;
    case 'meter':
      return (facts) => facts.domain === 'meter-action' && (facts.serialNumber === value || facts.remoteAddress === value);
    case 'node':
      return (facts) => facts.domain === 'node' && facts.node === value;
    case 'all':
      return () => true;
  }
}

function operatorSubject(name: FilterName, value: string, prefix: string): string {
  if (name === 'action' || name === 'meter') return `${prefix}.evt.meter-action.>`;
  if (name === 'node' && /^[A-Za-z0-9_-]+$/.test(value)) return `${prefix}.evt.node.${value}.>`;
  return `${prefix}.evt.>`;
}
