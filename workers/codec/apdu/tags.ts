/** First octets of APDUs (Green Book, COSEMpdu; meter-protocols 5.3 to 5.5 and 5.9). */
import type { CipheredApdu, PlainApdu } from './types.ts';

export const APDU_TAGS = {
  'initiate-request': 0x01,
  'read-request': 0x05,
  'write-request': 0x06,
  'initiate-response': 0x08,
  'read-response': 0x0c,
  'write-response': 0x0d,
  'confirmed-service-error': 0x0e,
  'data-notification': 0x0f,
  'unconfirmed-write-request': 0x16,
  'information-report-request': 0x18,
  AARQ: 0x60,
  AARE: 0x61,
  RLRQ: 0x62,
  RLRE: 0x63,
  'get-request': 0xc0,
  'set-request': 0xc1,
  'event-notification-request': 0xc2,
  'action-request': 0xc3,
  'get-response': 0xc4,
  'set-response': 0xc5,
  'action-response': 0xc7,
  'exception-response': 0xd8,
} as const satisfies Record<PlainApdu['pdu'], number>;

export const CIPHERED_TAGS = {
  'glo-initiate-request': 0x21,
  'glo-read-request': 0x25,
  'glo-write-request': 0x26,
  'glo-initiate-response': 0x28,
  'glo-read-response': 0x2c,
  'glo-write-response': 0x2d,
  'glo-confirmed-service-error': 0x2e,
  'glo-unconfirmed-write-request': 0x36,
  'glo-information-report-request': 0x38,
  'ded-initiate-request': 0x41,
  'ded-read-request': 0x45,
  'ded-write-request': 0x46,
  'ded-initiate-response': 0x48,
  'ded-read-response': 0x4c,
  'ded-write-response': 0x4d,
  'ded-confirmed-service-error': 0x4e,
  'ded-unconfirmed-write-request': 0x56,
  'ded-information-report-request': 0x58,
  'glo-get-request': 0xc8,
  'glo-set-request': 0xc9,
  'glo-event-notification-request': 0xca,
  'glo-action-request': 0xcb,
  'glo-get-response': 0xcc,
  'glo-set-response': 0xcd,
  'glo-action-response': 0xcf,
  'ded-get-request': 0xd0,
  'ded-set-request': 0xd1,
  'ded-event-notification-request': 0xd2,
  'ded-action-request': 0xd3,
  'ded-get-response': 0xd4,
  'ded-set-response': 0xd5,
  'ded-action-response': 0xd7,
  'general-glo-ciphering': 0xdb,
  'general-ded-ciphering': 0xdc,
} as const satisfies Record<CipheredApdu['pdu'], number>;

/** Recognised, answered with `unsupported`. */
export const UNSUPPORTED_TAGS: ReadonlyMap<number, string> = new Map([
  [0xd9, 'access-request'],
  [0xda, 'access-response'],
  [0xdd, 'general-ciphering'],
  [0xdf, 'general-signing'],
  [0xe0, 'general-block-transfer'],
]);

const CIPHERED_NAMES: ReadonlyMap<number, CipheredApdu['pdu']> = new Map(
  (Object.keys(CIPHERED_TAGS) as CipheredApdu['pdu'][]).map((name) => [CIPHERED_TAGS[name], name] as const),
);

/** The name of a ciphered APDU by its tag. */
export const cipheredName = (tag: number): CipheredApdu['pdu'] | undefined => CIPHERED_NAMES.get(tag);

export const isCiphered = (apdu: { readonly pdu: string }): apdu is CipheredApdu => Object.hasOwn(CIPHERED_TAGS, apdu.pdu);
