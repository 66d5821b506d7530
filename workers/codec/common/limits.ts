/** Bounds of what a decoder accepts, whatever a length field claims. Every one can be set. */
export interface Limits {
  /** Arrays and structures inside each other. */
  readonly maxDepth: number;
  /** Values of one decoding, containers included. */
  readonly maxElements: number;
  /** Octets of one value, APDU or joined message. */
  readonly maxOctets: number;
}

export const DEFAULT_LIMITS: Limits = { maxDepth: 16, maxElements: 200_000, maxOctets: 4 * 1024 * 1024 };
