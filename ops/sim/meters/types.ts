/** What the meter types are by default (meter-protocols 6). */
import type { DlmsOptions, ElsterOptions, MeterSpec, SimMeterType } from './options.ts';

export const isDlms = (meterType: SimMeterType): boolean => meterType === 'ISKRA_MX37X' || meterType === 'LG_DLMS' || meterType === 'CEWEPRO100';

export const isIec = (meterType: SimMeterType): boolean => meterType.startsWith('ELSTER') || meterType === 'CEWEPRO';

/** Framing of a DLMS meter: as the type has it on TCP where the spec does not say. */
export function framingOf(spec: MeterSpec): 'hdlc' | 'wrapper' {
  if (spec.framing !== undefined) return spec.framing;
  return spec.meterType === 'LG_DLMS' ? 'hdlc' : 'wrapper';
}

type Complete = Required<Omit<DlmsOptions, 'encryptionKey' | 'authenticationKey' | 'systemTitle' | 'clientCounter' | 'serverLower'>> &
  Pick<DlmsOptions, 'encryptionKey' | 'authenticationKey' | 'systemTitle'> & {
    readonly serverLower: number | undefined;
    /** Three letters of the maker: system title and logical device name. */
    readonly maker: string;
    /** In front of the serial number, where it is told. */
    readonly serialPrefix: string;
  };

export type DlmsSettings = Complete;

const COMMON = {
  referencing: 'LN',
  mechanism: 1,
  securityControl: 0x30,
  maxPduSize: 1024,
  maxInformation: 128,
  hundredths: 'zero',
  clockBase: 0x2bc0,
  inactivityMs: 120_000,
  modeE: false,
  serialPrefix: '',
} as const;

function typeSettings(spec: MeterSpec): Complete {
  switch (spec.meterType) {
    case 'ISKRA_MX37X':
      return { ...COMMON, maker: 'ISK', client: 100, serverUpper: 1, serverLower: 17, addressOctets: 2, deviation: 'unspecified' };
    case 'LG_DLMS':
      return {
        ...COMMON,
        maker: 'LGZ',
        serialPrefix: 'LGZ',
        client: 32,
        serverUpper: 1,
        // (serial mod 10000) + 1000, meter-protocols 6.5.
        serverLower: (Number(spec.serialNumber.replace(/\D/g, '').slice(-4)) % 10_000) + 1000,
        addressOctets: 4,
        deviation: 'normal',
      };
    default:
      return { ...COMMON, maker: 'CWE', client: 16, serverUpper: 1, serverLower: undefined, addressOctets: 1, deviation: 'normal' };
  }
}

/** Settings of a DLMS meter; `outstationAddress` is `client/upper/lower`, or the lower address alone. */
export function dlmsSettings(spec: MeterSpec): DlmsSettings {
  const settings = typeSettings(spec);
  const parts = (spec.outstationAddress ?? '')
    .split('/')
    .filter((part) => part !== '')
    .map(Number);
  const [client, serverUpper, serverLower] = parts.length === 3 ? parts : [undefined, undefined, parts[0]];
  const addressed = {
    ...(client === undefined ? {} : { client }),
    ...(serverUpper === undefined ? {} : { serverUpper }),
    ...(serverLower === undefined ? {} : { serverLower }),
  };
  const octets =
    addressed.serverLower !== undefined && settings.addressOctets === 1 ? { addressOctets: addressed.serverLower > 127 ? (4 as const) : (2 as const) } : {};
  return { ...settings, ...octets, ...addressed, ...spec.dlms };
}

export type ElsterSettings = Required<Omit<ElsterOptions, 'loginSeed'>> & Pick<ElsterOptions, 'loginSeed'> & { readonly product: string };

/** Settings of an Elster meter: mode digit, null step and product digits of the identification (meter-protocols 6.1). */
export function elsterSettings(spec: MeterSpec): ElsterSettings {
  const as230 = spec.meterType === 'ELSTERAS230';
  const product = as230 ? '230' : spec.meterType === 'ELSTERA1140' ? '051' : '010';
  return { modeCharacter: as230 ? '1' : '6', nullPasswordFirst: as230, passwordLastsMs: 270_000, product, ...spec.elster };
}
