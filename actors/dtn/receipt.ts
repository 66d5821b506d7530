/** One receipt of the gateway: `ACK|<file id>|YYYYMMDDHHMMSS|text` or `REJ|…`, in a file `<file id>.rcp`. */
import type { DtnReceipt } from './handlers.ts';

/** Largest receipt that is read, bytes. */
export const MAX_RECEIPT_BYTES = 65_536;

export type ParsedReceipt = { readonly kind: 'receipt'; readonly receipt: DtnReceipt } | { readonly kind: 'bad'; readonly text: string };

const bad = (text: string): ParsedReceipt => ({ kind: 'bad', text });

/** @param name name of its file without folder and ending. Line ends of both kinds; further lines belong to the text. */
export function parseReceipt(name: string, content: string): ParsedReceipt {
  const [outcome = '', fileId = '', stamp = '', ...rest] = content
    .replace(/^\ufeff/, '')
    .trim()
    .split('|');
  if (outcome !== 'ACK' && outcome !== 'REJ') return bad(`outcome: must be ACK or REJ: ${JSON.stringify(outcome.slice(0, 20))}`);
  if (!/^[0-9A-Z]{10}$/.test(fileId)) return bad(`file id: must be 10 digits: ${JSON.stringify(fileId.slice(0, 20))}`);
  if (fileId !== name) return bad(`file id: must be the name of the receipt, ${JSON.stringify(name.slice(0, 40))}: ${fileId}`);
  if (!/^\d{14}$/.test(stamp)) return bad(`time: must be YYYYMMDDHHMMSS: ${JSON.stringify(stamp.slice(0, 20))}`);
  const text = rest.join('|').replace(/\|$/, '').replace(/\s+/g, ' ').trim();
  return { kind: 'receipt', receipt: { fileId, outcome: outcome === 'ACK' ? 'acknowledged' : 'refused', text } };
}
