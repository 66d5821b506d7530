/**
 * The legacy gateway: takes files from a folder, keeps them, checks them, and writes a receipt for each id (appointments 9.2).
 *
 * I1  A file id of a sender is taken once. The same id with the same bytes is receipted again and counted once; with other bytes it is
 *     reported as a conflict and not counted.
 * I2  A file is moved into the store before its receipt is written; what was taken before a restart is known after it.
 */
import { existsSync, type FSWatcher, mkdirSync, readdirSync, readFileSync, renameSync, statSync, unlinkSync, watch, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type DtnFile, type DtnLine, parseDtnFile, parseDtnName } from './dtn-file.ts';
import { dtnTimestamp } from './london.ts';

export interface DtnOptions {
  /** May hold `{mpid}`: then every folder of that form is served. */
  readonly outDirectory: string;
  readonly receiptsDirectory: string;
  readonly receiptDelayMs: number;
  readonly pollMs: number;
}

/** The next files are refused, or nothing answers. */
export interface DtnMood {
  /** Refuse so many files with this text. */
  readonly refuse?: number;
  readonly text?: string;
  /** Take files but write no receipts. */
  readonly silent?: boolean;
  /** Leave files where they are. */
  readonly away?: boolean;
}

type Taken = { readonly sender: string; readonly name: string; readonly text: string; readonly outcome: 'ACK' | 'REJ'; readonly rule: string };
type Folder = { readonly out: string; readonly receipts: string };

const PLACEHOLDER = '{mpid}';

export class DtnGateway {
  readonly #options: DtnOptions;
  readonly #store: string;
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #taken = new Map<string, Taken>();
  readonly #lines = new Map<string, { readonly line: DtnLine; times: number }>();
  readonly #conflicts: string[] = [];
  readonly #receipts = new Set<NodeJS.Timeout>();
  #poll: NodeJS.Timeout | null = null;
  #mood: DtnMood = {};
  #refusals = 0;

  constructor(options: DtnOptions, storeDirectory: string) {
    this.#options = options;
    this.#store = storeDirectory;
  }

  start(): void {
    mkdirSync(this.#store, { recursive: true });
    for (const name of readdirSync(this.#store).sort())
      if (name.endsWith('.json')) this.#remember(JSON.parse(readFileSync(join(this.#store, name), 'utf8')) as Taken);
    for (const taken of this.#taken.values()) this.#receiptIfMissing(taken);
    this.#poll = setInterval(() => this.#look(), this.#options.pollMs);
    this.#look();
  }

  stop(): void {
    if (this.#poll !== null) clearInterval(this.#poll);
    for (const watcher of this.#watchers.values()) watcher.close();
    for (const timer of this.#receipts) clearTimeout(timer);
  }

  setMood(mood: DtnMood): void {
    this.#mood = mood;
    this.#refusals = mood.refuse ?? 0;
    this.#look();
  }

  /** Lines of files that were not refused, with how often each was seen; test files left out. */
  view(): {
    readonly files: number;
    readonly refused: number;
    readonly conflicts: readonly string[];
    readonly repeated: number;
    readonly lines: readonly (DtnLine & { readonly times: number })[];
  } {
    const lines = [...this.#lines.values()].map(({ line, times }) => ({ ...line, times }));
    const refused = [...this.#taken.values()].filter((taken) => taken.outcome === 'REJ').length;
    return { files: this.#taken.size, refused, conflicts: this.#conflicts, repeated: lines.filter((line) => line.times > 1).length, lines };
  }

  #folders(): Folder[] {
    const { outDirectory: out, receiptsDirectory: receipts } = this.#options;
    const at = out.indexOf(PLACEHOLDER);
    if (at < 0) return [{ out, receipts }];
    const base = dirname(`${out.slice(0, at)}x`);
    if (!existsSync(base)) return [];
    const senders = readdirSync(base).filter((name) => /^[A-Z0-9]{4}$/.test(name));
    return senders.map((mpid) => ({ out: out.replaceAll(PLACEHOLDER, mpid), receipts: receipts.replaceAll(PLACEHOLDER, mpid) }));
  }

  #look(): void {
    if (this.#mood.away === true) return;
    for (const folder of this.#folders()) {
      mkdirSync(folder.out, { recursive: true });
      mkdirSync(folder.receipts, { recursive: true });
      if (!this.#watchers.has(folder.out)) {
        this.#watchers.set(
          folder.out,
          watch(folder.out, () => this.#look()).on('error', () => undefined),
        );
      }
      for (const name of readdirSync(folder.out).sort()) if (parseDtnName(name) !== null || name.endsWith('.usr')) this.#take(folder, name);
    }
  }

  #take(folder: Folder, name: string): void {
    const file = join(folder.out, name);
    if (!existsSync(file) || !statSync(file).isFile()) return;
    const text = readFileSync(file, 'latin1');
    const parsed = parseDtnFile(name, text);
    const sender = parsed.ok ? parsed.sender : (/^ZHV\|[^|]*\|[^|]*\|[^|]*\|([A-Z0-9]{4})\|/.exec(text)?.[1] ?? 'none');
    const key = `${sender}_${parsed.fileId ?? name}`;
    const known = this.#taken.get(key);
    if (known !== undefined) {
      if (known.text !== text) this.#conflicts.push(key);
      unlinkSync(file);
      this.#receipt(folder, known, parsed.fileId);
      return;
    }
    const taken = this.#judge(parsed, sender, name, text);
    writeFileSync(join(this.#store, `${key}.part`), JSON.stringify(taken));
    renameSync(join(this.#store, `${key}.part`), join(this.#store, `${key}.json`));
    this.#remember(taken);
    unlinkSync(file);
    this.#receipt(folder, taken, parsed.fileId);
  }

  #judge(parsed: DtnFile, sender: string, name: string, text: string): Taken {
    if (!parsed.ok) return { sender, name, text, outcome: 'REJ', rule: parsed.rule };
    if (this.#refusals > 0) {
      this.#refusals -= 1;
      return { sender, name, text, outcome: 'REJ', rule: this.#mood.text ?? 'refused by the gateway' };
    }
    return { sender, name, text, outcome: 'ACK', rule: 'delivered' };
  }

  #remember(taken: Taken): void {
    const parsed = parseDtnFile(taken.name, taken.text);
    this.#taken.set(`${taken.sender}_${parsed.fileId ?? taken.name}`, taken);
    if (taken.outcome === 'REJ' || !parsed.ok || parsed.test) return;
    for (const line of parsed.lines) {
      const key = `${line.mpan}|${line.recipient}|${line.reason}|${line.effectiveTo}`;
      const held = this.#lines.get(key);
      if (held === undefined) this.#lines.set(key, { line, times: 1 });
      else held.times += 1;
    }
  }

  #receipt(folder: Folder, taken: Taken, fileId: string | null): void {
    if (fileId === null || this.#mood.silent === true) return;
    const timer = setTimeout(() => {
      this.#receipts.delete(timer);
      const file = join(folder.receipts, `${fileId}.rcp`);
      writeFileSync(`${file}.part`, `${taken.outcome}|${fileId}|${dtnTimestamp(Date.now())}|${taken.rule}\n`);
      renameSync(`${file}.part`, file);
    }, this.#options.receiptDelayMs);
    this.#receipts.add(timer);
  }

  /** A receipt that was owed when the process ended. One that was read and removed is written again; the reader knows it by its id. */
  #receiptIfMissing(taken: Taken): void {
    const named = parseDtnName(taken.name);
    const folder = this.#folders().find(
      (one) => !this.#options.outDirectory.includes(PLACEHOLDER) || one.out === this.#options.outDirectory.replaceAll(PLACEHOLDER, taken.sender),
    );
    if (named === null || folder === undefined || existsSync(join(folder.receipts, `${named.fileId}.rcp`))) return;
    mkdirSync(folder.receipts, { recursive: true });
    this.#receipt(folder, taken, named.fileId);
  }
}
