/** Messages that were cut into segments: put together where all their frames are at hand. */

import { fromHex } from '../../../workers/codec/common/index.ts';
import { stripLlc } from '../../../workers/codec/hdlc/index.ts';
import type { JsonObject, Presented } from '../mapping.ts';

interface Begun {
  readonly parts: Uint8Array[];
  readonly firstFrame: number;
}

/**
 * The last frame of each segmented message gets `message`: which frames it took, the LLC of the first, and the APDU.
 * @param decode of the joined message without its LLC
 */
export function joinSegments(
  frames: readonly JsonObject[],
  decode: (payload: Uint8Array, direction: 'client->meter' | 'meter->client') => Presented,
): readonly JsonObject[] {
  const begun = new Map<string, Begun>();
  return frames.map((frame, index) => {
    if (frame.frame !== 'I' && frame.frame !== 'UI') return frame;
    const link = JSON.stringify([frame.source, frame.destination]);
    const information = typeof frame.information === 'string' ? fromHex(frame.information) : undefined;
    if (information === undefined) return frame;
    const message = begun.get(link) ?? { parts: [], firstFrame: index };
    if (frame.segmented === true) {
      begun.set(link, message);
      message.parts.push(information);
      return frame;
    }
    begun.delete(link);
    if (message.parts.length === 0) return frame;
    const { llc, payload } = stripLlc(Buffer.concat([...message.parts, information]));
    const direction = llc === 'E6E600' ? 'client->meter' : 'meter->client';
    const decoded = decode(payload, direction);
    const content: JsonObject = decoded.kind === 'good' ? { apdu: decoded.value } : decoded.kind === 'bad' ? { apduError: { ...decoded.error } } : {};
    return { ...frame, message: { frames: [message.firstFrame, index], octets: payload.length, ...(llc === undefined ? {} : { llc }), ...content } };
  });
}
