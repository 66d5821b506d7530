/** A serial port of this machine, or a pseudo terminal, which has neither DTR nor DCD nor parity. */
import { isMainThread } from 'node:worker_threads';
import { SerialPort } from 'serialport';
import type { Timer } from '../engine/ports.ts';
import type { Stamp } from '../link/link.ts';
import { type LinePort, type OpenPort, type PortEvents, type PortRequest, stampOf } from './port.ts';

export const openSerialPort: OpenPort = async (request, events, signal) => {
  const { line, settings } = request;
  if (line.path === undefined) throw new Error('path: a serial line must have it');
  // The library's poller runs on the loop of the main thread, whichever thread opens the port: elsewhere it takes the whole process down.
  if (!isMainThread) throw new Error('serial ports work on the main thread only');
  const port = new SerialPort({
    path: line.path,
    baudRate: line.baud,
    dataBits: settings.dataBits,
    parity: settings.parity,
    stopBits: settings.stopBits,
    rtscts: line.rtscts,
    autoOpen: false,
  });
  await new Promise<void>((resolve, reject) => port.open((error) => (error ? reject(error) : resolve())));
  const dtr = await canSetDtr(port);
  const open = new OpenSerialPort(port, dtr, request, events);
  if (signal.aborted) {
    await open.close();
    throw new Error('no longer wanted');
  }
  return open;
};

function canSetDtr(port: SerialPort): Promise<boolean> {
  return new Promise((resolve) => port.set({ dtr: true, rts: true }, (error) => resolve(error === null || error === undefined)));
}

class OpenSerialPort implements LinePort {
  readonly dtr: boolean;
  readonly #port: SerialPort;
  readonly #request: PortRequest;
  readonly #events: PortEvents;
  #poll: Timer | undefined;
  #closing: Promise<void> | undefined;

  constructor(port: SerialPort, dtr: boolean, request: PortRequest, events: PortEvents) {
    this.dtr = dtr;
    this.#port = port;
    this.#request = request;
    this.#events = events;
    port.on('data', (octets: Uint8Array) => events.octets(octets, stampOf(request.clock)));
    port.on('error', (error) => this.#lost(error.message));
    port.on('close', () => this.#lost('it was closed'));
    if (request.line.watchCarrier) this.#pollCarrier();
  }

  write(octets: Uint8Array): Promise<Stamp> {
    return new Promise((resolve, reject) => {
      this.#port.write(octets, (error) => (error ? reject(error) : resolve(stampOf(this.#request.clock))));
    });
  }

  setDtr(high: boolean): void {
    if (!this.dtr || !this.#port.isOpen) return;
    this.#port.set({ dtr: high, rts: true }, (error) => {
      if (error) this.#lost(error.message);
    });
  }

  discard(): void {
    if (this.#port.isOpen) this.#port.flush(() => {});
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#poll?.cancel();
    if (!this.#port.isOpen) return;
    await new Promise<void>((resolve) => this.#port.close(() => resolve()));
  }

  #pollCarrier(): void {
    this.#poll = this.#request.clock.after(this.#request.line.carrierPollMs, () => {
      if (this.#closing !== undefined || !this.#port.isOpen) return;
      this.#port.get((error, pins) => {
        // A port without the pin is not asked again.
        if (error || pins === undefined || this.#closing !== undefined) return;
        this.#events.carrier(pins.dcd);
        this.#pollCarrier();
      });
    });
  }

  #lost(text: string): void {
    if (this.#closing !== undefined) return;
    this.#closing = this.#close();
    this.#events.lost(text);
  }
}
