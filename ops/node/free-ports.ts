/** Ports of loopback that nobody listens on now. */
import { createServer, type Server } from 'node:net';

const HOST = '127.0.0.1';
/** Below the ports that systems give to outgoing connections, so that none of those takes one while its owner is being restarted. */
const BLOCKS = { from: 15_000, to: 32_000 } as const;
const TRIES = 50;

/** Any one. */
export function freePort(): Promise<number> {
  return freeBlock(1);
}

/**
 * The first of `count` free ports in a row.
 * @param random from 0 to 1
 * @throws Error when none is found
 */
export async function freeBlock(count: number, random: () => number = Math.random): Promise<number> {
  for (let tries = 0; tries < TRIES; tries++) {
    const from = BLOCKS.from + Math.floor(random() * (BLOCKS.to - BLOCKS.from - count));
    if (await isBlockFree(from, count)) return from;
  }
  throw new Error(`ports of loopback: no ${count} in a row are free`);
}

/** Nobody listens on any of `count` ports from `from` on. */
export async function isBlockFree(from: number, count: number): Promise<boolean> {
  const servers = await Promise.all(Array.from({ length: count }, (_, index) => listen(from + index)));
  await Promise.all(servers.map((server) => server && close(server)));
  return servers.every((server) => server !== undefined);
}

function listen(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, HOST, () => resolve(server));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => void server.close(() => resolve()));
}
