/** DATA-NOTIFICATION and EVENT-NOTIFICATION. */
import type { DataNotification, EventNotification } from '../../../workers/codec/apdu/index.ts';
import { toHex } from '../../../workers/codec/common/index.ts';
import type { JsonObject } from '../mapping.ts';
import type { Members } from '../members.ts';
import { parseData, presentData } from './data.ts';
import { parseReference, presentReference } from './results.ts';

export function presentDataNotification({ pdu, longInvokeId, dateTime, body }: DataNotification): JsonObject {
  return { pdu, longInvokeId: toHex(longInvokeId), dateTimeHex: toHex(dateTime), body: presentData(body) };
}

export function parseDataNotification(members: Members): DataNotification {
  return {
    pdu: 'data-notification',
    longInvokeId: members.hex('longInvokeId'),
    dateTime: members.hex('dateTimeHex'),
    body: parseData(members.raw('body'), members.pathOf('body')),
  };
}

export function presentEventNotification({ pdu, time, attribute, value }: EventNotification): JsonObject {
  return { pdu, ...(time === undefined ? {} : { timeHex: toHex(time) }), attribute: presentReference(attribute), value: presentData(value) };
}

export function parseEventNotification(members: Members): EventNotification {
  return {
    pdu: 'event-notification-request',
    ...(members.has('timeHex') ? { time: members.hex('timeHex') } : {}),
    attribute: parseReference(members.raw('attribute'), members.pathOf('attribute')),
    value: parseData(members.raw('value'), members.pathOf('value')),
  };
}
