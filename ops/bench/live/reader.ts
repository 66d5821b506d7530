/** Very many clients in one process, as cheap as can be: plain TCP, frames counted and not understood. */
import net from 'node:net';

export interface OpenJob {
  readonly kind: 'open';
  readonly port: number;
  readonly count: number;
  /** Each subscribes to these; `#` in a text is its number. */
  readonly subscribe: readonly object[];
  /** Frames that it is to have after that, besides `ready`; then it counts as opened. */
  readonly answers: number;
}

/** `paused`: they read nothing. */
export type ReaderJob =
  | OpenJob
  | { readonly kind: 'pause'; readonly count: number }
  /** Say when so many frames came since the last such job. */
  | { readonly kind: 'await'; readonly frames: number }
  /** From now on the time since `"at":` of each frame is kept; said and forgotten. */
  | { readonly kind: 'latencies' };

class Client {
  readonly socket: net.Socket;
  paused = false;
  /** Frames that came. */
  frames = 0;
  #skip = 0;
  #head: Buffer = Buffer.alloc(0);
  #isUpgraded = false;
  onFrame: () => void = () => {};

  constructor(port: number, first: readonly object[]) {
    this.socket = net.connect(port, '127.0.0.1', () => {
      this.socket.write(
        'GET /live/v1 HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
      );
    });
    this.socket.setNoDelay(true);
    this.socket.on('error', () => {});
    this.socket.on('data', (data) => {
      if (this.#isUpgraded) this.#take(data);
      else {
        const end = data.indexOf('\r\n\r\n');
        if (end < 0 || !data.subarray(0, 12).toString().endsWith('101')) throw new Error(`reader: ${data.toString()}`);
        this.#isUpgraded = true;
        this.socket.write(Buffer.concat(first.map(masked)));
        if (end + 4 < data.length) this.#take(data.subarray(end + 4));
      }
    });
  }

  #take(data: Buffer): void {
    if (latencies) note(data);
    let chunk = data;
    if (this.#head.length > 0) {
      chunk = Buffer.concat([this.#head, data]);
      this.#head = Buffer.alloc(0);
    }
    let at = 0;
    while (at < chunk.length) {
      if (this.#skip === 0) {
        const length = lengthOf(chunk, at);
        if (!length) {
          this.#head = Buffer.from(chunk.subarray(at));
          return;
        }
        at += length.header;
        this.#skip = length.body;
      }
      const part = Math.min(this.#skip, chunk.length - at);
      at += part;
      this.#skip -= part;
      if (this.#skip > 0) return;
      this.frames++;
      this.onFrame();
    }
  }
}

function lengthOf(data: Buffer, at: number): { readonly header: number; readonly body: number } | undefined {
  const short = data[at + 1];
  if (short === undefined) return undefined;
  if (short < 126) return { header: 2, body: short };
  if (short === 126) return at + 4 <= data.length ? { header: 4, body: data.readUInt16BE(at + 2) } : undefined;
  return at + 10 <= data.length ? { header: 10, body: Number(data.readBigUInt64BE(at + 2)) } : undefined;
}

/** A text frame of a client; a mask of zeros leaves it as it is. */
function masked(frame: object): Buffer {
  const body = Buffer.from(JSON.stringify(frame));
  const head =
    body.length < 126 ? Buffer.from([0x81, 0x80 | body.length, 0, 0, 0, 0]) : Buffer.from([0x81, 0xfe, body.length >> 8, body.length & 255, 0, 0, 0, 0]);
  return Buffer.concat([head, body]);
}

const clients: Client[] = [];
let frames = 0;
let awaited: { readonly frames: number } | undefined;
let latencies: number[] | undefined;
/** Those opened at once: more would only wait in the listener's queue. */
const AT_ONCE = 200;

const MARK = Buffer.from('"at":');

/** Every mark in what came; one that is cut in two is left out. */
function note(data: Buffer): void {
  const now = performance.timeOrigin + performance.now();
  for (let at = data.indexOf(MARK); at >= 0; at = data.indexOf(MARK, at + 5)) {
    const sent = Number.parseFloat(data.toString('latin1', at + 5, at + 25));
    if (Number.isFinite(sent)) latencies?.push(now - sent);
  }
}

function counted(): void {
  frames++;
  if (awaited && frames >= awaited.frames) {
    frames -= awaited.frames;
    awaited = undefined;
    process.send?.({ at: performance.timeOrigin + performance.now() });
  }
}

async function open({ port, count, subscribe, answers }: OpenJob): Promise<void> {
  let next = 0;
  const one = async (): Promise<void> => {
    while (next < count) {
      const number = String(next++);
      const asks = subscribe.map((ask) => JSON.parse(JSON.stringify(ask).replaceAll('#', number.padStart(12, '0'))) as object);
      const client = new Client(port, [{ kind: 'auth', token: 'bench' }, ...asks]);
      await new Promise<void>((resolve) => {
        client.onFrame = () => {
          if (client.frames === answers + 1) resolve();
        };
      });
      client.onFrame = counted;
      clients.push(client);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
}

process.on('disconnect', () => process.exit());
process.on('message', (job: ReaderJob) => {
  if (job.kind === 'open') {
    for (const { socket } of clients.splice(0)) socket.destroy();
    frames = 0;
    void open(job).then(() => process.send?.({ at: performance.timeOrigin + performance.now() }));
  } else if (job.kind === 'pause') {
    for (const client of clients.slice(0, job.count)) {
      client.paused = true;
      client.socket.pause();
    }
    process.send?.({});
  } else if (job.kind === 'await') {
    awaited = job;
    frames--;
    counted();
  } else {
    process.send?.({ latencies: latencies ?? [] });
    latencies = [];
  }
});
process.send?.({});
