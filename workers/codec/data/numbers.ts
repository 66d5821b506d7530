/** Numbers wider than 32 bits or with a fraction, most significant octet first, through one scratch of eight octets. */
const SCRATCH = new Uint8Array(8);
const VIEW = new DataView(SCRATCH.buffer);

function load(octets: Uint8Array, at: number, count: number): DataView {
  for (let index = 0; index < count; index++) SCRATCH[index] = octets[at + index] ?? 0;
  return VIEW;
}

export const readInt64 = (octets: Uint8Array, at: number): bigint => load(octets, at, 8).getBigInt64(0);
export const readUint64 = (octets: Uint8Array, at: number): bigint => load(octets, at, 8).getBigUint64(0);
export const readFloat32 = (octets: Uint8Array, at: number): number => load(octets, at, 4).getFloat32(0);
export const readFloat64 = (octets: Uint8Array, at: number): number => load(octets, at, 8).getFloat64(0);

/** The scratch itself, good until the next call: a writer copies it. */
export function float32Octets(value: number): Uint8Array {
  VIEW.setFloat32(0, value);
  return SCRATCH.subarray(0, 4);
}

export function float64Octets(value: number): Uint8Array {
  VIEW.setFloat64(0, value);
  return SCRATCH;
}

/** Signed and unsigned alike: the low 64 bits. */
export function int64Octets(value: bigint): Uint8Array {
  VIEW.setBigInt64(0, BigInt.asIntN(64, value));
  return SCRATCH;
}
