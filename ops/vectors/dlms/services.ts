/** What the logical-name services have in common. */
import type { Invocation } from '../../../workers/codec/apdu/index.ts';
import { toHex } from '../../../workers/codec/common/index.ts';
import type { JsonObject } from '../mapping.ts';
import type { Members } from '../members.ts';

interface Block {
  readonly lastBlock: boolean;
  readonly blockNumber: number;
  readonly rawData: Uint8Array;
}

export function presentInvocation({ invokeId, confirmed, highPriority }: Invocation): JsonObject {
  return { invokeId, confirmed, highPriority };
}

export function parseInvocation(members: Members): Invocation {
  return { invokeId: members.int('invokeId'), confirmed: members.bool('confirmed'), highPriority: members.bool('highPriority') };
}

export function presentBlock({ lastBlock, blockNumber, rawData }: Block): JsonObject {
  return { lastBlock, blockNumber, rawData: toHex(rawData) };
}

export function parseBlock(members: Members): Block {
  return { lastBlock: members.bool('lastBlock'), blockNumber: members.int('blockNumber'), rawData: members.hex('rawData') };
}

export function unknownChoice(members: Members): never {
  throw members.wrong('choice', `must be a choice of ${members.text('pdu')}`);
}
