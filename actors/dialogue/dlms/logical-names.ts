/** Objects by logical name: GET, SET, ACTION (meter-protocols 5.4). */
import type { DataValue } from '../../../workers/codec/data/index.ts';
import { apdu, data } from '../../../workers/codec/index.ts';
import { DialogueError, type StepLimits } from '../dialogue.ts';
import type { Conversation, Heard } from './conversation.ts';
import { refused, rubbish, unexpected } from './faults.ts';
import { CLOCK, CLOCK_WRITE, COUNTER, COUNTER_OBIS, type MeterObjects, type ReadValue, SERIAL } from './objects.ts';
import type { DlmsOptions } from './station.ts';

const CLOCK_CLASS = 8;
const TIME = 2;
const SHIFT_TIME = 6;

export function logicalObjects(conversation: Conversation, dlms: DlmsOptions): MeterObjects {
  const clock = (id: number): apdu.LogicalReference => ({ classId: CLOCK_CLASS, obis: obisOf(dlms.clockObis), id });
  return {
    readSerial: (limits) => get(conversation, SERIAL, { classId: dlms.serial.classId, obis: obisOf(dlms.serial.obis), id: dlms.serial.attribute }, limits),
    readTime: (limits) => get(conversation, CLOCK, clock(TIME), limits),
    readCounter: (limits) => get(conversation, COUNTER, { classId: 1, obis: obisOf(COUNTER_OBIS), id: 2 }, limits),
    writeTime: (value, limits) => set(conversation, clock(TIME), value, limits),
    shiftTime: (value, limits) => act(conversation, clock(SHIFT_TIME), value, limits),
  };
}

async function get(conversation: Conversation, what: string, reference: apdu.LogicalReference, limits: StepLimits): Promise<ReadValue> {
  let request: apdu.GetRequest | undefined;
  const first = await conversation.ask(
    { what, expects: 'get-response', build: (invocation) => (request = apdu.get(reference, undefined, invocation)) },
    limits,
  );
  if (request === undefined) throw unexpected(what, first.plain.pdu);
  const receiver = new apdu.GetReceiver(request, { raw: true });
  let heard: Heard = first;
  let repeated = first.repeated;
  for (;;) {
    if (heard.plain.pdu !== 'get-response') throw unexpected(what, heard.plain.pdu);
    const step = receiver.take(heard.plain);
    switch (step.kind) {
      case 'done': {
        const [result] = step.results;
        if (result === undefined) throw unexpected(what, 'get-response without a result');
        if ('accessResult' in result) throw refused(what, result.accessResult);
        return { value: result.data, sentAt: first.sentAt, firstAt: first.firstAt, repeated };
      }
      case 'refused':
        throw refused(what, step.accessResult);
      case 'failed':
        throw rubbish(what, step.error);
      case 'octets':
        return { value: await conversation.dataOf(what, step.octets), sentAt: first.sentAt, firstAt: first.firstAt, repeated };
      case 'next': {
        const { request: next } = step;
        // The blocks of one answer keep its invoke-id.
        heard = await conversation.ask({ what, expects: 'get-response', invokeId: next.invokeId, build: () => next }, limits);
        repeated ||= heard.repeated;
      }
    }
  }
}

async function set(conversation: Conversation, reference: apdu.LogicalReference, value: () => DataValue, limits: StepLimits): Promise<void> {
  const { plain } = await conversation.ask(
    { what: CLOCK_WRITE, volatile: true, expects: 'set-response', build: (invocation) => apdu.set(reference, value(), invocation) },
    limits,
  );
  if (plain.pdu !== 'set-response' || plain.choice !== 'normal') throw new DialogueError('write', `${CLOCK_WRITE}: unexpected answer ${plain.pdu}`);
  if (plain.accessResult !== 0) throw refused(CLOCK_WRITE, plain.accessResult);
}

async function act(conversation: Conversation, method: apdu.LogicalReference, value: () => DataValue, limits: StepLimits): Promise<void> {
  const { plain } = await conversation.ask(
    { what: CLOCK_WRITE, volatile: true, expects: 'action-response', build: (invocation) => apdu.action(method, value(), invocation) },
    limits,
  );
  if (plain.pdu !== 'action-response' || plain.choice !== 'normal') throw new DialogueError('write', `${CLOCK_WRITE}: unexpected answer ${plain.pdu}`);
  if (plain.actionResult !== 0) throw refused(CLOCK_WRITE, plain.actionResult);
}

/** The profile's schema sees to the form, but not to numbers above 255. @throws DialogueError `config` */
export function obisOf(text: string): apdu.Obis {
  const parsed = data.parseObis(text);
  if (parsed.kind === 'good') return parsed.obis;
  throw new DialogueError('config', `obis: six numbers from 0 to 255, not ${text}`);
}
