/** A receiver of webhooks: a real HTTPS server that keeps what it was sent and answers what the test says. */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { generate } from 'selfsigned';

export interface Received {
  readonly path: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

type Answer = (request: Received, response: ServerResponse, count: number) => void;

const made = generate([{ name: 'commonName', value: 'receiver.test' }], {
  keySize: 2048,
  algorithm: 'sha256',
  extensions: [
    { name: 'basicConstraints', cA: true },
    {
      name: 'subjectAltName',
      altNames: [
        { type: 2, value: 'receiver.test' },
        { type: 2, value: 'slow.test' },
        { type: 7, ip: '127.0.0.1' },
      ],
    },
  ],
});

export class Receiver {
  readonly received: Received[] = [];
  /** Connections that were made. */
  connections = 0;
  answer: Answer = (_request, response) => void response.writeHead(200).end();
  readonly #server: Server;
  readonly #waiting: { readonly count: number; readonly resolve: () => void }[] = [];

  constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<Receiver> {
    const { private: key, cert } = await made;
    const server = createServer({ key, cert });
    const receiver = new Receiver(server);
    server.on('request', (request, response) => void receiver.#take(request, response));
    server.on('secureConnection', () => receiver.connections++);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return receiver;
  }

  /** PEM of whoever vouches for it. */
  static async ca(): Promise<string> {
    return (await made).cert;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  url(path = '/hook', host = 'receiver.test'): string {
    return `https://${host}:${this.port}${path}`;
  }

  /** Resolves once so many requests came in all. */
  got(count: number): Promise<void> {
    if (this.received.length >= count) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ count, resolve }));
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    request.on('error', () => {});
    response.on('error', () => {});
    for await (const piece of request) pieces.push(piece as Buffer);
    const one: Received = { path: request.url ?? '', headers: request.headers as Received['headers'], body: Buffer.concat(pieces).toString('utf8') };
    this.received.push(one);
    this.answer(one, response, this.received.length);
    for (const waiting of [...this.#waiting]) {
      if (this.received.length < waiting.count) continue;
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
      waiting.resolve();
    }
  }
}
