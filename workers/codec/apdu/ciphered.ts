/**
 * The structure of ciphered APDUs (meter-protocols 5.9; Green Book, ciphered APDUs). Nothing is opened here.
 *
 * ```
 *   tag len SC IC(4) content                    service-specific, glo- and ded-
 *   DB titleLen title len SC IC(4) content      general-glo-ciphering, DC general-ded-ciphering
 * ```
 */
import type { Reader, Writer } from '../common/index.ts';
import { readOctets, writeOctets } from './parts.ts';
import { CIPHERED_TAGS } from './tags.ts';
import type { CipheredApdu } from './types.ts';

/** Octets of security control and invocation counter. */
const HEAD_OCTETS = 5;

export const isGeneral = (pdu: CipheredApdu['pdu']): pdu is 'general-glo-ciphering' | 'general-ded-ciphering' =>
  pdu === 'general-glo-ciphering' || pdu === 'general-ded-ciphering';

export function readCiphered(reader: Reader, pdu: CipheredApdu['pdu']): CipheredApdu {
  reader.u8();
  const title = isGeneral(pdu) ? { systemTitle: readOctets(reader, 'system title') } : {};
  const offset = reader.at;
  const length = reader.length('ciphered content');
  if (length < HEAD_OCTETS) reader.fail('bad_length', 'ciphered content: at least 5 octets', length, offset);
  if (!reader.has(length)) return { pdu, ...title, securityControl: 0, invocationCounter: 0, content: reader.view(0) };
  return { pdu, ...title, securityControl: reader.u8(), invocationCounter: reader.u32(), content: reader.view(length - HEAD_OCTETS) };
}

export function writeCiphered(writer: Writer, apdu: CipheredApdu): Writer {
  writer.u8(CIPHERED_TAGS[apdu.pdu]);
  if (isGeneral(apdu.pdu)) writeOctets(writer, apdu.systemTitle ?? new Uint8Array(0));
  else if (apdu.systemTitle !== undefined) writer.fail('system title: only in general ciphering', apdu.pdu);
  writer.size(apdu.content.length + HEAD_OCTETS).u8(writer.bounded('security control', apdu.securityControl, 0, 0xff));
  return writer.u32(writer.bounded('invocation counter', apdu.invocationCounter, 0, 0xffff_ffff)).put(apdu.content);
}
