/**
 * Where a telegram ends. Decoder and stream share this, so both cut the octets alike.
 *
 * A start of another telegram inside one means that the first lost its end: SOH and STX are never data, a slash is none where a
 * line begins. The octet behind ETX or EOT is the BCC whatever its value.
 */
import type { CodecErrorCode } from '../common/index.ts';
import { BANG, CR, EOT, ETX, isPrintable, LF, SLASH, SOH, STX } from './octets.ts';
import { DEFAULT_MAX_READOUT, DEFAULT_MAX_TELEGRAM, MAX_LINE, type TelegramOptions } from './telegram.ts';

export type Extent =
  | { readonly kind: 'whole'; readonly end: number }
  /** `scanned`: where to go on with the same start when more octets are there. */
  | { readonly kind: 'more'; readonly scanned: number; readonly needs: number }
  /** The telegram is none; the next may begin at `at`, which is always behind the start. */
  | { readonly kind: 'broken'; readonly at: number; readonly code: CodecErrorCode; readonly rule: string };

const broken = (at: number, code: CodecErrorCode, rule: string): Extent => ({ kind: 'broken', at, code, rule });

/** The line that begins with a slash at `start`; its end is behind LF. */
export function lineExtent(octets: Uint8Array, start: number, scanned: number, end: number): Extent {
  let at = Math.max(scanned, start + 1);
  for (; at < end; at++) {
    const octet = (octets[at] ?? 0) & 0x7f;
    if (octet === LF) return { kind: 'whole', end: at + 1 };
    if (octet === SLASH) return broken(at, 'unexpected_octet', 'line: another one begins before its end');
    if (!isPrintable(octet) && octet !== CR) return broken(at, 'unexpected_octet', 'line: printable characters, then CR LF');
    if (octet !== CR && ((octets[at - 1] ?? 0) & 0x7f) === CR) return broken(at, 'unexpected_octet', 'line: LF after CR');
    if (at - start >= MAX_LINE) return broken(at, 'too_large', `line: at most ${MAX_LINE} octets`);
  }
  return { kind: 'more', scanned: at, needs: Math.max(at, start + 1) + 1 };
}

/** The telegram that begins with SOH or STX at `start`; its end is behind the BCC. */
export function blockExtent(octets: Uint8Array, start: number, scanned: number, end: number, options: TelegramOptions): Extent {
  const command = ((octets[start] ?? 0) & 0x7f) === SOH;
  const most = command ? (options.maxTelegram ?? DEFAULT_MAX_TELEGRAM) : (options.maxReadout ?? DEFAULT_MAX_READOUT);
  const stop = Math.min(end, start + most);
  let at = Math.max(scanned, start + 1);
  for (; at < stop; at++) {
    const octet = (octets[at] ?? 0) & 0x7f;
    if (octet >= 0x30) continue;
    if (octet === ETX || octet === EOT) {
      return at + 2 <= end ? { kind: 'whole', end: at + 2 } : { kind: 'more', scanned: at, needs: at + 2 };
    }
    if (octet === SOH || (octet === STX && !(command && at === start + 3))) return broken(at, 'unexpected_octet', 'telegram: another one begins before ETX');
    if (octet === SLASH && !isPrintable((octets[at - 1] ?? 0) & 0x7f)) return broken(at, 'unexpected_octet', 'data: no line begins with a slash');
  }
  if (at >= start + most) return broken(at, 'too_large', `telegram: at most ${most} octets (${command ? 'maxTelegram' : 'maxReadout'})`);
  return { kind: 'more', scanned: at, needs: Math.max(at, start + 1) + 2 };
}

/** Lines without framing from `start` on; their end is behind the line end that follows an exclamation mark. */
export function linesExtent(octets: Uint8Array, start: number, scanned: number, end: number, options: TelegramOptions): Extent {
  const most = options.maxReadout ?? DEFAULT_MAX_READOUT;
  const stop = Math.min(end, start + most);
  let at = Math.max(scanned, start + 1);
  for (; at < stop; at++) {
    const octet = (octets[at] ?? 0) & 0x7f;
    if (octet >= 0x30) continue;
    if (octet === LF && beforeLineEnd(octets, start, at) === BANG) return { kind: 'whole', end: at + 1 };
    if (octet >= SOH && octet <= EOT) return broken(at, 'unexpected_octet', 'lines: a telegram begins before the end mark');
    if (octet === SLASH && !isPrintable((octets[at - 1] ?? 0) & 0x7f)) return broken(at, 'unexpected_octet', 'data: no line begins with a slash');
  }
  if (at >= start + most) return broken(at, 'too_large', `lines: at most ${most} octets (maxReadout)`);
  return { kind: 'more', scanned: at, needs: at + 1 };
}

/** The octet before CR CR LF, CR LF or LF at `lineEnd`. */
function beforeLineEnd(octets: Uint8Array, start: number, lineEnd: number): number {
  let at = lineEnd - 1;
  while (at > start && at > lineEnd - 3 && ((octets[at] ?? 0) & 0x7f) === CR) at--;
  return (octets[at] ?? 0) & 0x7f;
}
