/**
 * Ends writes to connections that have ended.
 *
 * The driver (7.9) waits for its socket to drain once the socket's buffer is full, and for nothing else: a socket that closes
 * without an error meanwhile, or had been closed just before, never drains. The operation then hangs for ever, beyond every
 * time-out of the driver, and keeps its place in the pool; where the monitor hangs so, the server counts as away for good.
 * A server that is killed under load leaves such connections behind.
 */
import type { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';

/** What is used of the driver's own class. */
interface Connection extends EventEmitter {
  readonly closed: boolean;
  /** Why it is closed. */
  readonly error: Error | null;
  writeCommand(...request: unknown[]): Promise<void>;
}

interface ConnectionModule {
  readonly Connection: { readonly prototype: Connection };
}

const CLOSE = 'close';
const patched = new WeakSet<Connection>();

/** For every client of this process, once. @throws Error when the driver is another than it is made for */
export function endDeadWrites(): void {
  const { prototype } = (createRequire(import.meta.url)('mongodb/lib/cmap/connection.js') as ConnectionModule).Connection;
  if (patched.has(prototype)) return;
  patched.add(prototype);
  const { writeCommand } = prototype;
  if (typeof writeCommand !== 'function') throw new Error('mongodb: the driver writes its commands in another way than is known here');
  prototype.writeCommand = async function (...request) {
    const { promise, reject } = Promise.withResolvers<never>();
    const end = (): void => reject(this.error ?? new Error('connection: closed'));
    this.once(CLOSE, end);
    try {
      const written = writeCommand.apply(this, request);
      if (this.closed) end();
      await Promise.race([written, promise]);
    } finally {
      this.off(CLOSE, end);
    }
  };
}
