/** A client of the live sockets that knows nothing of ours: the package `ws`, and what came. */
import type { ExecutionContext } from 'ava';
import { WebSocket } from 'ws';

/** Who opens it, and how. */
export interface Shown {
  readonly key?: string;
  readonly token?: string;
  readonly cookie?: string;
  readonly origin?: string;
  readonly host?: string;
  /** PEM of whoever vouches for the other side. */
  readonly ca?: string;
}

// biome-ignore lint/suspicious/noExplicitAny: what came over the wire
export type Frame = any;

export interface Closed {
  readonly code: number;
  readonly reason: string;
}

export class LiveSocket {
  readonly ws: WebSocket;
  /** All that came. */
  readonly frames: Frame[] = [];
  readonly closed: Promise<Closed>;
  #unread = 0;
  #wake: () => void = () => {};

  constructor(ws: WebSocket) {
    this.ws = ws;
    ws.on('message', (data) => {
      this.frames.push(JSON.parse(String(data)));
      this.#wake();
    });
    this.closed = new Promise((resolve) => {
      ws.on('close', (code, reason) => {
        resolve({ code, reason: String(reason) });
        this.#wake();
      });
    });
    ws.on('error', () => {});
  }

  static async open(t: ExecutionContext, url: string, { key, token, cookie, origin, host, ca }: Shown = {}): Promise<LiveSocket> {
    const headers = { ...(cookie === undefined ? {} : { cookie }), ...(host === undefined ? {} : { host }) };
    const ws = new WebSocket(url, { headers, perMessageDeflate: false, ...(origin === undefined ? {} : { origin }), ...(ca === undefined ? {} : { ca }) });
    const socket = new LiveSocket(ws);
    t.teardown(() => ws.terminate());
    await new Promise<void>((resolve, reject) => {
      ws.once('open', () => resolve());
      ws.once('unexpected-response', (_request, response) => reject(new Error(`refused with ${response.statusCode}`)));
      ws.once('error', reject);
    });
    if (key !== undefined) socket.send({ kind: 'auth', key });
    if (token !== undefined) socket.send({ kind: 'auth', token });
    return socket;
  }

  send(frame: object | string): void {
    this.ws.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  subscribe(sub: string, filter: object, after?: number): void {
    this.send({ kind: 'subscribe', sub, filter, ...(after === undefined ? {} : { after }) });
  }

  /** The next frame not yet read of a kind (of any); those before it are passed over. Rejects when the socket closes first. */
  async next(kind?: string, where: (frame: Frame) => boolean = () => true): Promise<Frame> {
    for (;;) {
      while (this.#unread < this.frames.length) {
        const frame = this.frames[this.#unread++];
        if ((kind === undefined || frame.kind === kind) && where(frame)) return frame;
      }
      if (this.ws.readyState === WebSocket.CLOSED)
        throw new Error(`closed: ${JSON.stringify(await this.closed)}, after ${JSON.stringify(this.frames.slice(-3))}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  of(kind: string): Frame[] {
    return this.frames.filter((frame) => frame.kind === kind);
  }
}
