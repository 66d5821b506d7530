/** What a request may ask of a meter type; each answer is the sentence for the caller, or undefined where nothing is wrong. Pure. */
import type { MeterProfile } from './profile.ts';

export const METER_TYPE_UNKNOWN = 'Meter type is not recognised';

/** May the clock of this type be set (mts-actions-api 2)? */
export const timeUpdateSupported = (profile: MeterProfile): boolean => profile.timeUpdate && profile.dialogue !== 'none';

export const timeUpdateFault = (profile: MeterProfile): string | undefined =>
  timeUpdateSupported(profile) ? undefined : `Time update is not supported for meter type ${profile.meterType}`;

/** Landis+Gyr's own challenge takes seven digits. */
const LANDIS_GYR_DIGITS = /^[0-9A-Fa-f]{7}$/;

/** The password never stands in the answer. Types that log in without one take any. */
export function passwordFault(profile: MeterProfile, password: string | undefined): string | undefined {
  const { needed, pattern, rule } = profile.password;
  if (password === undefined || password === '') return needed ? `password must be given for meter type ${profile.meterType}` : undefined;
  if (pattern !== null && !new RegExp(pattern, 'u').test(password)) return `password ${rule}`;
  if (profile.dialogue === 'dlms' && profile.dlms?.mechanism === 'hls-landis-gyr' && !LANDIS_GYR_DIGITS.test(password))
    return 'password must be seven hexadecimal digits';
  return undefined;
}

const MAX_OUTSTATION = 32;

/** An empty address is the profile's own. */
export function outstationFault(profile: MeterProfile, address: string | undefined): string | undefined {
  const text = address ?? '';
  const { pattern, rule } = profile.outstation;
  const fits = text.length <= MAX_OUTSTATION && new RegExp(pattern, 'u').test(text) && numbersFit(profile, text);
  return fits ? undefined : `outstationAddress ${rule}, value ${JSON.stringify(text.slice(0, MAX_OUTSTATION))}`;
}

const MAX_32_BITS = 0xffff_ffff;
const MAX_CLIENT = 127;
/** Largest upper or lower address of HDLC. */
const MAX_SERVER = 16_383;

/** The bounds that a pattern cannot say without becoming unreadable. */
function numbersFit(profile: MeterProfile, text: string): boolean {
  if (text === '') return true;
  switch (profile.dialogue) {
    case 'edmi':
      return Number(text) <= MAX_32_BITS;
    case 'emlite':
      return !/^[0-9]+$/.test(text) || Number(text) <= MAX_32_BITS;
    case 'dlms': {
      const numbers = text.split('/').map(Number);
      const [client = 1, ...server] = numbers.length === 3 ? numbers : [1, ...numbers];
      return client >= 1 && client <= MAX_CLIENT && server.every((part) => part <= MAX_SERVER);
    }
    case 'elster':
    case 'cewe':
    case 'none':
      return true;
  }
}
