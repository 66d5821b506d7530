import type { ExecutionContext } from 'ava';
import { must, mustDecode, toHex } from '../../../../workers/codec/common/index.ts';
import {
  decodeEdmiCommand,
  EDMI_REGISTERS,
  type EdmiCommand,
  EdmiServer,
  type EdmiServerCommand,
  type EdmiServerEvent,
  encodeEdmiClock,
  encodeEdmiCommand,
  encodeEdmiText,
} from '../../../../workers/codec/edmi/index.ts';
import { type ProfileChange, profileOf, type ScriptedMeter, startMeter, type Talk, talkTo } from '../scripted.ts';

export const SERIAL = 204_836_118;
export const CLOCK = { year: 2019, month: 1, day: 2, hour: 4, minute: 2, second: 15 };
export const ACK: EdmiCommand = { kind: 'ack' };
export const can = (errorCode: number | null): EdmiCommand => ({ kind: 'can', errorCode });

export type EdmiAnswer = EdmiCommand | null | 'hang-up-tcp';

export interface EdmiMeter extends ScriptedMeter {
  /** `esc`, `L EDMI,secret`, `R F002`, `W F03D 02011304022800`, `X`; `@serial` behind what came in an extended frame. */
  readonly heard: string[];
  readonly instead: { readonly to: string; readonly answer: EdmiAnswer }[];
}

function said(command: EdmiCommand): string {
  switch (command.kind) {
    case 'login':
      return `L ${command.user},${command.password}`;
    case 'logout':
      return 'X';
    case 'read':
      return `R ${command.register.toString(16).toUpperCase()}`;
    case 'write':
      return `W ${command.register.toString(16).toUpperCase()} ${toHex(command.data)}`;
    default:
      return command.kind;
  }
}

export async function startEdmi(t: ExecutionContext, login = 'EDMI,secret'): Promise<EdmiMeter> {
  const heard: string[] = [];
  const instead: { readonly to: string; readonly answer: EdmiAnswer }[] = [];
  let open = false;

  const usual = (command: EdmiCommand): EdmiAnswer => {
    if (command.kind === 'login') {
      open = `${command.user},${command.password}` === login;
      return open ? ACK : can(null);
    }
    if (command.kind === 'logout' || command.kind === 'write') return ACK;
    if (command.kind !== 'read') return can(2);
    if (!open) return can(9);
    const { register } = command;
    if (register === EDMI_REGISTERS.serialNumber) return { kind: 'read-reply', register, data: must(encodeEdmiText(String(SERIAL))) };
    return register === EDMI_REGISTERS.clock ? { kind: 'read-reply', register, data: must(encodeEdmiClock(CLOCK)) } : can(3);
  };
  const obey = (event: EdmiServerEvent): readonly (EdmiServerCommand | 'hang-up-tcp')[] => {
    if (event.type === 'wake') heard.push(event.wake);
    if (event.type !== 'request') return [];
    const command = mustDecode(decodeEdmiCommand(event.payload, { direction: 'request' }));
    const line = `${said(command)}${event.extended === null ? '' : `@${event.extended.destination}`}`;
    heard.push(line);
    const at = instead.findIndex(({ to }) => line.startsWith(to));
    const answer = at < 0 ? usual(command) : (instead.splice(at, 1)[0]?.answer ?? null);
    if (answer === null) return [];
    return [answer === 'hang-up-tcp' ? answer : { type: 'reply', payload: must(encodeEdmiCommand(answer)) }];
  };
  const meter = await startMeter(t, () => ({ machine: new EdmiServer({ serial: SERIAL }), obey }));
  return Object.assign(meter, { heard, instead });
}

export interface Given {
  readonly password?: string;
  readonly outstationAddress?: string;
  readonly change?: ProfileChange;
}

export const talk = (t: ExecutionContext, meter: EdmiMeter, { password = 'secret', outstationAddress = '', change = {} }: Given = {}): Promise<Talk> =>
  talkTo(t, meter.port, profileOf('EDMIATLAS', change), { password, outstationAddress });
