/** The three signals that wake an EDMI meter; it answers with a frame that holds an ACK (meter-protocols 6.2). */
export type EdmiWake = 'iec-request' | 'stx-etx' | 'esc';

const SIGNALS: Readonly<Record<EdmiWake, Uint8Array>> = {
  /** `/?!` CR LF */
  'iec-request': Uint8Array.of(0x2f, 0x3f, 0x21, 0x0d, 0x0a),
  'stx-etx': Uint8Array.of(0x02, 0x03),
  esc: Uint8Array.of(0x1b),
};

export const EDMI_WAKES = ['iec-request', 'stx-etx', 'esc'] as const satisfies readonly EdmiWake[];

/** The octets of a wake-up signal, with memory of their own. */
export function encodeEdmiWake(wake: EdmiWake): Uint8Array {
  return SIGNALS[wake].slice();
}

/**
 * Does a signal stand at `from`?
 * @returns the signal; `begun` when the octets end inside one; undefined when there is none
 */
export function wakeAt(octets: Uint8Array, from: number): EdmiWake | 'begun' | undefined {
  for (const wake of EDMI_WAKES) {
    const signal = SIGNALS[wake];
    const there = Math.min(signal.length, octets.length - from);
    let same = 0;
    while (same < there && octets[from + same] === signal[same]) same++;
    if (same === signal.length) return wake;
    if (same > 0 && same === octets.length - from) return 'begun';
  }
  return undefined;
}

/** The signal that these octets are, and nothing else. */
export function decodeEdmiWake(octets: Uint8Array): EdmiWake | undefined {
  const wake = octets.length === 0 ? undefined : wakeAt(octets, 0);
  return wake !== undefined && wake !== 'begun' && octets.length === SIGNALS[wake].length ? wake : undefined;
}
