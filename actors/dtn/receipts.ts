/**
 * Reads the gateway's receipts and tells the files. A receipt's file goes away only after the commit, so a crash in between
 * reads it again, which changes nothing. What cannot be understood or belongs to nobody is moved into `bad/` beside it.
 *
 * Among many nodes the folder may be shared, or each has its own: all nodes read, and each receipt is claimed by renaming it.
 *
 *     0000000001.rcp ─rename, one node wins─► 0000000001.rcp~<node> ─commit─► gone
 *
 * A node finds its own claims again when it starts; those of a node that does not come back, or cannot tell
 * anybody, are taken over after `CLAIM_MS`.
 */
import { type FSWatcher, watch } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { EngineFace } from '../engine/face.ts';
import type { Ports, Timer } from '../engine/ports.ts';
import { receiptIndex } from './definition.ts';
import { foldersOf, isMissing, receiptFolders } from './folders.ts';
import { forgetOffer } from './hand-over.ts';
import type { DtnReceipt, DtnReply } from './handlers.ts';
import type { DtnAlerts, DtnOptions } from './options.ts';
import { MAX_RECEIPT_BYTES, parseReceipt } from './receipt.ts';

const ENDING = '.rcp';
const BAD = 'bad';
/** A receipt that makes no sense may still be under the gateway's pen. */
const SETTLE_MS = 5_000;
const CLAIM = '~';
/** A claim that is older belongs to a node that died: no receipt takes that long. */
const CLAIM_MS = 300_000;

export interface ReceiptsReader {
  /** Look now; resolves when every receipt that lay there was dealt with. */
  scan(): Promise<void>;
  /** Rejects when the folder cannot be read: the supervisor starts a new reader. */
  readonly done: Promise<void>;
  stop(): Promise<void>;
}

export interface ReceiptsWorld {
  readonly options: DtnOptions;
  readonly engine: Pick<EngineFace, 'command' | 'store'>;
  readonly ports: Ports;
  readonly alerts: DtnAlerts;
  /** Name of this one of many nodes; absent: this process is alone. */
  readonly node?: string;
}

/** Starts with a first scan; rejects when the folder cannot be read. */
export async function openReceiptsReader(world: ReceiptsWorld, signal: AbortSignal): Promise<ReceiptsReader> {
  const reader = new Reader(world);
  signal.addEventListener('abort', () => void reader.stop(), { once: true });
  await reader.begin();
  return reader;
}

class Reader implements ReceiptsReader {
  readonly done: Promise<void>;
  readonly #world: ReceiptsWorld;
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #end: { resolve: () => void; reject: (error: unknown) => void };
  #timer: Timer | undefined;
  #running: Promise<void> | undefined;
  #again = false;
  #stopped = false;

  constructor(world: ReceiptsWorld) {
    this.#world = world;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.done = promise;
    this.#end = { resolve, reject };
    // Whoever supervises looks at `done`; nobody has to.
    promise.catch(() => {});
  }

  async begin(): Promise<void> {
    await this.scan();
    this.#arm();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
    await this.#running?.catch(() => {});
    this.#end.resolve();
  }

  scan(): Promise<void> {
    if (this.#running) {
      this.#again = true;
      return this.#running;
    }
    this.#running = this.#scanAll().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  #arm(): void {
    if (this.#stopped) return;
    this.#timer = this.#world.ports.clock.after(this.#world.options.receiptScanMs, () => this.#look(() => this.#arm()));
  }

  /** A scan that nobody waits for: its failure ends this reader. */
  #look(then?: () => void): void {
    this.scan().then(then, (error: unknown) => {
      this.#end.reject(error);
      void this.stop();
    });
  }

  async #scanAll(): Promise<void> {
    do {
      this.#again = false;
      for (const folder of await receiptFolders(this.#world.options)) {
        this.#watch(folder.path);
        const all = await readdir(folder.path);
        for (const name of await this.#claims(folder.path, all)) if (!this.#stopped) await this.#takeClaimed(folder.path, name, folder.mpid);
        const names = all.filter((name) => name.endsWith(ENDING)).sort();
        for (const name of names) if (!this.#stopped) await this.#take(folder.path, name, folder.mpid);
      }
    } while (this.#again && !this.#stopped);
  }

  /** Watching only makes it quicker: where it fails, the next scan finds what is there. */
  #watch(path: string): void {
    if (this.#stopped || this.#watchers.has(path)) return;
    try {
      const watcher = watch(path, { persistent: false }, (_, name) => {
        if (name?.endsWith(ENDING)) this.#look();
      });
      watcher.on('error', () => {
        watcher.close();
        this.#watchers.delete(path);
      });
      this.#watchers.set(path, watcher);
    } catch (error) {
      this.#world.ports.log.debug({ path, reason: String(error) }, 'a receipts folder cannot be watched');
    }
  }

  /** Names of receipts that this node had claimed, and of those that nobody will see to any more. */
  async #claims(folder: string, all: readonly string[]): Promise<readonly string[]> {
    const { node, ports } = this.#world;
    if (node === undefined) return [];
    const names: string[] = [];
    for (const claimed of all) {
      const [name = '', by] = claimed.split(`${ENDING}${CLAIM}`);
      if (by === undefined) continue;
      if (by === node) names.push(`${name}${ENDING}`);
      else if (ports.clock.now() - (await renamedAt(join(folder, claimed))) >= CLAIM_MS && (await moved(folder, claimed, this.#claimOf(`${name}${ENDING}`))))
        names.push(`${name}${ENDING}`);
    }
    return names;
  }

  #claimOf(name: string): string {
    const { node } = this.#world;
    return node === undefined ? name : `${name}${CLAIM}${node}`;
  }

  async #take(folder: string, name: string, mpid: string | null): Promise<void> {
    const found = await readReceipt(join(folder, name));
    if (!found) return;
    const parsed = parseReceipt(name.slice(0, -ENDING.length), found.content);
    if (parsed.kind === 'bad') {
      if (this.#world.ports.clock.now() - found.changedAt >= SETTLE_MS) await this.#setAside(folder, name, name, 'dtn_receipt_bad', parsed.text);
      return;
    }
    if (this.#world.node === undefined || (await moved(folder, name, this.#claimOf(name)))) await this.#takeClaimed(folder, name, mpid);
  }

  /** It is nobody else's: whose it is, is found out only now. */
  async #takeClaimed(folder: string, name: string, mpid: string | null): Promise<void> {
    const claimed = this.#claimOf(name);
    const found = await readReceipt(join(folder, claimed));
    if (!found) return;
    const parsed = parseReceipt(name.slice(0, -ENDING.length), found.content);
    if (parsed.kind === 'bad') return this.#setAside(folder, claimed, name, 'dtn_receipt_bad', parsed.text);
    const { receipt } = parsed;
    const sender = mpid ?? (await this.#senderOf(receipt.fileId));
    const reply = sender === undefined ? { kind: 'missing' } : await this.#tell(sender, receipt);
    if (reply === undefined) return;
    if (reply.kind === 'missing' || sender === undefined) {
      await this.#setAside(folder, claimed, name, 'dtn_receipt_unknown', `file id: no file, or not one only: ${receipt.fileId}`);
      return;
    }
    await rm(join(folder, claimed), { force: true });
    await forgetOffer(foldersOf(this.#world.options, sender), receipt.fileId);
  }

  /** Undefined when the engine cannot take it now: the receipt stays for the next scan. */
  async #tell(mpid: string, receipt: DtnReceipt): Promise<DtnReply | undefined> {
    try {
      return await this.#world.engine.command<DtnReply>({
        key: mpid,
        type: 'dtn.receipt',
        payload: receipt,
        origin: 'caller',
        id: `receipt:${mpid}:${receipt.fileId}`,
      });
    } catch (error) {
      this.#world.ports.log.warn({ mpid, fileId: receipt.fileId, reason: String(error) }, 'a receipt could not be taken; it stays');
      return undefined;
    }
  }

  /** In a folder for all senders: the one that made the file; of several the one that still waits. */
  async #senderOf(fileId: string): Promise<string | undefined> {
    const { store } = this.#world.engine;
    const ids = await store.find('correlationId', receiptIndex(fileId));
    const docs = (await store.get(ids)).filter((doc) => doc !== undefined);
    const waiting = docs.filter((doc) => doc.state === 'writing' || doc.state === 'waiting');
    const wanted = docs.length === 1 ? docs : waiting;
    return wanted.length === 1 ? wanted[0]?.key : undefined;
  }

  async #setAside(folder: string, from: string, name: string, code: string, text: string): Promise<void> {
    await mkdir(join(folder, BAD), { recursive: true });
    if (!(await moved(folder, from, join(BAD, name)))) return;
    this.#world.ports.log.warn({ folder, name, reason: text }, 'a DTN receipt was set aside');
    this.#world.alerts.raise(code, `receipt ${name}: ${text}`, { name });
  }
}

/** False: somebody else was quicker. */
async function moved(folder: string, from: string, to: string): Promise<boolean> {
  try {
    await rename(join(folder, from), join(folder, to));
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** When the name of a file was changed last; of one that is gone, never. */
async function renamedAt(path: string): Promise<number> {
  try {
    return (await stat(path)).ctimeMs;
  } catch (error) {
    if (isMissing(error)) return Number.POSITIVE_INFINITY;
    throw error;
  }
}

/** Undefined when the file is gone meanwhile. */
async function readReceipt(path: string): Promise<{ readonly content: string; readonly changedAt: number } | undefined> {
  try {
    const handle = await open(path, 'r');
    try {
      const { mtimeMs } = await handle.stat();
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(MAX_RECEIPT_BYTES), 0, MAX_RECEIPT_BYTES, 0);
      return { content: buffer.toString('utf8', 0, bytesRead), changedAt: mtimeMs };
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
