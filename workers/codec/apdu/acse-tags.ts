/** Tags and fixed octets of ACSE APDUs (meter-protocols 5.3; ISO/IEC 8650-1, Green Book). */

/** `60 85 74 05 08`, joint-iso-ccitt country 756 organisation 5.8: 1 names contexts, 2 mechanisms. */
const DLMS_UA = [0x60, 0x85, 0x74, 0x05, 0x08];
export const CONTEXT_OID: readonly number[] = [...DLMS_UA, 0x01];
export const MECHANISM_OID: readonly number[] = [...DLMS_UA, 0x02];

/** By the last number of their OID, from 1. */
export const CONTEXT_NAMES = ['LN', 'SN', 'LN-ciphered', 'SN-ciphered'] as const;

export const USER_INFORMATION = 0xbe;
export const PROTOCOL_VERSION = 0x80;
export const CONTEXT_NAME = 0xa1;

/** Where the fields stand that requests and responses tag differently. */
export interface AcseTags {
  readonly title: number;
  readonly requirements: number;
  readonly mechanism: number;
  readonly authentication: number;
}

export const REQUEST_TAGS: AcseTags = { title: 0xa6, requirements: 0x8a, mechanism: 0x8b, authentication: 0xac };
export const RESPONSE_TAGS: AcseTags = { title: 0xa4, requirements: 0x88, mechanism: 0x89, authentication: 0xaa };

/** What firmware 1.7 of some Iskraemeco meters wants in place of 8A and 8B (meter-protocols 6.4). */
export const ALTERNATIVE = { requirements: 0xaa, mechanism: 0xab } as const;

/** Of the response only. */
export const RESULT = 0xa2;
export const DIAGNOSTIC = 0xa3;

/** A bit string of one bit that is set: the authentication functional unit. */
export const AUTHENTICATION_UNIT: readonly number[] = [0x07, 0x80];

/** The number of a tag, which fields are ordered by: 8A and AA have the same. */
export const tagNumber = (tag: number): number => tag & 0x1f;

/** Context-class tags of one octet: all that an ACSE field may have. */
export const isFieldTag = (tag: number): boolean => tag >= 0x80 && tag < 0xc0 && tagNumber(tag) !== 0x1f;

export const startsWith = (octets: Uint8Array, start: readonly number[]): boolean =>
  octets.length >= start.length && start.every((octet, index) => octets[index] === octet);
