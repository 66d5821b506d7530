/**
 * A balancer in front of the gateways, as plain as can be: each request goes to the next gateway whose `/health/ready` answers 200,
 * past those that take no connection. A request that reached a gateway is never sent to another.
 */
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Gateway } from './callers.ts';

export interface Front {
  readonly httpPort: number;
  /** Requests that met a closed door and went to the next gateway. */
  readonly passedOn: () => number;
  /** Resolves when nothing is sent to the gateway any more, and all that was sent has its answer. */
  left(gateway: Gateway): Promise<void>;
  close(): Promise<void>;
}

const LOOK_MS = 250;
const LOOK_TIMEOUT_MS = 1_000;

export async function openFront(gateways: readonly Gateway[]): Promise<Front> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const live = new Set<Gateway>();
  const inHand = new Map<Gateway, number>();
  let turn = 0;
  let passedOn = 0;

  async function look(gateway: Gateway): Promise<void> {
    const url = `http://127.0.0.1:${gateway.httpPort}/health/ready`;
    const isReady = await fetch(url, { signal: AbortSignal.timeout(LOOK_TIMEOUT_MS) }).then(
      async (answer) => {
        await answer.arrayBuffer();
        return answer.ok;
      },
      () => false,
    );
    if (isReady) live.add(gateway);
    else live.delete(gateway);
  }

  /** Resolves with false when the gateway took no connection, so that nothing was sent. */
  function forward(gateway: Gateway, caller: IncomingMessage, body: Buffer, response: ServerResponse): Promise<boolean> {
    const { method, url, headers } = caller;
    return new Promise((resolve) => {
      const sent = request({ host: '127.0.0.1', port: gateway.httpPort, method, path: url, headers, agent }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
        resolve(true);
      });
      sent.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'ECONNREFUSED') return resolve(false);
        response.writeHead(502).end(`${gateway.name}: ${error.code ?? error.message}`);
        resolve(true);
      });
      sent.end(body);
    });
  }

  async function serve(caller: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of caller) pieces.push(piece as Buffer);
    const body = Buffer.concat(pieces);
    const order = gateways.filter((one) => live.has(one));
    const first = turn++;
    for (const place of order.keys()) {
      const gateway = order[(first + place) % order.length];
      if (!gateway) continue;
      inHand.set(gateway, (inHand.get(gateway) ?? 0) + 1);
      const isAnswered = await forward(gateway, caller, body, response).finally(() => inHand.set(gateway, (inHand.get(gateway) ?? 0) - 1));
      if (isAnswered) return;
      passedOn++;
    }
    response.writeHead(502).end('no gateway takes a connection');
  }

  const server = createServer((caller, response) => void serve(caller, response).catch(() => response.destroy()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  await Promise.all(gateways.map(look));
  const timer = setInterval(() => gateways.forEach((gateway) => void look(gateway)), LOOK_MS);
  return {
    httpPort: (server.address() as AddressInfo).port,
    passedOn: () => passedOn,
    async left(gateway) {
      while (live.has(gateway) || (inHand.get(gateway) ?? 0) > 0) await pause(LOOK_MS / 5);
    },
    async close() {
      clearInterval(timer);
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
      agent.destroy();
    },
  };
}
