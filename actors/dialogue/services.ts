/** What dialogues need from the house besides a link: keys, counters, random octets, and the codec pool. */
import type { CodecPool } from '../../workers/pool/index.ts';

/** Keys of one ciphered meter, raw octets; filled with zeros by `release`. */
export interface MeterKeys {
  readonly suite: 0 | 1 | 2;
  readonly encryptionKey: Uint8Array;
  readonly authenticationKey: Uint8Array;
  readonly clientSystemTitle: Uint8Array;
  /** Known beforehand, else taken from the AARE. */
  readonly serverSystemTitle?: Uint8Array;
  release(): void;
}

export interface DialogueServices {
  /** Keys of the meter with this serial number or canonical address; undefined where there are none. */
  meterKeys(meter: { readonly serialNumber?: string; readonly canonicalAddress: string }): Promise<MeterKeys | undefined>;
  /**
   * The next `count` invocation counters for a client title and key, reserved durably ahead of use and never given out twice
   * (meter-protocols 5.9). `floor`: the least the meter will take, after `D8 01 06`. `doubtful`: the store was restored, so that others
   * above these may have been used: the meter's own counter should be read first, and given as `floor`.
   */
  reserveCounters(
    clientSystemTitle: Uint8Array,
    keyMark: string,
    floor?: number,
  ): Promise<{ readonly from: number; readonly count: number; readonly doubtful?: boolean }>;
  random(count: number): Uint8Array;
  /** The codec pool, for what is large; asked for at the first use. Without it everything is decoded where it is. */
  readonly codec?: () => DialogueCodec;
}

export type DialogueCodec = Pick<CodecPool, 'run' | 'keys'>;
