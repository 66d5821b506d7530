/** What a caller asks to have done with a meter, checked member by member (mts-actions-api 2). Pure but for the address rules. */
import { type AddressRules, COMS_SETTINGS_ONLY_TELEPHONE, parseComsSettings } from '../../actors/link/index.ts';
import { METER_TYPE_UNKNOWN, type MeterProfile, outstationFault, type ProfileCatalogue, passwordFault, timeUpdateFault } from '../../actors/profile/index.ts';
import type { MeterTarget, Task } from '../../machines/meter-session/types.ts';
import { good, type Members, type Read, refused } from './body.ts';

export interface OrderRules {
  readonly profiles: Pick<ProfileCatalogue, 'find'>;
  readonly addresses: Pick<AddressRules, 'parse'>;
}

/** A request whose every member is right. */
export interface CheckedOrder {
  readonly requestReference?: string;
  readonly immediate: boolean;
  readonly task: Task;
  readonly target: MeterTarget;
  readonly password?: string;
}

export const ORDER_MEMBERS: ReadonlySet<string> = new Set([
  'requestReference',
  'immediate',
  'meterType',
  'remoteAddress',
  'comsSettings',
  'outstationAddress',
  'serialNumber',
  'password',
]);

const TEXTS = ['requestReference', 'meterType', 'remoteAddress', 'comsSettings', 'outstationAddress', 'serialNumber', 'password'] as const;
type Texts = Readonly<Partial<Record<(typeof TEXTS)[number], string>>>;

const MAX_REFERENCE_CHARS = 100;
const MAX_PASSWORD_CHARS = 128;
const OUTSTATION = /^[\x20-\x7e]{0,32}$/;
const SERIAL = /^[\x20-\x7e]{1,32}$/;

/** Reads the members of an order; those that are not `ORDER_MEMBERS` are the caller's to look at. */
export function checkOrder(members: Members, task: Task, rules: OrderRules): Read<CheckedOrder> {
  const texts: { -readonly [name in keyof Texts]: string } = {};
  for (const name of TEXTS) {
    if (!Object.hasOwn(members, name)) continue;
    const value = members[name];
    if (typeof value !== 'string') return refused(`${name} must be a string`);
    texts[name] = value;
  }
  const immediate = Object.hasOwn(members, 'immediate') ? members.immediate : false;
  if (typeof immediate !== 'boolean') return refused('immediate must be true or false');
  const lengths = formFault(texts);
  if (lengths !== undefined) return refused(lengths);
  const { requestReference, meterType, remoteAddress, password } = texts;
  if (meterType === undefined) return refused('meterType is required');
  if (remoteAddress === undefined) return refused('remoteAddress is required');
  const profile = rules.profiles.find(meterType);
  if (!profile) return refused(METER_TYPE_UNKNOWN);
  const unsupported = taskFault(profile, task);
  if (unsupported !== undefined) return refused(unsupported);
  const address = rules.addresses.parse(remoteAddress);
  if (address.kind === 'refused') return refused(address.error);
  const fault = settingsFault(texts.comsSettings, address.kind) ?? outstationFault(profile, texts.outstationAddress) ?? passwordFault(profile, password);
  if (fault !== undefined) return refused(fault);
  return good({
    ...(requestReference === undefined ? {} : { requestReference }),
    immediate,
    task,
    target: { ...targetOf(texts), meterType, remoteAddress, canonicalAddress: address.canonical },
    ...(password === undefined || password === '' ? {} : { password }),
  });
}

function formFault({ requestReference, outstationAddress, serialNumber, password }: Texts): string | undefined {
  if (requestReference !== undefined && ([...requestReference].length > MAX_REFERENCE_CHARS || !requestReference.isWellFormed()))
    return `requestReference must have at most ${MAX_REFERENCE_CHARS} characters`;
  if (outstationAddress !== undefined && !OUTSTATION.test(outstationAddress)) return 'outstationAddress must have at most 32 printable characters';
  if (serialNumber !== undefined && !SERIAL.test(serialNumber)) return 'serialNumber must have 1 to 32 printable characters';
  if (password !== undefined && password.length > MAX_PASSWORD_CHARS) return `password must have at most ${MAX_PASSWORD_CHARS} characters`;
  return undefined;
}

function settingsFault(comsSettings: string | undefined, kind: 'telephone' | 'tcp' | 'paknet'): string | undefined {
  if (comsSettings === undefined) return undefined;
  if (kind !== 'telephone') return COMS_SETTINGS_ONLY_TELEPHONE;
  const settings = parseComsSettings(comsSettings);
  return 'kind' in settings ? settings.error : undefined;
}

function taskFault(profile: MeterProfile, task: Task): string | undefined {
  if (task === 'time-update') return timeUpdateFault(profile);
  return profile.dialogue === 'none' ? `Reading the clock is not supported for meter type ${profile.meterType}` : undefined;
}

function targetOf({ comsSettings, outstationAddress, serialNumber }: Texts): Pick<MeterTarget, 'comsSettings' | 'outstationAddress' | 'serialNumber'> {
  return {
    ...(comsSettings === undefined ? {} : { comsSettings }),
    ...(outstationAddress === undefined ? {} : { outstationAddress }),
    ...(serialNumber === undefined ? {} : { serialNumber }),
  };
}
