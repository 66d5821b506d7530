/** What the registry says of a meter point in IF-033 and IF-036: address, connection, energisation, segment, meters. Made from the MPAN alone. */
import { json } from './envelope.ts';

/** Blocks B022 to B026 as JSON members. */
export function premisesOf(mpan: string): string {
  const number = Number(mpan.slice(7, 12));
  return (
    `"B022":{"meteringPointPostcode":"SO15 1AA","addressLine1":null,"addressLine2":null,"addressLine3":"${number + 1}","addressLine4":null,"addressLine5":"HIGH STREET",` +
    `"addressLine6":null,"addressLine7":null,"addressLine8":"SOUTHAMPTON","addressLine9":null},` +
    `"B023":{"connectionTypeIndicator":"W","connectionTypeEffectiveFromDate":"2020-04-01T00:00:00+01:00","energyDirection":"I","meteredIndicator":true},` +
    `"B024":{"DUOSTariffID":"101","DUOSTariffIDEffectiveFromDate":"2020-04-01T00:00:00+01:00"},` +
    `"B025":{"energisationStatus":"E","energisationStatusEffectiveFromDate":"2020-04-01T00:00:00+01:00"},` +
    `"B026":{"marketSegmentIndicator":"S","marketSegmentIndicatorEffectiveFromDate":"2025-11-01T00:00:00+00:00"}`
  );
}

/** Block B028 as a JSON member. */
export const DOMESTIC = '"B028":{"domesticPremiseIndicator":true,"domesticPremiseIndicatorEffectiveFromDate":"2020-04-01T00:00:00+01:00"}';

type MeterValues = 'plain' | 'x' | 'null';

function unknown<T>(values: MeterValues, known: T): T | 'x' | null {
  return values === 'plain' ? known : values === 'x' ? 'x' : null;
}

function meter(mpan: string, index: number, values: MeterValues): object {
  return {
    existingMeter: {
      meterID: `21J${String(index)}${mpan.slice(6, 12)}`,
      meterType: unknown(values === 'null' ? 'plain' : values, 'S2ADE'),
      manufacturersMakeAndType: unknown(values, 'ACME AM1'),
      ESMEGUID: unknown(values, '00-11-22-33-44-55-66-77'),
      meterLocation: unknown(values === 'null' ? 'plain' : values, 'E'),
      numberOfDisplayedRegisterDigits: unknown(values, 5),
      meterInstallationDate: unknown(values === 'null' ? 'plain' : values, '2021-06-14T00:00:00+01:00'),
    },
    existingMAP: {
      meterAssetProviderID: unknown(values === 'null' ? 'plain' : values, 'MAPX'),
      meterAssetProviderEffectiveFromDate: unknown(values === 'null' ? 'plain' : values, '2021-06-14T00:00:00+01:00'),
    },
  };
}

/** `,"B905List":[…]` with `count` meters; nothing at all for none. `x` obfuscates every value but the meter's id, `null` empties those that may be null. */
export function metersOf(mpan: string, count: number, values: MeterValues): string {
  if (count === 0) return '';
  if (count === 1 && values === 'plain') {
    return `,"B905List":[{"existingMeter":{"meterID":"21J0${mpan.slice(6, 12)}","meterType":"S2ADE","manufacturersMakeAndType":"ACME AM1","ESMEGUID":"00-11-22-33-44-55-66-77","meterLocation":"E","numberOfDisplayedRegisterDigits":5,"meterInstallationDate":"2021-06-14T00:00:00+01:00"},"existingMAP":{"meterAssetProviderID":"MAPX","meterAssetProviderEffectiveFromDate":"2021-06-14T00:00:00+01:00"}}]`;
  }
  return `,"B905List":${json(Array.from({ length: count }, (_, index) => meter(mpan, index, values)))}`;
}
