/**
 * Addresses of HDLC (IEC 62056-46, 6.4.2.2; meter-protocols 5.1). Seven bits an octet, bit 0 set on the last one:
 *
 * ```
 *   1 octet    vvvvvvv1                              a client, or a server without a lower part
 *   2 octets   uuuuuuu0 lllllll1                     upper (logical device), lower (physical device)
 *   4 octets   uuuuuuu0 uuuuuuu0 lllllll0 lllllll1   fourteen bits each
 * ```
 */
export interface HdlcAddress {
  /** Octets on the wire. */
  readonly size: 1 | 2 | 4;
  /** The logical device; in an address of one octet its whole value. */
  readonly upper: number;
  /** The physical device; 0 in an address of one octet. */
  readonly lower: number;
}

/** Addresses of one octet are the most of all, so they are made once: bench `codec`. */
const SINGLE: readonly HdlcAddress[] = Array.from({ length: 128 }, (_, upper) => Object.freeze({ size: 1, upper, lower: 0 } as const));

/** The address of a client: 1 management, 16 public … Values outside 0 to 127 are refused by the encoder. */
export const clientAddress = (value: number): HdlcAddress => SINGLE[value] ?? { size: 1, upper: value, lower: 0 };

/**
 * The address of a server. Without `lower` one octet; with it as many octets as the parts need, or `size`.
 *
 * @param upper logical device, 1 = management
 * @param lower physical device
 */
export function serverAddress(upper: number, lower?: number, size?: 1 | 2 | 4): HdlcAddress {
  if (lower === undefined && (size === undefined || size === 1)) return clientAddress(upper);
  const part = lower ?? 0;
  return { size: size ?? (upper > 0x7f || part > 0x7f ? 4 : 2), upper, lower: size === 1 ? 0 : part };
}

/** The same station? One octet and an upper part without a lower one are different addresses on the wire, and here. */
export const sameAddress = (a: HdlcAddress, b: HdlcAddress): boolean => a.upper === b.upper && a.lower === b.lower && a.size === b.size;

/** To every station: 7F in one or two octets, 3FFF in four. Nobody answers. */
export const isAllStations = (address: HdlcAddress): boolean => address.upper === (address.size === 4 ? 0x3fff : 0x7f);

/** The address at `at`; undefined when no octet of the first, second or fourth ends it. */
export function readAddress(octets: Uint8Array, at: number): HdlcAddress | undefined {
  const a = octets[at] as number;
  if (a & 1) return SINGLE[a >>> 1];
  const b = octets[at + 1] as number;
  if (b & 1) return { size: 2, upper: a >>> 1, lower: b >>> 1 };
  const c = octets[at + 2] as number;
  const d = octets[at + 3] as number;
  if (c & 1 || !(d & 1)) return undefined;
  return { size: 4, upper: ((a >>> 1) << 7) | (b >>> 1), lower: ((c >>> 1) << 7) | (d >>> 1) };
}

/** Does the address fit its octets? */
export function fitsAddress(address: HdlcAddress): boolean {
  const { size, upper, lower } = address;
  const most = size === 4 ? 0x3fff : 0x7f;
  const part = (value: number) => Number.isInteger(value) && value >= 0 && value <= most;
  return (size === 1 ? lower === 0 : size === 2 || size === 4) && part(upper) && part(lower);
}

/** Puts an address that {@link fitsAddress}; returns the place behind it. */
export function writeAddress(octets: Uint8Array, at: number, address: HdlcAddress): number {
  const { size, upper, lower } = address;
  if (size === 1) {
    octets[at] = (upper << 1) | 1;
    return at + 1;
  }
  if (size === 2) {
    octets[at] = upper << 1;
    octets[at + 1] = (lower << 1) | 1;
    return at + 2;
  }
  octets[at] = (upper >>> 7) << 1;
  octets[at + 1] = (upper & 0x7f) << 1;
  octets[at + 2] = (lower >>> 7) << 1;
  octets[at + 3] = ((lower & 0x7f) << 1) | 1;
  return at + 4;
}
