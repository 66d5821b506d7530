/**
 * The control octet (IEC 62056-46, 6.4.3; meter-protocols 5.1). `P` is poll in a command and final in an answer.
 *
 * | frame | octet    | frame | octet    | frame | octet    |
 * | ----- | -------- | ----- | -------- | ----- | -------- |
 * | I     | RRRPSSS0 | SNRM  | 100P0011 | DM    | 000P1111 |
 * | RR    | RRRP0001 | UA    | 011P0011 | FRMR  | 100P0111 |
 * | RNR   | RRRP0101 | DISC  | 010P0011 | UI    | 000P0011 |
 */
const UNNUMBERED = { SNRM: 0x83, UA: 0x63, DISC: 0x43, DM: 0x0f, FRMR: 0x87, UI: 0x03 } as const;
const SUPERVISORY = { RR: 0x01, RNR: 0x05 } as const;
const POLL_FINAL = 0x10;

export type UnnumberedType = keyof typeof UNNUMBERED;
export type SupervisoryType = keyof typeof SUPERVISORY;
export type FrameType = 'I' | SupervisoryType | UnnumberedType;

/** What a control octet says. */
export interface Control {
  readonly type: FrameType;
  /** 0 where the type has none. */
  readonly ns: number;
  readonly nr: number;
  readonly pf: boolean;
}

function explain(octet: number): Control | undefined {
  const pf = (octet & POLL_FINAL) !== 0;
  const nr = octet >>> 5;
  if ((octet & 1) === 0) return { type: 'I', ns: (octet >>> 1) & 7, nr, pf };
  for (const [type, bits] of Object.entries(SUPERVISORY)) {
    if ((octet & 0x0f) === bits) return { type: type as SupervisoryType, ns: 0, nr, pf };
  }
  for (const [type, bits] of Object.entries(UNNUMBERED)) {
    if ((octet & 0xef) === bits) return { type: type as UnnumberedType, ns: 0, nr: 0, pf };
  }
  return undefined;
}

/** By octet; undefined where no frame type has it. */
export const CONTROLS: readonly (Control | undefined)[] = Array.from({ length: 256 }, (_, octet) => explain(octet));

/** The octet of a control whose numbers are 0 to 7. */
export function controlOctet(type: FrameType, ns: number, nr: number, pf: boolean): number {
  const bit = pf ? POLL_FINAL : 0;
  if (type === 'I') return (nr << 5) | bit | (ns << 1);
  if (type === 'RR' || type === 'RNR') return (nr << 5) | bit | SUPERVISORY[type];
  return UNNUMBERED[type] | bit;
}
