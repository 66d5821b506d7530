/** A link machine on the test bench: frames go in and come out as short text, time is a number that the test sets. */
import { type LinkMachine, type LinkStep, must, mustDecode, toHex } from '../../../../workers/codec/common/index.ts';
import { clientAddress, decodeHdlcFrame, encodeHdlcFrame, type HdlcContent, serverAddress } from '../../../../workers/codec/hdlc/index.ts';
import { octetsOf } from './vectors.ts';

export const CLIENT = clientAddress(16);
export const SERVER = serverAddress(1);

/** `I 0 1 P E6E600C0`, `I+ …` with the segment bit, `RR 1 P`, `SNRM P 8180…`; P stands for final too. */
export function sketch(octets: Uint8Array): string {
  const frame = mustDecode(decodeHdlcFrame(octets));
  const words: (string | number)[] = [frame.segmented ? `${frame.type}+` : frame.type];
  if (frame.type === 'I') words.push(frame.ns);
  if ('nr' in frame) words.push(frame.nr);
  if (frame.pf) words.push('P');
  if (frame.information.length > 0) words.push(toHex(frame.information));
  return words.join(' ');
}

/** The octets of a sketch. */
export function draw(text: string, from: 'client' | 'server'): Uint8Array {
  const words = text.split(' ');
  const name = words.shift()!;
  const type = name.replace('+', '') as HdlcContent['type'];
  const numbers = words.splice(0, type === 'I' ? 2 : type === 'RR' || type === 'RNR' ? 1 : 0).map(Number);
  const pf = words[0] === 'P' && words.shift() === 'P';
  const [destination, source] = from === 'client' ? [SERVER, CLIENT] : [CLIENT, SERVER];
  const head = { destination, source, pf, segmented: name.endsWith('+'), information: octetsOf(words[0] ?? '') };
  const frame = type === 'I' ? { ...head, type, ns: numbers[0]!, nr: numbers[1]! } : { ...head, type, nr: numbers[0] ?? 0 };
  return must(encodeHdlcFrame(frame as HdlcContent));
}

export interface Seen<Event> {
  readonly sent: readonly string[];
  readonly events: readonly Event[];
  readonly deadlineMs: number | null;
}

export class Side<Command, Event> {
  nowMs = 0;
  readonly link: LinkMachine<Command, Event>;
  readonly #peer: 'client' | 'server';

  constructor(link: LinkMachine<Command, Event>, peer: 'client' | 'server') {
    this.link = link;
    this.#peer = peer;
  }

  do(command: Command): Seen<Event> {
    return this.#see(this.link.step({ type: 'command', command }, this.nowMs));
  }

  hear(...frames: readonly string[]): Seen<Event> {
    return this.octets(Uint8Array.from(frames.flatMap((text) => [...draw(text, this.#peer)])));
  }

  octets(octets: Uint8Array): Seen<Event> {
    return this.#see(this.link.step({ type: 'octets', octets }, this.nowMs));
  }

  /** Lets the deadline come, or so many milliseconds pass. */
  wait(ms?: number): Seen<Event> {
    if (ms !== undefined) this.nowMs += ms;
    const step = this.link.step({ type: 'time' }, this.nowMs);
    if (ms !== undefined || step.deadlineMs === null) return this.#see(step);
    this.nowMs = step.deadlineMs;
    return this.#see(this.link.step({ type: 'time' }, this.nowMs));
  }

  #see({ send, events, deadlineMs }: LinkStep<Event>): Seen<Event> {
    return { sent: send.map(sketch), events, deadlineMs };
  }
}
