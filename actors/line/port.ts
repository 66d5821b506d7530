/** A port with a modem behind it: a serial port, or a terminal server's TCP port. The kinds differ only here. */
import type { Clock } from '../engine/ports.ts';
import type { LineSettings, Stamp } from '../link/link.ts';
import type { LineOptions } from './options.ts';

export interface LinePort {
  /** Whether DTR can be set. */
  readonly dtr: boolean;
  /** Resolves once the operating system has taken the last octet. */
  write(octets: Uint8Array): Promise<Stamp>;
  /** Does nothing where the port has no DTR. */
  setDtr(high: boolean): void;
  /** Throws away what is still on its way out, as far as the port allows. */
  discard(): void;
  /** Always ends; safe to call twice. */
  close(): Promise<void>;
}

/** Called from the callbacks of the system, before anything else happens to the octets. */
export interface PortEvents {
  /** @param octets memory of their own */
  octets(octets: Uint8Array, at: Stamp): void;
  carrier(present: boolean): void;
  /** The port is gone; told at most once, and never after `close`. */
  lost(text: string): void;
}

export interface PortRequest {
  readonly line: LineOptions;
  /** Of the UART, where there is one. */
  readonly settings: LineSettings;
  readonly clock: Clock;
}

/** @throws Error the port cannot be had; a port that opens after `signal` has fired is closed again */
export type OpenPort = (request: PortRequest, events: PortEvents, signal: AbortSignal) => Promise<LinePort>;

export function stampOf(clock: Clock): Stamp {
  return { wallMs: clock.now(), monotonicMs: clock.monotonic() };
}
