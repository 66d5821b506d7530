/**
 * A modem behind a pseudo terminal: the computer opens the slave's path, the modem is the master. A pseudo terminal carries octets only:
 * no pins, no parity, and a speed that is kept and does nothing.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, constants, lstatSync, openSync, symlinkSync, unlinkSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import * as nodePty from '@lydell/node-pty';
import type { SimDevice } from './device.ts';
import type { LineEnd } from './tcp-line.ts';

/** What `open` gives; the library's types leave it out. */
interface Pair {
  readonly _pty: string;
  readonly _master: Duplex;
  readonly _slave: Duplex;
}

export interface PtyLine extends LineEnd {
  readonly ptyPath: string;
  /** The speed that whoever has the terminal open has set, bits per second; asked of the system each time, which takes some milliseconds. */
  baud(): number;
}

export function openPtyLine(link: string | undefined, device: () => Pick<SimDevice, 'receive'>): PtyLine {
  const pair: Pair = openPair({ encoding: null });
  const { _pty: path, _master: master, _slave: slave } = pair;
  // The library reads the slave too, which would take octets from the computer. A descriptor that nobody reads keeps the terminal alive
  // while no computer has it open.
  const held = openSync(path, constants.O_RDWR | constants.O_NOCTTY);
  slave.on('error', () => {});
  slave.destroy();
  master.on('data', (octets: Uint8Array) => device().receive(octets));
  master.on('error', () => {});
  if (link !== undefined) pointTo(link, path);
  return {
    ptyPath: path,
    baud: () => baudOf(held),
    send: (octets) => void master.write(octets),
    disconnect: () => {},
    stop: async () => {
      if (link !== undefined) removeLink(link);
      const closed = new Promise<void>((resolve) => void master.once('close', () => resolve()));
      master.destroy();
      closeSync(held);
      await closed;
    },
  };
}

const { open: openPair } = nodePty as unknown as { open(options: { readonly encoding: null }): Pair };

/** By an open descriptor: whoever opened the terminal may keep others from opening it. */
const baudOf = (terminal: number): number => Number(execFileSync('stty', ['speed'], { stdio: [terminal, 'pipe', 'ignore'], encoding: 'utf8' }));

function pointTo(link: string, path: string): void {
  removeLink(link);
  symlinkSync(path, link);
}

/** Only a symbolic link is ever taken away. */
function removeLink(link: string): void {
  if (lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink()) unlinkSync(link);
}
