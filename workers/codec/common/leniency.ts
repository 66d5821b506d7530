/**
 * Where meters in the field are wrong and a reader must cope. Each leniency has a name, is on by default, is reported with
 * the result when it was needed, and can be turned off.
 */
export const LENIENCIES = {
  'trailing-octets': 'Octets after a complete value: the first value counts.',
  'ber-length': 'The BER lengths of an ACSE APDU do not fit its content: it is read to the end of the octets.',
  'alternative-tags': 'An AARQ with AA and AB in place of 8A and 8B.',
  'old-conformance-tag': 'The conformance block tagged `5F 04`, without `1F`.',
  'out-of-range': 'A date-time with fields outside their range; they are given as they stand.',
  'unswapped-ports': 'A wrapper reply that keeps the order of ports of the request.',
  'leading-noise': 'Octets before the start of a frame were skipped.',
  'missing-bcc': 'A readout without its block check character.',
  'line-ends': 'Line ends other than CR LF.',
  'trailing-line-end': 'CR LF after a complete telegram.',
  'long-identification': 'An IEC 62056-21 identification of more than 16 characters.',
} as const;

export type LeniencyName = keyof typeof LENIENCIES;

/** Taken by every decoder that is lenient anywhere. */
export interface LeniencyOptions {
  /** Leniencies that are turned off; `all` turns off every one. */
  readonly strict?: 'all' | readonly LeniencyName[];
}

/** Is it allowed to let this pass? */
export function allows(options: LeniencyOptions | undefined, name: LeniencyName): boolean {
  const strict = options?.strict;
  return strict === undefined || (strict !== 'all' && !strict.includes(name));
}
