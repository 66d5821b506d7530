/**
 * The three 16-bit checksums of the meters.
 *
 * | name        | polynomial       | start | end  | "123456789" | used by                       |
 * | ----------- | ---------------- | ----- | ---- | ----------- | ----------------------------- |
 * | X-25        | 8408 (reflected) | FFFF  | FFFF | 906E        | HDLC header and frame checks  |
 * | XMODEM      | 1021             | 0000  | 0000 | 31C3        | EDMI                          |
 * | CCITT-FALSE | 1021             | FFFF  | 0000 | 29B1        | EMLITE                        |
 *
 * Eight octets a turn: table `k` holds what an octet does to the register when `k` more octets follow it, so the eight
 * look-ups of a turn do not wait for each other (bench `codec`: about three times the rate of one octet a turn). Octets are read one by
 * one, so the order of octets of the machine plays no part.
 *
 * `from` and `to` are clamped to the octets; nothing here throws.
 */
const SLICES = 8;

function reflectedTables(polynomial: number): Uint16Array {
  const tables = new Uint16Array(256 * SLICES);
  for (let octet = 0; octet < 256; octet++) {
    let register = octet;
    for (let bit = 0; bit < 8; bit++) register = register & 1 ? (register >>> 1) ^ polynomial : register >>> 1;
    tables[octet] = register;
  }
  for (let at = 256; at < tables.length; at++) {
    const before = tables[at - 256] ?? 0;
    tables[at] = (before >>> 8) ^ (tables[before & 0xff] ?? 0);
  }
  return tables;
}

function forwardTables(polynomial: number): Uint16Array {
  const tables = new Uint16Array(256 * SLICES);
  for (let octet = 0; octet < 256; octet++) {
    let register = octet << 8;
    for (let bit = 0; bit < 8; bit++) register = register & 0x8000 ? (register << 1) ^ polynomial : register << 1;
    tables[octet] = register;
  }
  for (let at = 256; at < tables.length; at++) {
    const before = tables[at - 256] ?? 0;
    tables[at] = (before << 8) ^ (tables[before >>> 8] ?? 0);
  }
  return tables;
}

const REFLECTED = reflectedTables(0x8408);
const FORWARD = forwardTables(0x1021);

/** The register before the first octet of an X-25 checksum. */
export const X25_START = 0xffff;

/**
 * Carries a running X-25 register over octets; start with {@link X25_START}, end with {@link x25Final}. So one pass gives the
 * check of a header and goes on to that of the whole frame.
 */
export function x25Update(register: number, octets: Uint8Array, from: number, to: number): number {
  const t = REFLECTED;
  const end = Math.min(to, octets.length);
  let at = Math.max(from, 0);
  let r = register & 0xffff;
  for (const turns = end - 7; at < turns; at += 8) {
    const o = octets;
    r =
      (t[1792 + (((o[at] as number) ^ r) & 0xff)] as number) ^
      (t[1536 + ((o[at + 1] as number) ^ (r >>> 8))] as number) ^
      (t[1280 + (o[at + 2] as number)] as number) ^
      (t[1024 + (o[at + 3] as number)] as number) ^
      (t[768 + (o[at + 4] as number)] as number) ^
      (t[512 + (o[at + 5] as number)] as number) ^
      (t[256 + (o[at + 6] as number)] as number) ^
      (t[o[at + 7] as number] as number);
  }
  for (; at < end; at++) r = (r >>> 8) ^ (t[((octets[at] as number) ^ r) & 0xff] as number);
  return r;
}

/** The checksum of a register of {@link x25Update}. It goes on the wire with its low octet first. */
export const x25Final = (register: number): number => register ^ 0xffff;

/** X-25 over `octets[from..to)`. @param seed the register to start from */
export function crcX25(octets: Uint8Array, from = 0, to = octets.length, seed = X25_START): number {
  return x25Final(x25Update(seed, octets, from, to));
}

/** XMODEM over `octets[from..to)`. @param seed the register to start from: the result of the octets before */
export function crcXmodem(octets: Uint8Array, from = 0, to = octets.length, seed = 0): number {
  return forwardUpdate(seed, octets, from, to);
}

/** CCITT-FALSE over `octets[from..to)`. @param seed the register to start from: the result of the octets before */
export function crcCcittFalse(octets: Uint8Array, from = 0, to = octets.length, seed = 0xffff): number {
  return forwardUpdate(seed, octets, from, to);
}

function forwardUpdate(register: number, octets: Uint8Array, from: number, to: number): number {
  const t = FORWARD;
  const end = Math.min(to, octets.length);
  let at = Math.max(from, 0);
  let r = register & 0xffff;
  for (const turns = end - 7; at < turns; at += 8) {
    const o = octets;
    r =
      (t[1792 + ((o[at] as number) ^ (r >>> 8))] as number) ^
      (t[1536 + (((o[at + 1] as number) ^ r) & 0xff)] as number) ^
      (t[1280 + (o[at + 2] as number)] as number) ^
      (t[1024 + (o[at + 3] as number)] as number) ^
      (t[768 + (o[at + 4] as number)] as number) ^
      (t[512 + (o[at + 5] as number)] as number) ^
      (t[256 + (o[at + 6] as number)] as number) ^
      (t[o[at + 7] as number] as number);
  }
  for (; at < end; at++) r = ((r << 8) & 0xffff) ^ (t[((octets[at] as number) ^ (r >>> 8)) & 0xff] as number);
  return r;
}
