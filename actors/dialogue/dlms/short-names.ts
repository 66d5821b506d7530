/**
 * Objects by short name: read and write (meter-protocols 5.5). Attribute k lies at base + 8 (k - 1). Bases that the profile does not
 * tell are looked up in the object list of the association, once; it is large and comes in blocks or segments.
 */
import type { DataValue } from '../../../workers/codec/data/index.ts';
import { apdu } from '../../../workers/codec/index.ts';
import { DialogueError, type StepLimits } from '../dialogue.ts';
import type { Conversation, Heard } from './conversation.ts';
import { refused, rubbish, unexpected } from './faults.ts';
import { obisOf } from './logical-names.ts';
import { CLOCK, CLOCK_WRITE, COUNTER, COUNTER_OBIS, type MeterObjects, type ReadValue, SERIAL } from './objects.ts';
import type { DlmsOptions } from './station.ts';

const OBJECT_LIST = 'object list';
const OBJECT_LIST_OFFSET = 0x08;
const TIME_OFFSET = 0x08;
const VALUE_OFFSET = 0x08;
const SHIFT_TIME_OFFSET = 0x88;
/** Of the current association, where a meter does not tell its own. */
const USUAL_ASSOCIATION = 0xfa00;

export function shortNameObjects(conversation: Conversation, dlms: DlmsOptions, vaaName: number): MeterObjects {
  const association = vaaName === 0 || vaaName === 0x0007 ? USUAL_ASSOCIATION : vaaName;
  let bases: ReadonlyMap<string, number> | undefined;
  const baseOf = async (what: string, obis: string, limits: StepLimits): Promise<number> => {
    bases ??= basesOf((await read(conversation, OBJECT_LIST, association + OBJECT_LIST_OFFSET, limits)).value);
    const base = bases.get(obisOf(obis).join('.'));
    if (base === undefined) throw new DialogueError('meter', `${what}: the object list has no ${obis}`);
    return base;
  };
  const clockBase = async (limits: StepLimits): Promise<number> =>
    dlms.clockBaseSn === null ? baseOf(CLOCK, dlms.clockObis, limits) : Number.parseInt(dlms.clockBaseSn, 16);
  const serialName = async (limits: StepLimits): Promise<number> => {
    if (dlms.serialSn !== null) return Number.parseInt(dlms.serialSn, 16);
    return (await baseOf(SERIAL, dlms.serial.obis, limits)) + 8 * (dlms.serial.attribute - 1);
  };
  return {
    readSerial: async (limits) => read(conversation, SERIAL, await serialName(limits), limits),
    readTime: async (limits) => read(conversation, CLOCK, (await clockBase(limits)) + TIME_OFFSET, limits),
    readCounter: async (limits) => read(conversation, COUNTER, (await baseOf(COUNTER, COUNTER_OBIS, limits)) + VALUE_OFFSET, limits),
    writeTime: async (value, limits) => write(conversation, (await clockBase(limits)) + TIME_OFFSET, value, limits),
    shiftTime: async (value, limits) => write(conversation, (await clockBase(limits)) + SHIFT_TIME_OFFSET, value, limits),
  };
}

async function read(conversation: Conversation, what: string, name: number, limits: StepLimits): Promise<ReadValue> {
  const request = apdu.read(name);
  const first = await conversation.ask({ what, expects: 'read-response', build: () => request }, limits);
  const receiver = new apdu.ReadReceiver(request, { raw: true });
  let heard: Heard = first;
  let repeated = first.repeated;
  for (;;) {
    if (heard.plain.pdu !== 'read-response') throw unexpected(what, heard.plain.pdu);
    const step = receiver.take(heard.plain);
    if (step.kind === 'failed') throw rubbish(what, step.error);
    if (step.kind !== 'next') {
      const [result] = step.kind === 'octets' ? await conversation.answersOf(what, step.octets) : step.results;
      if (result === undefined || !('data' in result || 'accessResult' in result)) throw unexpected(what, 'read-response without a result');
      if ('accessResult' in result) throw refused(what, result.accessResult);
      return { value: result.data, sentAt: first.sentAt, firstAt: first.firstAt, repeated };
    }
    const { request: next } = step;
    heard = await conversation.ask({ what, expects: 'read-response', build: () => next }, limits);
    repeated ||= heard.repeated;
  }
}

async function write(conversation: Conversation, name: number, value: () => DataValue, limits: StepLimits): Promise<void> {
  const { plain } = await conversation.ask({ what: CLOCK_WRITE, volatile: true, expects: 'write-response', build: () => apdu.write(name, value()) }, limits);
  const [result] = plain.pdu === 'write-response' ? plain.results : [];
  if (result === undefined || !('accessResult' in result)) throw new DialogueError('write', `${CLOCK_WRITE}: unexpected answer ${plain.pdu}`);
  if (result.accessResult !== 0) throw refused(CLOCK_WRITE, result.accessResult);
}

/** Base names by OBIS out of `{base name, class, version, logical name}*`. The base name is a signed number. */
export function basesOf(list: DataValue): ReadonlyMap<string, number> {
  if (list.type !== 'array') throw new DialogueError('meter', `${OBJECT_LIST}: an array, not ${list.type}`);
  const bases = new Map<string, number>();
  for (const item of list.items) {
    const [base, , , name] = item.type === 'structure' ? item.items : [];
    if (base === undefined || name?.type !== 'octet-string' || name.octets.length !== 6) continue;
    if (base.type === 'long' || base.type === 'long-unsigned') bases.set(name.octets.join('.'), base.value & 0xffff);
  }
  return bases;
}
