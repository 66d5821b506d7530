/** Keys and system titles of a vector, as the security codec takes them. */
import type { SecurityKeys } from '../../../workers/codec/security/index.ts';
import type { VectorContext } from '../mapping.ts';
import { hexOctets } from '../members.ts';

type KeyMember = keyof NonNullable<VectorContext['keys']>;

function keyOf(context: VectorContext, name: KeyMember): Uint8Array | undefined {
  const hex = context.keys?.[name];
  return hex === undefined ? undefined : hexOctets(hex, `keys.${name}`);
}

/** Undefined when the caller gave no keys at all: then ciphered APDUs are shown closed. */
export function securityKeysOf(context: VectorContext): SecurityKeys | undefined {
  if (context.keys === undefined) return undefined;
  const encryptionKey = keyOf(context, 'encryptionKey');
  return {
    encryptionKey,
    authenticationKey: keyOf(context, 'authenticationKey'),
    // There is one key to encrypt with, whichever of the meter's keys it is.
    broadcastKey: encryptionKey,
    dedicatedKey: keyOf(context, 'dedicatedKey'),
  };
}

/** Who sends: told by the caller, else by the kind of APDU, since requests come from clients. */
export function senderOf(context: VectorContext, pdu: string): 'client' | 'server' {
  if (context.direction === 'client->meter') return 'client';
  if (context.direction === 'meter->client') return 'server';
  return /response|notification|error/.test(pdu) ? 'server' : 'client';
}

/** The sender's title, for APDUs that carry none. */
export function senderTitleOf(context: VectorContext, pdu: string): Uint8Array | undefined {
  return keyOf(context, senderOf(context, pdu) === 'client' ? 'clientSystemTitle' : 'serverSystemTitle');
}
