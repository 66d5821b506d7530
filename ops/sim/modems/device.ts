/** What stands at the end of a simulated line, and what it has of the world. */
import type { CallRecord } from './call.ts';
import type { ModemBankOptions } from './options.ts';

export interface SimDevice {
  /** Never answers. */
  deaf: boolean;
  readonly inCall: boolean;
  /** Octets from the computer. */
  receive(octets: Uint8Array): void;
  /** The computer's side is gone. */
  disconnected(): void;
  dtrLow(): void;
  stop(): void;
}

export interface DeviceWorld {
  readonly options: ModemBankOptions;
  readonly index: number;
  readonly random: () => number;
  send(octets: Uint8Array): void;
  began(record: CallRecord): void;
  ended(record: CallRecord): void;
}
