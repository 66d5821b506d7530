/** A terminal server that speaks RFC 2217: a serial port with its speed, parity, DTR and DCD, over Telnet. */
import type { LineSettings, Stamp } from '../../link/link.ts';
import type { LinePort, OpenPort, PortEvents, PortRequest } from '../port.ts';
import { type LineSocket, openSocket } from '../tcp-socket.ts';
import { COM, SERVER, TelnetCodec, type TelnetEvent } from './codec.ts';

const PARITIES: Readonly<Record<LineSettings['parity'], number>> = { none: 1, odd: 2, even: 3, mark: 4, space: 5 };
const NO_FLOW_CONTROL = 1;
const HARDWARE_FLOW_CONTROL = 3;
const DTR_ON = 8;
const DTR_OFF = 9;
const RTS_ON = 11;
const PURGE_BOTH = 3;
const CARRIER = 0x80;
/** Octets that may wait while the server has asked us to pause. */
const MAX_HELD = 65_536;

export const openRfc2217Port: OpenPort = async (request, events, signal) => {
  const port = new Rfc2217Port(request, events);
  try {
    await port.open(signal);
  } catch (error) {
    await port.close();
    throw error;
  }
  return port;
};

interface Held {
  readonly octets: Uint8Array;
  send(): void;
  refuse(error: Error): void;
}

class Rfc2217Port implements LinePort {
  readonly dtr = true;
  readonly #request: PortRequest;
  readonly #events: PortEvents;
  readonly #codec = new TelnetCodec();
  #socket: LineSocket | undefined;
  #suspended = false;
  readonly #held: Held[] = [];
  /** Settings that opening waits to see confirmed, by the server's command. */
  readonly #awaited = new Map<number, { readonly name: string; readonly value: readonly number[] }>();
  #settled: { resolve(): void; reject(error: Error): void } | undefined;

  constructor(request: PortRequest, events: PortEvents) {
    this.#request = request;
    this.#events = events;
  }

  async open(signal: AbortSignal): Promise<void> {
    const settled = new Promise<void>((resolve, reject) => {
      this.#settled = { resolve, reject };
    });
    // Whoever fails first, the socket or the negotiation, is the one who is told.
    settled.catch(() => {});
    const events = { octets: (octets: Uint8Array, at: Stamp) => this.#receive(octets, at), lost: (text: string) => this.#lost(text) };
    this.#socket = await openSocket(this.#request, events, signal);
    const abort = () => this.#settled?.reject(new Error('no longer wanted'));
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    this.#send(this.#codec.start());
    try {
      await settled;
    } finally {
      signal.removeEventListener('abort', abort);
      this.#settled = undefined;
    }
  }

  write(octets: Uint8Array): Promise<Stamp> {
    const socket = this.#socket;
    if (socket === undefined) return Promise.reject(new Error('the port is not open'));
    if (!this.#suspended) return socket.write(this.#codec.encode(octets));
    const waiting = this.#held.reduce((sum, held) => sum + held.octets.length, 0);
    if (waiting + octets.length > MAX_HELD) return Promise.reject(new Error(`the terminal server holds up more than ${MAX_HELD} octets`));
    return new Promise((resolve, reject) => {
      this.#held.push({ octets, send: () => void socket.write(this.#codec.encode(octets)).then(resolve, reject), refuse: reject });
    });
  }

  setDtr(high: boolean): void {
    this.#command(COM.control, [high ? DTR_ON : DTR_OFF]);
  }

  discard(): void {
    this.#refuseHeld();
    this.#command(COM.purge, [PURGE_BOTH]);
  }

  async close(): Promise<void> {
    this.#refuseHeld();
    await this.#socket?.close();
  }

  #receive(octets: Uint8Array, at: Stamp): void {
    const { send, events } = this.#codec.decode(octets);
    for (const part of send) this.#send(part);
    for (const event of events) this.#handle(event, at);
  }

  #handle(event: TelnetEvent, at: Stamp): void {
    switch (event.type) {
      case 'data':
        this.#events.octets(event.octets, at);
        return;
      case 'com-port':
        if (event.agreed) this.#configure();
        else this.#settled?.reject(new Error('the terminal server does not speak RFC 2217'));
        return;
      case 'com':
        this.#message(event.command, event.value);
    }
  }

  #message(command: number, value: Uint8Array): void {
    switch (command) {
      case COM.modemState + SERVER:
        if (this.#request.line.watchCarrier) this.#events.carrier(((value[0] ?? 0) & CARRIER) !== 0);
        return;
      case COM.suspend + SERVER:
        this.#suspended = true;
        return;
      case COM.resume + SERVER:
        this.#suspended = false;
        for (const held of this.#held.splice(0)) held.send();
        return;
      default:
        this.#confirmed(command, value);
    }
  }

  /** The server answers with what it has set, which may be something else. */
  #confirmed(command: number, value: Uint8Array): void {
    const wanted = this.#awaited.get(command);
    if (wanted === undefined) return;
    this.#awaited.delete(command);
    if (wanted.value.some((octet, index) => octet !== value[index])) {
      this.#settled?.reject(new Error(`${wanted.name}: the terminal server set another value`));
    } else if (this.#awaited.size === 0) this.#settled?.resolve();
  }

  #configure(): void {
    const { line, settings } = this.#request;
    const rate = line.baud;
    this.#awaited.clear();
    this.#set('baud', COM.baud, [(rate >>> 24) & 0xff, (rate >>> 16) & 0xff, (rate >>> 8) & 0xff, rate & 0xff]);
    this.#set('data bits', COM.dataSize, [settings.dataBits]);
    this.#set('parity', COM.parity, [PARITIES[settings.parity]]);
    this.#set('stop bits', COM.stopSize, [settings.stopBits]);
    this.#command(COM.control, [line.rtscts ? HARDWARE_FLOW_CONTROL : NO_FLOW_CONTROL]);
    this.#command(COM.control, [DTR_ON]);
    this.#command(COM.control, [RTS_ON]);
    if (line.watchCarrier) this.#command(COM.modemStateMask, [CARRIER]);
  }

  #set(name: string, command: number, value: readonly number[]): void {
    this.#awaited.set(command + SERVER, { name, value });
    this.#command(command, value);
  }

  #command(command: number, value: readonly number[]): void {
    this.#send(this.#codec.command(command, value));
  }

  #send(octets: Uint8Array): void {
    // A loss is told by the socket's own events.
    this.#socket?.write(octets).catch(() => {});
  }

  #lost(text: string): void {
    this.#refuseHeld();
    if (this.#settled === undefined) this.#events.lost(text);
    else this.#settled.reject(new Error(text));
  }

  #refuseHeld(): void {
    for (const held of this.#held.splice(0)) held.refuse(new Error('the port is closed'));
  }
}
