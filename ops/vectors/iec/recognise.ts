/** What octets of IEC 62056-21 look like, for the command line. */
import { type DataSet, decodeReadout, decodeTelegram, readDataSets, stripParity, type Telegram } from '../../../workers/codec/iec62056-21/index.ts';
import { dataOf } from './telegram.ts';

const SOH = 0x01;
const ACK = 0x06;

/** `telegram`, or `readout` where the octets read as one and hold nothing of a conversation. */
export function formOf(octets: Uint8Array): string {
  const seven = stripParity(octets);
  if (seven.includes(SOH) || seven.includes(ACK)) return 'telegram';
  const first = decodeTelegram(seven);
  if (first.kind === 'good' && first.consumed === seven.length) return /!\r*\n$/.test(dataOf(first.value) ?? '') ? 'readout' : 'telegram';
  const readout = decodeReadout(seven);
  return readout.kind === 'good' && readout.value.dataSets.length > 0 ? 'readout' : 'telegram';
}

/**
 * Sureness by what checks the telegram: its BCC, its form, or hardly anything.
 * @param typical lowers it for a telegram that is none of this file's meters; absent where any is, readouts among them
 */
export function recognise(octets: Uint8Array, typical?: (telegram: Telegram, sets: readonly DataSet[]) => boolean): number {
  const outcome = decodeTelegram(octets);
  if (outcome.kind !== 'good') return typical === undefined ? recogniseReadout(octets) : 0;
  const telegram = outcome.value;
  const sets = readDataSets(dataOf(telegram) ?? '').toArray();
  return sureness(telegram) * (typical === undefined || typical(telegram, sets) ? 1 : 0.5);
}

function sureness(telegram: Telegram): number {
  switch (telegram.type) {
    case 'command':
    case 'break':
    case 'answer':
    case 'error':
      return 1;
    case 'request':
    case 'identification':
    case 'ack-option-select':
      return 0.95;
    case 'lines':
      return 0.4;
    case 'ack':
    case 'nak':
      return 0.05;
  }
}

function recogniseReadout(octets: Uint8Array): number {
  const outcome = decodeReadout(octets);
  if (outcome.kind !== 'good' || outcome.value.dataSets.length === 0) return 0;
  if (outcome.value.identification !== null) return 0.9;
  return outcome.value.framed && outcome.value.bcc !== null ? 0.9 : 0.2;
}
