/** A bank of simulated modems and PAKNET pads that connect numbers to simulated meters. */
import { appendFileSync, readFileSync } from 'node:fs';
import type { CallRecord } from './call.ts';
import type { DeviceWorld, SimDevice } from './device.ts';
import { seeded } from './fate.ts';
import { SimModem } from './modem.ts';
import { completeOptions, type ModemBankInput, type SimNumber } from './options.ts';
import { SimPad } from './pad.ts';
import { openPtyLine } from './pty-line.ts';
import { type LineEnd, openTcpLine } from './tcp-line.ts';

/** Ended calls that are kept in memory. */
const MAX_CALLS = 100_000;

export interface ModemBank {
  readonly lines: readonly { readonly tcpPort?: number; readonly ptyPath?: string }[];
  /** Every call so far, oldest first, those that still run included; live objects. */
  readonly calls: readonly Readonly<CallRecord>[];
  /** Modems that are in a call. */
  readonly callsNow: number;
  /** A modem that is deaf never answers. */
  setDeaf(line: number, deaf: boolean): void;
  /** Lowers the pin DTR of a line, which neither TCP nor a pseudo terminal has. */
  dropDtr(line: number): void;
  /** Breaks the TCP connection of a line. */
  disconnect(line: number): void;
  /** Changes the directory, for dials from now on. */
  setNumber(number: string, entry: Partial<SimNumber>): void;
  /** Resolves once a call that fits has ended. */
  ended(fits: (call: Readonly<CallRecord>) => boolean): Promise<Readonly<CallRecord>>;
  stop(): Promise<void>;
}

/** @throws TypeError options that are not valid @throws Error a port that is taken */
export async function startModemBank(input: ModemBankInput): Promise<ModemBank> {
  const { numbersFile } = input;
  const more = numbersFile === undefined ? {} : (JSON.parse(readFileSync(numbersFile, 'utf8')) as Record<string, Partial<SimNumber>>);
  let options = completeOptions({ ...input, numbers: { ...more, ...input.numbers } });
  const calls: CallRecord[] = [];
  const waiting = new Set<(record: CallRecord) => void>();
  const modems: SimDevice[] = [];
  const ends: LineEnd[] = [];
  const random = seeded(options.seed);
  const stop = async (): Promise<void> => {
    for (const modem of modems) modem.stop();
    await Promise.all(ends.map((end) => end.stop()));
  };
  try {
    for (const [index, line] of options.lines.entries()) {
      let end: LineEnd | undefined;
      const world: DeviceWorld = {
        get options() {
          return options;
        },
        index,
        random,
        send: (octets) => end?.send(octets),
        began: (record) => {
          calls.push(record);
          if (calls.length > MAX_CALLS) calls.shift();
        },
        ended: (record) => {
          if (options.callsFile !== undefined) appendFileSync(options.callsFile, `${JSON.stringify(record)}\n`);
          for (const told of [...waiting]) told(record);
        },
      };
      const modem = line.dialogue === 'at' ? new SimModem(line, world) : new SimPad(line, world);
      modems.push(modem);
      end = line.kind === 'tcp' ? await openTcpLine(options.host, line.port, () => modem) : openPtyLine(line.link, () => modem);
      ends.push(end);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    lines: ends.map(({ tcpPort, ptyPath }) => ({ ...(tcpPort === undefined ? {} : { tcpPort }), ...(ptyPath === undefined ? {} : { ptyPath }) })),
    calls,
    get callsNow() {
      return modems.filter((modem) => modem.inCall).length;
    },
    setDeaf: (line, deaf) => {
      const modem = modems[line];
      if (modem !== undefined) modem.deaf = deaf;
    },
    dropDtr: (line) => modems[line]?.dtrLow(),
    disconnect: (line) => ends[line]?.disconnect(),
    setNumber: (number, entry) => {
      options = completeOptions({ ...options, numbers: { ...options.numbers, [number]: entry } });
    },
    ended: (fits) => {
      const already = calls.find((call) => call.endedAt !== null && fits(call));
      if (already !== undefined) return Promise.resolve(already);
      return new Promise((resolve) => {
        const told = (record: CallRecord): void => {
          if (!fits(record)) return;
          waiting.delete(told);
          resolve(record);
        };
        waiting.add(told);
      });
    },
    stop,
  };
}
