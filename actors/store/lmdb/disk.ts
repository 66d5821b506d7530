/** Watches the free space of the store's file system. */
import { statfs } from 'node:fs/promises';

export type FreeBytes = (directory: string) => Promise<number>;

export interface DiskWatchOptions {
  readonly directory: string;
  /** New work is refused when less than this is free. */
  readonly reserveBytes: number;
  readonly intervalMs: number;
  readonly freeBytes?: FreeBytes | undefined;
  /** Called after every look. */
  readonly onLook?: (() => void) | undefined;
}

export class DiskWatch {
  readonly #options: DiskWatchOptions;
  readonly #freeBytes: FreeBytes;
  #timer: NodeJS.Timeout | undefined;
  #free: number | undefined;
  #error: string | undefined;

  constructor(options: DiskWatchOptions) {
    this.#options = options;
    this.#freeBytes = options.freeBytes ?? freeBytesOf;
  }

  /** Looks once, then at every interval. */
  async start(): Promise<void> {
    await this.look();
    this.#timer = setInterval(() => void this.look(), this.#options.intervalMs).unref();
  }

  /** Never rejects: a look that fails leaves what the last one saw. */
  async look(): Promise<void> {
    try {
      this.#free = await this.#freeBytes(this.#options.directory);
      this.#error = undefined;
    } catch (error) {
      this.#error = String(error);
    }
    this.#options.onLook?.();
  }

  get freeBytes(): number | undefined {
    return this.#free;
  }

  /** Why new work is refused; undefined when it is not. */
  get shortage(): string | undefined {
    const { reserveBytes } = this.#options;
    if (this.#free === undefined || this.#free >= reserveBytes) return undefined;
    return `disk: ${this.#free} bytes are free, the reserve is ${reserveBytes}`;
  }

  get text(): string {
    return this.shortage ?? (this.#error === undefined ? 'ok' : `disk: free space is unknown: ${this.#error}`);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

async function freeBytesOf(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize;
}
