/**
 * What a ciphered APDU's name says (Green Book, xDLMS APDU tags; meter-protocols 5.9): which kind of key, and what is inside. The
 * tag is not authenticated itself, so a plaintext has to begin with the tag that belongs to its service.
 */
import { APDU_TAGS, CIPHERED_TAGS, type CipheredApdu, type PlainApdu } from '../apdu/index.ts';
import type { KeySet } from './keys.ts';

export type CipheredName = CipheredApdu['pdu'];

/** How an APDU is protected: by the tags of each service, or by one general tag that carries the sender's title. */
export type CipherForm = 'glo' | 'ded' | 'general-glo' | 'general-ded';

interface Service {
  /** First octet on the wire. */
  readonly tag: number;
  readonly set: KeySet;
  /** First octet of the plaintext; undefined for the general forms, which carry any. */
  readonly plainTag: number | undefined;
}

const PLAIN_TAGS: Readonly<Record<string, number>> = APDU_TAGS;

const SERVICES: ReadonlyMap<string, Service> = new Map(
  Object.entries(CIPHERED_TAGS).map(([name, tag]) => {
    const set: KeySet = name.startsWith('ded-') || name === 'general-ded-ciphering' ? 'dedicated' : 'global';
    return [name, { tag, set, plainTag: PLAIN_TAGS[name.slice('glo-'.length)] }];
  }),
);

/** What a name stands for; undefined for a name that is none. */
export const serviceOf = (name: CipheredName): Service | undefined => SERVICES.get(name);

/** The name under which a plain APDU travels in this form; undefined where the standard has none, such as `glo` for an exception. */
export function cipheredNameFor(plain: PlainApdu['pdu'], form: CipherForm): CipheredName | undefined {
  if (form === 'general-glo') return 'general-glo-ciphering';
  if (form === 'general-ded') return 'general-ded-ciphering';
  const name = `${form}-${plain}`;
  return SERVICES.has(name) ? (name as CipheredName) : undefined;
}
