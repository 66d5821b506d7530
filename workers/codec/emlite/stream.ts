/**
 * EMOP frames out of octets in any pieces. Nothing marks the end of a frame and 7E may stand inside one, so only the length and
 * the CRC tell: a 7E whose octets do not check is noise, and the next 7E behind it is tried. Nothing above 256 octets is held.
 */
import { Backlog } from '../common/backlog.ts';
import { codecError, type FrameStream, type StreamEvent } from '../common/index.ts';
import { decodeEmliteFrame, type EmliteFrame, FLAG, readEmliteFrame } from './frame.ts';

/** @property damaged with `bad_crc`: what stood in the frame, for a meter that answers damage */
export type EmliteStreamEvent = StreamEvent<EmliteFrame> & { readonly damaged?: EmliteFrame };

export class EmliteStream implements FrameStream<EmliteFrame> {
  readonly #held = new Backlog();
  #silent = false;

  get buffered(): number {
    return this.#held.length;
  }

  push(octets: Uint8Array): void {
    this.#held.push(octets);
    this.#silent = false;
  }

  /**
   * A silence says that what is held back will not be completed. `next` then gives it up, and finds the frames that stand
   * behind a 7E that was none.
   */
  giveUp(): void {
    this.#silent = true;
  }

  reset(): void {
    this.#held.clear();
  }

  next(): EmliteStreamEvent | undefined {
    const octets = this.#held.view();
    if (octets.length === 0) return undefined;
    const offset = this.#held.offset;
    if (octets[0] !== FLAG) {
      const start = octets.indexOf(FLAG);
      const noise = start < 0 ? octets.length : start;
      this.#held.take(noise);
      return { kind: 'noise', offset, octets: noise };
    }
    const decoded = decodeEmliteFrame(octets);
    if (decoded.kind === 'incomplete') return this.#silent ? this.#abandon(offset, decoded.needs) : undefined;
    this.#held.take(decoded.consumed);
    if (decoded.kind === 'good') return { kind: 'frame', frame: decoded.value, offset, leniencies: [] };
    const { error, consumed } = decoded;
    const event = { kind: 'bad', error: { ...error, offset: offset + error.offset }, octets: consumed } as const;
    return error.code === 'bad_crc' ? { ...event, damaged: readEmliteFrame(octets, (octets[1] ?? 0) + 1) } : event;
  }

  #abandon(offset: number, needs: number): EmliteStreamEvent {
    const got = this.#held.length;
    this.#held.take(1);
    return { kind: 'bad', error: codecError('truncated', offset + got, `frame: ${needs} octets`, got), octets: 1 };
  }
}
