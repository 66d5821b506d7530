/** What the benches of the pool send, and how they tell the main thread's CPU. */
import { readFileSync } from 'node:fs';
import { type Apdu, encodeApdu } from '../../workers/codec/apdu/index.ts';
import { must } from '../../workers/codec/common/index.ts';
import { type DataValue, encodeData } from '../../workers/codec/data/index.ts';
import type { CodecRequest, KeyHandle } from '../../workers/pool/index.ts';

export const SYSTEM_TITLE = Uint8Array.of(0x4d, 0x57, 0x54, 0, 0, 0, 0, 1);

/** Half-hourly rows of a profile: clock, two registers, status. 26 octets each. */
export function profile(rows: number): DataValue {
  const items = Array.from(
    { length: rows },
    (_, row): DataValue => ({
      type: 'structure',
      items: [
        { type: 'octet-string', octets: Uint8Array.of(7, 234, 3, 24, 2, row % 24, (row % 2) * 30, 0, 0, 0, 0, 0) },
        { type: 'double-long-unsigned', value: 1_000_000 + row * 137 },
        { type: 'double-long-unsigned', value: 77 + row },
        { type: 'unsigned', value: row & 0xff },
      ],
    }),
  );
  return { type: 'array', items };
}

/** An APDU of a live session: mostly one register or clock, sometimes a profile. */
export function liveApdu(rows: number): Uint8Array {
  const data: DataValue = rows > 0 ? profile(rows) : { type: 'octet-string', octets: SYSTEM_TITLE };
  const apdu: Apdu = { pdu: 'get-response', choice: 'normal', invokeId: 1, confirmed: true, highPriority: true, data };
  return must(encodeApdu(apdu));
}

export function ciphering(key: KeyHandle, octets: number, invocationCounter: number): CodecRequest {
  const plaintext = new Uint8Array(octets).fill(0xc0);
  return { op: 'cipher', key, name: 'general-glo-ciphering', plaintext, securityControl: 0x30, systemTitle: SYSTEM_TITLE, invocationCounter };
}

export const profileOctets = (rows: number): Uint8Array => must(encodeData(profile(rows)));

const NOTHING = new Int32Array(new SharedArrayBuffer(4));

/**
 * Milliseconds of CPU that this thread has had: `process.cpuUsage` counts the workers as well. Linux tells it, up to the last time that
 * the thread gave way, so it gives way here for a millisecond. Elsewhere the time in which the event loop was not idle comes closest.
 */
export function threadCpuMs(): number {
  Atomics.wait(NOTHING, 0, 0, 1);
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[0]) / 1e6;
  } catch {
    return performance.eventLoopUtilization().active;
  }
}
