import type { ExecutionContext } from 'ava';
import { fromHex, must } from '../../../../workers/codec/common/index.ts';
import { encodeElsterClock, encodeSerialNumber, itemAnswer, passwordAnswer } from '../../../../workers/codec/elster/index.ts';
import { ACK, data, error, type IecBehaviour, type IecMeter, NAK, startIecMeter } from '../iec-meter.ts';
import { type ProfileChange, profileOf, type Talk, talkTo } from '../scripted.ts';

export const SEED = '29EDC6D335E59C87';
export const PASSWORD = 'FEDC0003';
/** What the algorithm makes of the two. */
export const P2 = 'P2 (23CB4DDDE2B76317)';
export const NULL_P2 = 'P2 (0000000000000000)';
export const CLOCK = { year: 2019, month: 1, day: 2, hour: 4, minute: 2, second: 15 };

function answer(command: string, value: string): ReturnType<IecBehaviour['answer']> {
  if (command === 'P1') return value === `(${PASSWORD})` ? ACK : NAK;
  if (command === 'P2') {
    const right = passwordAnswer(fromHex(SEED)!, PASSWORD);
    return value === '(0000000000000000)' || (right.kind === 'good' && value === `(${right.value})`) ? ACK : NAK;
  }
  if (command === 'W1') return value.startsWith('861001') ? ACK : error('ERR2');
  if (value === '798001(10)') return data(itemAnswer(must(encodeSerialNumber('12345678'))));
  if (value === '861001(07)') return data(itemAnswer(must(encodeElsterClock(CLOCK, 3))));
  return error('ERR2');
}

export const startElster = (t: ExecutionContext, change: Partial<IecBehaviour> = {}): Promise<IecMeter> =>
  startIecMeter(t, { identification: '090100100400@000', manufacturer: 'GEC', address: '1', modeCharacter: '6', operand: `(${SEED})`, answer, ...change });

/** Pauses of milliseconds. */
export const QUICK = { wakePauseMs: 1, operandPauseMs: 1, breakPauseMs: 1 };

export interface Given {
  readonly type?: string;
  readonly password?: string;
  readonly outstationAddress?: string;
  readonly change?: ProfileChange;
}

export function talk(
  t: ExecutionContext,
  meter: IecMeter,
  { type = 'ELSTERA1700', password = PASSWORD, outstationAddress = '001', change = {} }: Given = {},
): Promise<Talk> {
  const elster = { ...QUICK, ...(change.elster as object | undefined) };
  return talkTo(t, meter.port, profileOf(type, { ...change, elster }), { password, outstationAddress });
}
