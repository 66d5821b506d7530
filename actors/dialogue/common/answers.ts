/** What came back, as a value or as the error of a step. */
import { type Decoded, type Encoded, errorOf } from '../../../workers/codec/common/index.ts';
import type { MeterProfile } from '../../profile/profile.ts';
import { DialogueError, type DialogueSetup } from '../dialogue.ts';

/** @param what for the text: `clock`, `serial number` @throws DialogueError `meter`: it cannot be read */
export function read<T>(what: string, decoded: Decoded<T>): T {
  if (decoded.kind === 'good') return decoded.value;
  throw new DialogueError('meter', `${what}: cannot be read, ${errorOf(decoded, 0).rule}`);
}

/** @throws DialogueError `config`: a value that the protocol cannot carry */
export function made(what: string, outcome: Encoded): Uint8Array {
  if (outcome.kind === 'good') return outcome.octets;
  throw new DialogueError('config', `${what}: ${outcome.error.rule}`);
}

/** A serial number without blanks and NULs at its ends. @throws DialogueError `meter`: nothing is left */
export function serialOf(text: string): string {
  const serial = text.replace(/^[\s\0]+|[\s\0]+$/g, '');
  if (serial === '') throw new DialogueError('meter', 'serial number: the meter gave none');
  return serial;
}

type SectionName = 'elster' | 'cewe' | 'edmi' | 'emlite';

/** The part of the profile that is of one protocol. @throws DialogueError `config` */
export function sectionOf<Name extends SectionName>(profile: MeterProfile, name: Name): NonNullable<MeterProfile[Name]> {
  const section = profile[name];
  if (section === undefined) throw new DialogueError('config', `${name}: the profile of ${profile.meterType} has no such section`);
  return section;
}

/** @throws DialogueError `config` */
export function passwordOf({ password, profile }: Pick<DialogueSetup, 'password' | 'profile'>): string {
  if (password === undefined || password === '') throw new DialogueError('config', `password: meter type ${profile.meterType} needs one`);
  return password;
}
