/**
 * The conformance block: 24 bits, the most significant first (meter-protocols 5.3; Green Book, xDLMS conformance).
 *
 * ```
 *   bit    0        8        16     23
 *          xxxxxxxx xxxxxxxx xxxxxxxx
 *   001E1D           1111 00011101     blocks, multiple references, get, set, selective access, action
 * ```
 */
export const CONFORMANCE_BITS = [
  'reserved-zero',
  'general-protection',
  'general-block-transfer',
  'read',
  'write',
  'unconfirmed-write',
  'delta-value-encoding',
  'reserved-seven',
  'attribute0-supported-with-set',
  'priority-mgmt-supported',
  'attribute0-supported-with-get',
  'block-transfer-with-get-or-read',
  'block-transfer-with-set-or-write',
  'block-transfer-with-action',
  'multiple-references',
  'information-report',
  'data-notification',
  'access',
  'parameterized-access',
  'get',
  'set',
  'selective-access',
  'event-notification',
  'action',
] as const;

export type ConformanceName = (typeof CONFORMANCE_BITS)[number];

/** Names of the bits that are set, in the order of the bits. Octets beyond the third are not looked at. */
export function conformanceNames(octets: Uint8Array): readonly ConformanceName[] {
  return CONFORMANCE_BITS.filter((_, bit) => ((octets[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0);
}

/** The three octets of names. */
export function conformanceOf(names: Iterable<ConformanceName>): Uint8Array {
  const octets = new Uint8Array(3);
  for (const name of names) {
    const bit = CONFORMANCE_BITS.indexOf(name);
    if (bit >= 0) octets[bit >> 3] = (octets[bit >> 3] ?? 0) | (0x80 >> (bit & 7));
  }
  return octets;
}
