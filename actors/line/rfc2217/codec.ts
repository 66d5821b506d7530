/**
 * Telnet with the COM-PORT option as a client, without sockets (RFC 854, 856, 858, 1143 in small, 2217).
 *
 * ```
 *   FF FF              one octet FF of the data
 *   FF FB..FE option   WILL WONT DO DONT
 *   FF FA 2C cmd … FF F0   COM-PORT subnegotiation, FF doubled inside too
 * ```
 */
const IAC = 0xff;
const SE = 0xf0;
const SB = 0xfa;
const WILL = 0xfb;
const WONT = 0xfc;
const DO = 0xfd;
const DONT = 0xfe;

const BINARY = 0;
const SUPPRESS_GO_AHEAD = 3;
const COM_PORT = 44;
const WANTED: readonly number[] = [BINARY, SUPPRESS_GO_AHEAD, COM_PORT];

/** Client commands of the COM-PORT option; the server answers with 100 more. */
export const COM = { baud: 1, dataSize: 2, parity: 3, stopSize: 4, control: 5, modemState: 7, suspend: 8, resume: 9, modemStateMask: 11, purge: 12 } as const;
export const SERVER = 100;

export type TelnetEvent =
  | { readonly type: 'data'; readonly octets: Uint8Array }
  /** The server does, or refuses, the COM-PORT option. */
  | { readonly type: 'com-port'; readonly agreed: boolean }
  /** A COM-PORT message of the server. */
  | { readonly type: 'com'; readonly command: number; readonly value: Uint8Array };

export interface TelnetStep {
  readonly send: readonly Uint8Array[];
  readonly events: readonly TelnetEvent[];
}

/** Longest subnegotiation that is kept; none of the option is near it. */
const MAX_SUB = 64;

type Mode = 'data' | 'iac' | 'option' | 'sub' | 'sub-iac';

export class TelnetCodec {
  #mode: Mode = 'data';
  #verb = 0;
  #sub: number[] = [];
  /** Options that we do, and that the server does. */
  readonly #ours = new Set<number>();
  readonly #theirs = new Set<number>();
  /** Offers and wishes that are not answered yet, so that an answer is not answered. */
  readonly #offered = new Set<number>(WANTED);
  readonly #wished = new Set<number>([BINARY, SUPPRESS_GO_AHEAD]);
  #afterCr = false;

  /** What opens the connection. */
  start(): Uint8Array {
    return Uint8Array.from([...this.#offered].flatMap((option) => [IAC, WILL, option]).concat([...this.#wished].flatMap((option) => [IAC, DO, option])));
  }

  /** Data for the wire: FF doubled; without BINARY a lone CR is followed by NUL. */
  encode(octets: Uint8Array): Uint8Array {
    const out: number[] = [];
    for (const octet of octets) {
      out.push(octet);
      if (octet === IAC) out.push(IAC);
      else if (octet === 0x0d && !this.#ours.has(BINARY)) out.push(0);
    }
    return Uint8Array.from(out);
  }

  /** A COM-PORT command for the wire. */
  command(command: number, value: readonly number[]): Uint8Array {
    return Uint8Array.from([IAC, SB, COM_PORT, command, ...value.flatMap((octet) => (octet === IAC ? [IAC, IAC] : [octet])), IAC, SE]);
  }

  decode(octets: Uint8Array): TelnetStep {
    const send: Uint8Array[] = [];
    const events: TelnetEvent[] = [];
    let data: number[] = [];
    const flush = () => {
      if (data.length > 0) events.push({ type: 'data', octets: Uint8Array.from(data) });
      data = [];
    };
    for (const octet of octets) {
      switch (this.#mode) {
        case 'data':
          if (octet === IAC) this.#mode = 'iac';
          else this.#data(octet, data);
          break;
        case 'iac':
          if (octet === IAC) {
            this.#data(IAC, data);
            this.#mode = 'data';
          } else if (octet === SB) {
            this.#sub = [];
            this.#mode = 'sub';
          } else if (octet >= WILL) {
            this.#verb = octet;
            this.#mode = 'option';
          } else this.#mode = 'data';
          break;
        case 'option':
          flush();
          this.#negotiate(octet, send, events);
          this.#mode = 'data';
          break;
        case 'sub':
          if (octet === IAC) this.#mode = 'sub-iac';
          else if (this.#sub.length < MAX_SUB) this.#sub.push(octet);
          break;
        case 'sub-iac':
          if (octet === IAC) {
            if (this.#sub.length < MAX_SUB) this.#sub.push(IAC);
            this.#mode = 'sub';
          } else {
            flush();
            if (octet === SE) this.#subnegotiation(events);
            this.#mode = 'data';
          }
      }
    }
    flush();
    return { send, events };
  }

  #data(octet: number, data: number[]): void {
    const padding = this.#afterCr && octet === 0 && !this.#theirs.has(BINARY);
    this.#afterCr = octet === 0x0d;
    if (!padding) data.push(octet);
  }

  #negotiate(option: number, send: Uint8Array[], events: TelnetEvent[]): void {
    const wanted = WANTED.includes(option);
    switch (this.#verb) {
      case DO:
      case DONT: {
        const agreed = this.#verb === DO && wanted;
        const asked = this.#offered.delete(option);
        const changed = agreed !== this.#ours.has(option);
        if (agreed) this.#ours.add(option);
        else this.#ours.delete(option);
        if (!asked && (changed || (this.#verb === DO && !wanted))) send.push(Uint8Array.from([IAC, agreed ? WILL : WONT, option]));
        if (option === COM_PORT && (asked || changed)) events.push({ type: 'com-port', agreed });
        return;
      }
      default: {
        const agreed = this.#verb === WILL && wanted;
        const asked = this.#wished.delete(option);
        const changed = agreed !== this.#theirs.has(option);
        if (agreed) this.#theirs.add(option);
        else this.#theirs.delete(option);
        if (!asked && (changed || (this.#verb === WILL && !wanted))) send.push(Uint8Array.from([IAC, agreed ? DO : DONT, option]));
      }
    }
  }

  #subnegotiation(events: TelnetEvent[]): void {
    const [option, command, ...value] = this.#sub;
    if (option === COM_PORT && command !== undefined) events.push({ type: 'com', command, value: Uint8Array.from(value) });
  }
}
