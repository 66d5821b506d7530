/** What stands between STX and ETX in the vectors of an IEC protocol: where decoders of text begin. */
import { vectorsOf } from '../target.ts';

export function dataTexts(file: string): readonly Uint8Array[] {
  const texts = vectorsOf(file).flatMap(({ decoded }) => [decoded.data, decoded.identification, decoded.value].filter((text) => typeof text === 'string'));
  const values = texts.flatMap((text) => [...text.matchAll(/\(([^)]*)\)/g)].map(([, value]) => value ?? ''));
  return [...texts, ...values].flatMap((text) => [Buffer.from(text, 'latin1'), ...(/^([0-9A-F]{2})+$/.test(text) ? [Buffer.from(text, 'hex')] : [])]);
}
