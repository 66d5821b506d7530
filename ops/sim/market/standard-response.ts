/** The DIP's synchronous answer (appointments 2.2): all ten keys of each entry are always there. */
import { londonDateTime } from './london.ts';

export interface ItemAnswer {
  readonly transaction: string | null;
  readonly sur: string | null;
  readonly correlation: string | null;
  readonly message: string;
  readonly help: string | null;
}

export const SUCCESS = 'MSG0000 - Success';
export const SCHEMA_FAILURE = 'MSG1001 - Schema Failure';

/** The eleven zeros by which the DIP names itself. */
export const DIP_SENDER = '00000000000';

/** JSON text of a StandardResponse. */
export function renderStandardResponse(items: readonly ItemAnswer[], recipient: string, at: number): string {
  const stamp = londonDateTime(at);
  let entries = '';
  for (const item of items) {
    entries +=
      `${entries === '' ? '' : ','}{"transactionID":${JSON.stringify(item.transaction)},"senderUniqueReference":${JSON.stringify(item.sur)},"correlationID":${JSON.stringify(item.correlation)},` +
      `"sentTimestamp":"${stamp}","senderID":"${DIP_SENDER}","recipientID":${JSON.stringify(recipient)},"DIPConnectionProviderID":null,` +
      `"message":${JSON.stringify(item.message)},"help":${JSON.stringify(item.help)},"serviceTicketURL":null}`;
  }
  return `{"messageArray":[${entries}],"timestamp":"${stamp}"}`;
}

/** A refusal of the whole request: one entry whose ids are null. */
export function renderRefusal(message: string, help: string | null, recipient: string, at: number): string {
  return renderStandardResponse([{ transaction: null, sur: null, correlation: null, message, help }], recipient, at);
}
