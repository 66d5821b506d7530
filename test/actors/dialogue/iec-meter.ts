/** Scripted meters of IEC 62056-21: what was said to them, and answers that a test may replace. */
import type { ExecutionContext } from 'ava';
import { IecServer, type IecServerCommand, type IecServerEvent, type Telegram } from '../../../workers/codec/iec62056-21/index.ts';
import { type ScriptedMeter, startMeter } from './scripted.ts';

/** `null`: no answer at all. */
export type IecAnswer = Telegram | null | 'break' | 'hang-up-tcp';

export interface IecMeter extends ScriptedMeter {
  /** What came, in order: `sign-on 001`, `option 6`, `R1 798001(10)`, `break`. */
  readonly heard: string[];
  /** Answers to come in place of the usual ones, by the start of what was heard; the first that fits is used up. */
  readonly instead: { readonly to: string; readonly answer: IecAnswer }[];
}

export const ACK: Telegram = { type: 'ack' };
export const NAK: Telegram = { type: 'nak' };
export const data = (text: string): Telegram => ({ type: 'answer', data: text, terminator: 'ETX' });
export const error = (errorCode: string): Telegram => ({ type: 'error', errorCode, terminator: 'ETX' });

export interface IecBehaviour {
  readonly identification: string;
  readonly manufacturer: string;
  readonly address: string;
  readonly modeCharacter: string;
  readonly operand: string;
  answer(command: string, value: string): IecAnswer;
}

export async function startIecMeter(t: ExecutionContext, behaviour: IecBehaviour): Promise<IecMeter> {
  const heard: string[] = [];
  const instead: { readonly to: string; readonly answer: IecAnswer }[] = [];
  const { manufacturer, identification, address } = behaviour;
  const identity = { type: 'identification', manufacturer, baudChar: '5', enhanced: [], identification } as const;

  const choose = (said: string, usual: () => IecAnswer): IecAnswer => {
    heard.push(said);
    const at = instead.findIndex(({ to }) => said.startsWith(to));
    return at < 0 ? usual() : (instead.splice(at, 1)[0]?.answer ?? null);
  };
  const given = (answer: IecAnswer): readonly (IecServerCommand | 'hang-up-tcp')[] => {
    if (answer === null) return [];
    if (answer === 'hang-up-tcp') return [answer];
    return [answer === 'break' ? { type: 'hang-up' } : { type: 'reply', telegram: answer }];
  };
  const obey = (event: IecServerEvent): readonly (IecServerCommand | 'hang-up-tcp')[] => {
    switch (event.type) {
      case 'signed-on':
        heard.push(`sign-on ${event.deviceAddress}`);
        return [];
      case 'break':
        heard.push('break');
        return [];
      case 'selected': {
        const right = event.optionChar === behaviour.modeCharacter;
        return given(
          choose(`option ${event.optionChar}`, () => (right ? { type: 'command', command: 'P0', data: behaviour.operand, terminator: 'ETX' } : identity)),
        );
      }
      case 'command': {
        const { command, data: value } = event.telegram;
        return given(choose(`${command} ${value ?? ''}`, () => behaviour.answer(command, value ?? '')));
      }
      default:
        return [];
    }
  };
  const meter = await startMeter(t, () => ({ machine: new IecServer({ identification: identity, deviceAddress: address }), obey }));
  return Object.assign(meter, { heard, instead });
}
