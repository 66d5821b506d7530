/** The blocks of an IF-036 that the record of a meter point may take over (appointments 4.2, 8.1). */
import type { ActiveFacts, Dated, ExistingMeter, LinkedMpan } from '../../machines/market/message.ts';
import { readSettlementDate } from './dates.ts';
import { type Block, blockOf, blocksOf, flagOf, textOf } from './fields.ts';

/** Members that the message does not state are null. */
export function decodeActive(custom: Block): ActiveFacts {
  const address = blockOf(custom.B022);
  const connection = blockOf(custom.B023);
  const domestic = blockOf(custom.B028);
  const isDomestic = flagOf(domestic?.domesticPremiseIndicator);
  return {
    connectionType: dated(connection, 'connectionTypeIndicator', 'connectionTypeEffectiveFromDate'),
    energyDirection: textOf(connection?.energyDirection),
    meteredIndicator: flagOf(connection?.meteredIndicator),
    duosTariffId: dated(blockOf(custom.B024), 'DUOSTariffID', 'DUOSTariffIDEffectiveFromDate'),
    energisationStatus: dated(blockOf(custom.B025), 'energisationStatus', 'energisationStatusEffectiveFromDate'),
    marketSegment: dated(blockOf(custom.B026), 'marketSegmentIndicator', 'marketSegmentIndicatorEffectiveFromDate'),
    domesticIndicator: isDomestic === null ? null : { value: isDomestic, from: readSettlementDate(domestic?.domesticPremiseIndicatorEffectiveFromDate) },
    dataService: dataService(blockOf(custom.B017), blockOf(custom.B005)),
    addressLines: address === null ? null : Array.from({ length: 9 }, (_, index) => textOf(address[`addressLine${index + 1}`])),
    postcode: textOf(address?.meteringPointPostcode),
    meters: each(custom.B905List, meter),
    linked: each(custom.B035List, linked),
    related: each(custom.B037List, related),
  };
}

/** Null for an absent list; entries that say nothing are left out. */
function each<T>(list: unknown, read: (entry: Block) => T | null): readonly T[] | null {
  return blocksOf(list)?.flatMap((entry) => read(entry) ?? []) ?? null;
}

function dated(block: Block | null, member: string, dateMember: string): Dated<string> | null {
  const value = textOf(block?.[member]);
  return value === null ? null : { value, from: readSettlementDate(block?.[dateMember]) };
}

/** The incoming partner service where there is one, else the current. */
function dataService(incoming: Block | null, current: Block | null): NonNullable<ActiveFacts['dataService']> | null {
  const dipId = textOf(incoming?.incomingDataServiceDIPID);
  if (dipId !== null) {
    return { dipId, mpid: textOf(incoming?.incomingDataServiceMPID), from: readSettlementDate(incoming?.incomingDataServiceEffectiveFromDate) };
  }
  const currentDipId = textOf(current?.currentDataServiceDIPID);
  const currentMpid = textOf(current?.currentDataServiceMPID);
  return currentDipId === null && currentMpid === null ? null : { dipId: currentDipId, mpid: currentMpid, from: null };
}

/** Null without a meter id: nothing to file it under. */
function meter(entry: Block): ExistingMeter | null {
  const facts = blockOf(entry.existingMeter);
  const provider = blockOf(entry.existingMAP);
  const meterId = textOf(facts?.meterID);
  if (facts === null || meterId === null) return null;
  const digits = facts.numberOfDisplayedRegisterDigits;
  return {
    meterId,
    meterType: textOf(facts.meterType),
    manufacturer: textOf(facts.manufacturersMakeAndType),
    esmeGuid: textOf(facts.ESMEGUID),
    location: textOf(facts.meterLocation),
    registerDigits: typeof digits === 'number' && Number.isInteger(digits) ? digits : null,
    installedAt: textOf(facts.meterInstallationDate),
    assetProvider: textOf(provider?.meterAssetProviderID),
    assetProviderFrom: textOf(provider?.meterAssetProviderEffectiveFromDate),
  };
}

function linked(entry: Block): LinkedMpan | null {
  const mpan = textOf(entry.linkedImportExportMPAN);
  if (mpan === null) return null;
  return {
    mpan,
    direction: textOf(entry.linkedMPANEnergyDirection),
    supplierDipId: textOf(entry.importExportMPANSupplierDIPID),
    supplierMpid: textOf(entry.importExportMPANSupplierMPID),
  };
}

function related(entry: Block): { readonly primary: string; readonly secondary: string } | null {
  const primary = textOf(entry.primaryMPAN);
  const secondary = textOf(entry.secondaryMPAN);
  return primary === null || secondary === null ? null : { primary, secondary };
}
