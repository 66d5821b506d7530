/** Answers that came in data blocks: put together where all blocks are at hand. */
import { fromHex } from '../../../workers/codec/common/index.ts';
import { decodeData } from '../../../workers/codec/data/index.ts';
import type { JsonObject } from '../mapping.ts';
import { isObject } from '../members.ts';
import { presentData } from './data.ts';

/** The result that holds the last block gets `blocks`: how many there were, and the data that they carried. */
export function joinBlocks(results: readonly JsonObject[]): readonly JsonObject[] {
  let parts: Uint8Array[] = [];
  return results.map((result) => {
    const apdu = apduOf(result);
    if (apdu?.pdu !== 'get-response' || apdu.choice !== 'with-datablock' || typeof apdu.rawData !== 'string') return result;
    if (apdu.blockNumber === 1) parts = [];
    parts.push(fromHex(apdu.rawData) ?? new Uint8Array(0));
    if (apdu.lastBlock !== true) return result;
    const count = parts.length;
    const data = decodeData(Buffer.concat(parts), { strict: ['trailing-octets'] });
    parts = [];
    return data.kind === 'good' ? { ...result, blocks: { count, data: presentData(data.value) } } : result;
  });
}

/** The plain APDU of a frame, of a message out of segments, or the result itself. */
function apduOf(result: JsonObject): JsonObject | undefined {
  const message = isObject(result.message) ? result.message.apdu : undefined;
  const apdu = message ?? result.apdu ?? (result.pdu === undefined ? undefined : result);
  if (!isObject(apdu)) return undefined;
  return isObject(apdu.plain) ? apdu.plain : apdu;
}
