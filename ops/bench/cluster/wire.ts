/** A way to the store that counts what engines ask of it: commands by name, documents they carry, bytes both ways. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface StoreTraffic {
  readonly commands: ReadonlyMap<string, number>;
  /** Documents in sequences (inserts, updates, deletions), by collection. */
  readonly writes: ReadonlyMap<string, number>;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

export interface Wire {
  readonly port: number;
  counts(): StoreTraffic;
  close(): void;
}

const HEADER_BYTES = 16;
const OP_MSG = 2_013;
const FLAGS_BYTES = 4;

/** Listens on loopback and carries everything to `port`. */
export async function openWire(port: number): Promise<Wire> {
  const commands = new Map<string, number>();
  const sockets = new Set<Socket>();
  const writes = new Map<string, number>();
  const sums = { bytesIn: 0, bytesOut: 0 };
  const server = createServer((caller) => {
    const store = connect(port, '127.0.0.1');
    for (const socket of [caller, store]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        caller.destroy();
        store.destroy();
      });
    }
    const read = messages((message) => {
      const { name, collection, documents } = lookAt(message);
      commands.set(name, (commands.get(name) ?? 0) + 1);
      if (documents > 0) writes.set(collection, (writes.get(collection) ?? 0) + documents);
    });
    caller.on('data', (bytes: Buffer) => {
      sums.bytesIn += bytes.length;
      store.write(bytes);
      read(bytes);
    });
    store.on('data', (bytes: Buffer) => {
      sums.bytesOut += bytes.length;
      caller.write(bytes);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    counts: () => ({ commands: new Map(commands), writes: new Map(writes), ...sums }),
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Cuts a stream into the messages of the protocol: each begins with its length. */
function messages(take: (message: Buffer) => void): (bytes: Buffer) => void {
  let kept: Buffer = Buffer.alloc(0);
  return (bytes) => {
    kept = kept.length === 0 ? bytes : Buffer.concat([kept, bytes]);
    while (kept.length >= HEADER_BYTES) {
      const length = kept.readInt32LE(0);
      if (kept.length < length) return;
      take(kept.subarray(0, length));
      kept = kept.subarray(length);
    }
  };
}

const STRING = 2;

/** The name of a command is that of the first member of its document, and its value the collection; what it writes may follow as a sequence of documents. */
export function lookAt(message: Buffer): { readonly name: string; readonly collection: string; readonly documents: number } {
  let [name, collection, documents] = ['other', '', 0];
  if (message.readInt32LE(12) !== OP_MSG) return { name, collection, documents };
  for (let at = HEADER_BYTES + FLAGS_BYTES; at < message.length; ) {
    const kind = message[at++];
    const end = at + message.readInt32LE(at);
    if (kind === 0) {
      const value = message.indexOf(0, at + 5) + 1;
      name = message.toString('latin1', at + 5, value - 1);
      if (message[at + 4] === STRING) collection = message.toString('latin1', value + 4, value + 3 + message.readInt32LE(value));
    } else {
      for (let one = message.indexOf(0, at + 4) + 1; one < end; one += message.readInt32LE(one)) documents++;
    }
    at = end;
  }
  return { name, collection, documents };
}
