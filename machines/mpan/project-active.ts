/** IF-036 `[MSAppActive]` onto the record (appointments 8.1, 8.3). */
import type { ActiveFacts, ExistingMeter, MarketMessage, ServiceBlock, SettlementDate } from '../market/message.ts';
import { DATED_ITEMS, type DatedItem, isUs, type Linked, type Meter, type MpanContext, type Related } from './context.ts';
import { type Versions, withVersion } from './dated.ts';
import { announceUpdated, answerWaiting, type MpanEffect, type Step, unchanged } from './effects.ts';
import type { MpanFacts, ProjectActive } from './events.ts';
import { latestFacts } from './facts.ts';
import { type Rows, rowOn, stateRow } from './rows.ts';
import { type Items, mergeStamped } from './stamped.ts';
import { flatten, unflatten } from './undated.ts';

export function projectActive(context: MpanContext, event: ProjectActive): Step {
  const { message, requestId, at } = event;
  const block = message.incoming;
  if (block === null) return unchanged(context);
  const sent = message.transactionAt;
  const active = message.active ?? {};

  const merged = mergeStamped(flatten(context.facts), context.stamped, flatten(statedFacts(message, active)), sent);
  const versions = stateVersions(context.versions, active, block.effectiveFrom, sent);
  const meteringServices = stateRow(context.meteringServices, serviceRow(block, requestId), sent);
  const dataServices = stateDataService(context.dataServices, active, block.effectiveFrom, sent);
  const meters = stateMeters(context.meters, active.meters ?? [], block.effectiveFrom, sent);
  const facts = latestFacts({ facts: unflatten(context.facts, merged.items), versions: versions.all, meteringServices, dataServices });

  const changed = [...merged.changed, ...versions.changed];
  if (meteringServices !== context.meteringServices) changed.push('metering_service');
  if (dataServices !== context.dataServices) changed.push('data_service');
  const next: MpanContext = {
    ...context,
    facts: facts.prospective_market_segment === facts.market_segment ? withoutProspective(facts) : facts,
    stamped: merged.stamped,
    versions: versions.all,
    meteringServices,
    dataServices,
    meters: meters.all,
    linked: stateLinked(context.linked, active.linked ?? [], sent),
    related: stateRelated(context.related, active.related ?? []),
    ...expectation(context, event, active),
    ...(changed.length > 0 || meters.changed.length > 0 ? { changedAt: at } : {}),
  };
  const answered = answerWaiting(next, at);
  const about = { requestId, interface: message.interface, scenario: block.scenario };
  const effects: MpanEffect[] = [...announceUpdated(changed, { ...about, ...alignmentOf(next, message) }), ...answered.effects];
  if (meters.changed.length > 0) effects.push({ type: 'announce', params: { what: 'meters-updated', data: { meters: meters.changed, ...about } } });
  if (isOrphan(context, event))
    effects.push({
      type: 'raiseAlert',
      params: {
        code: 'orphan_message',
        text: 'IF-036 for our supplier without a process',
        details: { interface: message.interface, eventCode: message.eventCode, sur: message.sur, transactionId: message.transactionId },
      },
    });
  return { context: answered.context, effects };
}

/** An IF-036 has no process when the registry aligned the meter point, or when another supplier asked (8.3). */
function isOrphan(context: MpanContext, { message, requestId }: ProjectActive): boolean {
  const supplier = message.requestingSupplier;
  if (requestId !== null || message.incoming?.scenario === 'ALG' || supplier === null || !isUs(context, supplier)) return false;
  return context.aligning === null && !isSecondary(context, message);
}

function isSecondary(context: MpanContext, message: MarketMessage): boolean {
  return [...context.related, ...(message.active?.related ?? [])].some((pair) => pair.secondary === context.mpan) || context.linked.length > 0;
}

function statedFacts(message: MarketMessage, active: ActiveFacts): MpanFacts {
  return {
    gsp_group_id: known(message.gspGroupId),
    distributor_dip_id: known(message.distributorDipId),
    css_registration_id: known(message.cssRegistrationId),
    energy_direction: known(active.energyDirection),
    metered_indicator: active.meteredIndicator ?? null,
    postcode: known(active.postcode),
    address_lines: active.addressLines?.map(known) ?? null,
  };
}

/** `x` is what the DIP puts in place of what this recipient may not see (appointments 3). */
function known<T>(value: T | null | undefined): T | null {
  return value === undefined || value === 'x' ? null : value;
}

function stateVersions(
  all: MpanContext['versions'],
  active: ActiveFacts,
  efd: SettlementDate,
  at: number,
): { all: MpanContext['versions']; changed: string[] } {
  const stated = {
    market_segment: active.marketSegment,
    energisation_status: active.energisationStatus,
    connection_type_indicator: active.connectionType,
    duos_tariff_id: active.duosTariffId,
    domestic_indicator: active.domesticIndicator,
  };
  const next: { [item in DatedItem]?: Versions } = { ...all };
  const changed: string[] = [];
  for (const item of DATED_ITEMS) {
    const value = known(stated[item]?.value);
    if (value === null) continue;
    const before = all[item] ?? [];
    const after = withVersion(before, { from: known(stated[item]?.from) ?? efd, value, at });
    if (after === before) continue;
    next[item] = after;
    changed.push(item);
  }
  return { all: changed.length === 0 ? all : next, changed };
}

function serviceRow(block: ServiceBlock, requestId: string | null): Parameters<typeof stateRow>[1] {
  const { dipId, effectiveFrom, contractReference, scenario } = block;
  return { dipId: known(dipId), mpid: known(block.mpid), efd: effectiveFrom, contract: known(contractReference), scenario, request: requestId };
}

/** B017 carries a date; B005 only says who is current, so it changes nothing but an unknown or different provider. */
function stateDataService(rows: Rows, active: ActiveFacts, efd: SettlementDate, at: number): Rows {
  const dipId = known(active.dataService?.dipId);
  const mpid = known(active.dataService?.mpid);
  const from = known(active.dataService?.from);
  if (dipId === null && mpid === null) return rows;
  const current = rowOn(rows, efd);
  const isCurrent = current !== undefined && (dipId === null ? current.mpid === mpid : current.dipId === dipId);
  if (from === null && isCurrent && (mpid === null || current.mpid !== null)) return rows;
  const row = { dipId, mpid, contract: null, scenario: null, request: null };
  if (from !== null) return stateRow(rows, { ...row, efd: from }, at);
  return stateRow(rows, { ...row, efd: isCurrent ? current.efd : rows.length === 0 ? null : efd }, at);
}

function stateMeters(
  all: MpanContext['meters'],
  stated: readonly ExistingMeter[],
  efd: SettlementDate,
  at: number,
): { all: MpanContext['meters']; changed: string[] } {
  const next: Record<string, Meter> = { ...all };
  const changed = new Set<string>();
  for (const meter of stated) {
    const before = next[meter.meterId];
    const merged = mergeStamped(before?.items ?? {}, before?.stamped, meterItems(meter), stampOf(efd, at));
    const from = before !== undefined && before.from > efd ? before.from : efd;
    const since = before !== undefined && before.since < efd ? before.since : efd;
    if (before === undefined || merged.changed.length > 0 || from !== before.from) changed.add(meter.meterId);
    next[meter.meterId] = { items: merged.items as Meter['items'], from, since, stamped: merged.stamped };
  }
  return { all: stated.length === 0 ? all : next, changed: [...changed] };
}

function meterItems(meter: ExistingMeter): Items {
  return {
    meter_type: known(meter.meterType),
    manufacturer: known(meter.manufacturer),
    meter_location: known(meter.location),
    meter_installation_datetime: known(meter.installedAt),
    esme_id: known(meter.esmeGuid),
    register_digits: meter.registerDigits,
    meter_asset_provider_id: known(meter.assetProvider),
    meter_asset_provider_efd: known(meter.assetProviderFrom),
  };
}

/** Effective date first, then transaction time; comparable as text. */
function stampOf(efd: SettlementDate, at: number): string {
  return `${efd}/${String(at).padStart(14, '0')}`;
}

function stateLinked(all: readonly Linked[], stated: NonNullable<ActiveFacts['linked']>, at: number): readonly Linked[] {
  let next = all;
  for (const link of stated) {
    const before = next.find((known) => known.mpan === link.mpan);
    if (before !== undefined && before.at >= at) continue;
    const merged: Linked = {
      mpan: link.mpan,
      direction: known(link.direction) ?? before?.direction ?? null,
      supplierDipId: known(link.supplierDipId) ?? before?.supplierDipId ?? null,
      supplierMpid: known(link.supplierMpid) ?? before?.supplierMpid ?? null,
      at,
    };
    next = [...next.filter((known) => known !== before), merged].sort((a, b) => (a.mpan < b.mpan ? -1 : 1));
  }
  return next;
}

function stateRelated(all: readonly Related[], stated: readonly Related[]): readonly Related[] {
  const fresh = stated.filter((pair) => !all.some((known) => known.primary === pair.primary && known.secondary === pair.secondary));
  if (fresh.length === 0) return all;
  return [...all, ...fresh].sort((a, b) => (a.primary + a.secondary < b.primary + b.secondary ? -1 : 1));
}

/** The meter points of this IF-036 that we supply too: they are told once the process succeeds (8.2). */
function expectation(context: MpanContext, { requestId }: ProjectActive, active: ActiveFacts): Pick<MpanContext, 'expecting'> | object {
  if (requestId === null) return {};
  const linked = (active.linked ?? []).filter((link) => isUs(context, { dipId: link.supplierDipId, mpid: link.supplierMpid })).map((link) => link.mpan);
  const secondary = (active.related ?? []).filter((pair) => pair.primary === context.mpan).map((pair) => pair.secondary);
  const mpans = [...new Set([...linked, ...secondary])].filter((mpan) => mpan !== context.mpan);
  return mpans.length === 0 ? {} : { expecting: { requestId, mpans } };
}

/** For reports: whose process an aligned meter point follows. */
function alignmentOf(context: MpanContext, message: MarketMessage): { primaryMpan?: string; primaryRequestId?: string } {
  if (message.incoming?.scenario !== 'ALG') return {};
  const primary = context.aligning?.primaryMpan ?? context.related.find((pair) => pair.secondary === context.mpan)?.primary ?? context.linked[0]?.mpan;
  const request = context.aligning?.requestId;
  return { ...(primary == null ? {} : { primaryMpan: primary }), ...(request == null ? {} : { primaryRequestId: request }) };
}

function withoutProspective(facts: MpanFacts): MpanFacts {
  const { prospective_market_segment: _done, ...rest } = facts;
  return rest;
}
