/**
 * The index `gate`: actions that wait for the overnight window, by the kind of their address and a bucket, `tcp|07`.
 *
 * The bucket is a hash of the request id and spreads the start over the first part of the window. Which group of lines dials a
 * number is not in the index: groups are settings, and an entry under a group that is gone would never be looked at again.
 */
export const GATE_BUCKETS = 60;
export const GATE_KINDS = ['tcp', 'tel', 'paknet'] as const;
export type GateKind = (typeof GATE_KINDS)[number];

/** Golden ratio of 32 bits: neighbours land far apart. */
const SPREAD = 0x9e37_79b1;

/** 0 to 59. */
export function gateBucket(requestId: number): number {
  const mixed = Math.imul((requestId ^ Math.floor(requestId / 0x1_0000_0000)) >>> 0, SPREAD) >>> 0;
  return Math.floor((mixed / 0x1_0000_0000) * GATE_BUCKETS);
}

/** By the canonical address. */
export function gateKind(canonicalAddress: string): GateKind {
  return GATE_KINDS.find((kind) => canonicalAddress.startsWith(`${kind}:`)) ?? 'tcp';
}

export function gateValue(kind: GateKind, bucket: number): string {
  return `${kind}|${String(bucket).padStart(2, '0')}`;
}
