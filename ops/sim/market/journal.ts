/**
 * The DIP's delivery journal on disk: one JSON line for each request that was accepted and each delivery that was settled. A line is
 * handed to the operating system before the request is answered, so the journal survives the end of the process by any means.
 *
 * I1  What was answered as accepted is in the file.
 * I2  A message whose line `ok` is missing is sent again after a restart.
 * I3  A torn last line was never answered for; it is cut off.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, fstatSync, fsyncSync, ftruncateSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import type { Flow } from './flow.ts';
import type { Injected } from './publication.ts';

export type Entry =
  | { readonly t: 'hdr'; readonly v: 1; readonly id: string }
  | { readonly t: 'in'; readonly f: Flow; readonly h: string }
  | { readonly t: 'seen'; readonly s: string; readonly h: string; readonly c?: number }
  | { readonly t: 'pub'; readonly p: Injected }
  | { readonly t: Settled; readonly i: readonly string[] };
export type Settled = 'ok' | 'rej' | 'exh';

export class Journal {
  readonly #file: string;
  #fd: number;
  /** Distinguishes the transaction ids of this journal from those of another. */
  readonly instance: string;
  #bytes: number;

  constructor(file: string, fd: number, instance: string, bytes: number) {
    this.#file = file;
    this.#fd = fd;
    this.instance = instance;
    this.#bytes = bytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  append(entries: readonly Entry[]): void {
    if (entries.length === 0) return;
    let text = '';
    for (const entry of entries) text += `${JSON.stringify(entry)}\n`;
    this.#bytes += writeSync(this.#fd, text);
  }

  /** Puts a shorter journal in the place of this one, whole or not at all. */
  rewrite(entries: Iterable<Entry>): void {
    const fd = openSync(`${this.#file}.part`, 'w');
    let bytes = writeSync(fd, `${JSON.stringify({ t: 'hdr', v: 1, id: this.instance } satisfies Entry)}\n`);
    let text = '';
    for (const entry of entries) {
      text += `${JSON.stringify(entry)}\n`;
      if (text.length < 1 << 20) continue;
      bytes += writeSync(fd, text);
      text = '';
    }
    if (text !== '') bytes += writeSync(fd, text);
    fsyncSync(fd);
    closeSync(this.#fd);
    renameSync(`${this.#file}.part`, this.#file);
    this.#fd = fd;
    this.#bytes = bytes;
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/** Opens or creates a journal and gives what it holds, the header left out. */
export function openJournal(file: string): { readonly journal: Journal; readonly entries: readonly Entry[] } {
  const held = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const whole = held.slice(0, held.lastIndexOf('\n') + 1);
  const fd = openSync(file, existsSync(file) ? 'r+' : 'w+');
  const bytes = Buffer.byteLength(whole);
  if (fstatSync(fd).size !== bytes) ftruncateSync(fd, bytes);
  closeSync(fd);
  const appendFd = openSync(file, 'a');
  const lines = whole === '' ? [] : whole.slice(0, -1).split('\n');
  const [header, ...entries] = lines.map((line) => JSON.parse(line) as Entry);
  if (header?.t === 'hdr') return { journal: new Journal(file, appendFd, header.id, bytes), entries };
  const instance = randomBytes(4).toString('hex');
  const line = `${JSON.stringify({ t: 'hdr', v: 1, id: instance } satisfies Entry)}\n`;
  writeSync(appendFd, line);
  return { journal: new Journal(file, appendFd, instance, line.length), entries: [] };
}
