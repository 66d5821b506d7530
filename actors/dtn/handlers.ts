/** Commands to the DTN actors. The key of each is the sender's MPID. */
import { fileActor } from '../../machines/dtn/index.ts';
import type { Applied, Handler } from '../engine/definition.ts';

/** Payload of `dtn.receipt`. */
export type DtnReceipt = { readonly fileId: string; readonly outcome: 'acknowledged' | 'refused'; readonly text: string };

/** Reply of both commands; `missing`: there is no such file, or no such sender. */
export type DtnReply = { readonly kind: Applied['kind'] };

/** A receipt was read. Saying it again changes nothing. */
const receipt: Handler = async (turn, payload): Promise<DtnReply> => {
  const { fileId, outcome, text } = payload as DtnReceipt;
  const { kind } = await turn.apply(fileActor(turn.key, fileId), { type: 'file.receipt', fileId, outcome, text }, [`receipt:${outcome}`]);
  return { kind };
};

/** An operator wants that what waits goes out now. */
const flush: Handler = async (turn): Promise<DtnReply> => {
  const { kind } = await turn.apply(`dtn:${turn.key}`, { type: 'flush' });
  return { kind };
};

export const dtnHandlers: Readonly<Record<'dtn.receipt' | 'dtn.flush', Handler>> = { 'dtn.receipt': receipt, 'dtn.flush': flush };
