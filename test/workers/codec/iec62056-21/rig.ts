import type { LinkInput, LinkMachine } from '../../../../workers/codec/common/index.ts';
import { must } from '../../../../workers/codec/common/index.ts';
import { encodeTelegram, type IdentificationTelegram, type Telegram } from '../../../../workers/codec/iec62056-21/index.ts';

export const ascii = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));
export const wire = (telegram: Telegram): Uint8Array => must(encodeTelegram(telegram));
export const shown = (octets: Uint8Array): string => String.fromCharCode(...octets);

export const IDENT: IdentificationTelegram = { type: 'identification', manufacturer: 'LGZ', baudChar: '5', enhanced: [], identification: 'ZMD' };
export const P0 = wire({ type: 'command', command: 'P0', data: '(1234)', terminator: 'ETX' });

/** A link on a clock of its own: keeps what it sends and says. */
export class Rig<Command, Event> {
  readonly link: LinkMachine<Command, Event>;
  now = 0;
  deadline: number | null = null;
  sent: string[] = [];
  events: Event[] = [];

  constructor(link: LinkMachine<Command, Event>) {
    this.link = link;
  }

  step(input: LinkInput<Command>): this {
    const { send, events, deadlineMs } = this.link.step(input, this.now);
    this.sent.push(...send.map(shown));
    this.events.push(...events);
    this.deadline = deadlineMs;
    return this;
  }

  command(command: Command): this {
    return this.step({ type: 'command', command });
  }

  hear(octets: Uint8Array | string): this {
    return this.step({ type: 'octets', octets: typeof octets === 'string' ? ascii(octets) : octets });
  }

  /** Lets the time go on, waking the link at each deadline. */
  wait(ms: number): this {
    const until = this.now + ms;
    while (this.deadline !== null && this.deadline <= until) {
      this.now = Math.max(this.now, this.deadline);
      this.step({ type: 'time' });
    }
    this.now = until;
    return this;
  }

  /** What was sent since the last call. */
  taken(): string[] {
    const { sent } = this;
    this.sent = [];
    return sent;
  }

  /** What happened since the last call. */
  told(): Event[] {
    const { events } = this;
    this.events = [];
    return events;
  }
}
