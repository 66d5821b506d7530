/** What is of the meter and not of an association: settings, keys, objects. One for each meter, made when it is first called. */
import { fromHex } from '../../../../workers/codec/common/index.ts';
import type { SecurityKeys } from '../../../../workers/codec/security/index.ts';
import type { SimMeter } from '../meter.ts';
import { type DlmsSettings, dlmsSettings } from '../types.ts';
import { associationLn, associationSn } from './association-objects.ts';
import { ClockObject } from './clock-object.ts';
import { identityObjects } from './identity-objects.ts';
import { ascii, ObjectTable } from './objects.ts';

export interface DlmsUnit {
  readonly meter: SimMeter;
  readonly settings: DlmsSettings;
  readonly table: ObjectTable;
  /** Empty where the meter does not cipher. */
  readonly keys: SecurityKeys;
  readonly ciphers: boolean;
  readonly systemTitle: Uint8Array;
  readonly password: Uint8Array;
}

const units = new WeakMap<SimMeter, DlmsUnit>();

export function unitOf(meter: SimMeter): DlmsUnit {
  const known = units.get(meter);
  if (known !== undefined) return known;
  const settings = dlmsSettings(meter.spec);
  const table: ObjectTable = new ObjectTable([
    ...(settings.referencing === 'LN' ? [associationLn(() => table)] : [associationSn(() => table)]),
    new ClockObject(meter.clock, settings),
    ...identityObjects(),
  ]);
  const keys = { encryptionKey: fromHex(settings.encryptionKey ?? '?'), authenticationKey: fromHex(settings.authenticationKey ?? '?') };
  const unit: DlmsUnit = {
    meter,
    settings,
    table,
    keys,
    ciphers: keys.encryptionKey !== undefined && keys.authenticationKey !== undefined,
    systemTitle: fromHex(settings.systemTitle ?? '?') ?? titleOf(settings.maker, meter.spec.serialNumber),
    password: ascii(meter.spec.password ?? ''),
  };
  units.set(meter, unit);
  return unit;
}

/** Three letters of the maker and the serial number, binary. */
function titleOf(maker: string, serialNumber: string): Uint8Array {
  const title = new Uint8Array(8);
  title.set(ascii(maker));
  let number = Number(serialNumber.replace(/\D/g, '') || 1) % 0x100_0000_0000;
  for (let at = 7; at >= 3; at--) {
    title[at] = number % 256;
    number = Math.floor(number / 256);
  }
  return title;
}
