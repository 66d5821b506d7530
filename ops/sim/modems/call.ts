/** One call: the way between a modem and the simulated meter that answers, with the record of it. */
import { connect, type Socket } from 'node:net';
import type { SimNumber } from './options.ts';
import { addParity, checkParity } from './parity.ts';

export interface CallRecord {
  /** Index of the modem. */
  readonly line: number;
  readonly number: string;
  readonly startedAt: number;
  /** Null: it never connected. */
  connectedAt: number | null;
  endedAt: number | null;
  /** The last word: `hung-up`, `dropped`, `far-end`, `disconnected`, `dtr`, `stopped`, or why there was no connection. */
  end: string | null;
  octetsToMeter: number;
  octetsFromMeter: number;
  /** Octets for the meter whose parity bit was wrong; they never reached it. */
  parityErrors: number;
}

/** @param line index of the modem */
export const newRecord = (line: number, number: string): CallRecord => ({
  line,
  number,
  startedAt: Date.now(),
  connectedAt: null,
  endedAt: null,
  end: null,
  octetsToMeter: 0,
  octetsFromMeter: 0,
  parityErrors: 0,
});

export interface CallEvents {
  connected(): void;
  data(octets: Uint8Array): void;
  /** The far end hung up, or never answered. */
  ended(): void;
}

export class SimCall {
  readonly #record: CallRecord;
  readonly #entry: SimNumber;
  readonly #dropAfterOctets: number | undefined;
  readonly #events: CallEvents;
  readonly #socket: Socket;
  #over = false;

  constructor(record: CallRecord, entry: SimNumber, dropAfterOctets: number | undefined, events: CallEvents) {
    this.#record = record;
    this.#entry = entry;
    this.#dropAfterOctets = dropAfterOctets;
    this.#events = events;
    this.#socket = connect({ host: entry.host, port: entry.port, noDelay: true });
    this.#socket.on('connect', () => {
      if (!this.#over) events.connected();
    });
    this.#socket.on('data', (octets: Uint8Array) => this.#fromMeter(octets));
    this.#socket.on('error', () => {});
    this.#socket.on('close', () => this.#end('far-end'));
    this.#socket.on('end', () => this.#end('far-end'));
  }

  toMeter(octets: Uint8Array): void {
    if (this.#over) return;
    this.#record.octetsToMeter += octets.length;
    if (this.#entry.farParity === 'even') {
      const checked = checkParity(octets);
      this.#record.parityErrors += checked.errors;
      this.#socket.write(checked.octets);
    } else this.#socket.write(octets);
    this.#dropIfDue();
  }

  /** The line drops: both ends lose it. */
  drop(): void {
    this.#end('dropped');
  }

  /** This side hangs up. */
  hangUp(reason: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#record.end = reason;
    this.#socket.destroy();
  }

  #fromMeter(octets: Uint8Array): void {
    if (this.#over) return;
    const dropAfterOctets = this.#dropAfterOctets;
    const passed = this.#record.octetsToMeter + this.#record.octetsFromMeter;
    const room = dropAfterOctets === undefined ? octets.length : Math.min(octets.length, Math.max(0, dropAfterOctets - passed));
    this.#record.octetsFromMeter += room;
    const part = octets.subarray(0, room);
    if (part.length > 0) this.#events.data(this.#entry.farParity === 'even' ? addParity(part) : part);
    this.#dropIfDue();
  }

  #dropIfDue(): void {
    if (this.#dropAfterOctets !== undefined && this.#record.octetsToMeter + this.#record.octetsFromMeter >= this.#dropAfterOctets) this.drop();
  }

  #end(reason: string): void {
    if (this.#over) return;
    this.#over = true;
    // Who never answered did not end a call.
    if (this.#record.connectedAt !== null) this.#record.end ??= reason;
    this.#socket.destroy();
    this.#events.ended();
  }
}
