/**
 * A balancer of TCP connections in front of engines, as plain as can be: in turn, past those that do not take a connection. It does not
 * know which of them is slow or asleep; its callers find out, give up, and call again.
 */
import { connect, type Socket } from 'node:net';
import { type Door, openDoor, type Wire } from './wire.ts';

export interface Behind {
  readonly wire: Wire;
  readonly port: number;
}

const DIAL_MS = 1_000;

export function openFront(engines: readonly Behind[]): Promise<Door> {
  let next = 0;
  return openDoor((caller) => {
    caller.on('error', () => {}).pause();
    const first = next++;
    const order = engines.map((_, index) => engines[(first + index) % engines.length]).filter((one) => one !== undefined);
    void choose(order).then((chosen) => {
      if (!chosen) caller.resetAndDestroy();
      else chosen.wire.carry(caller, () => chosen.socket);
    });
  });
}

async function choose(engines: readonly Behind[]): Promise<{ readonly wire: Wire; readonly socket: Socket } | undefined> {
  for (const { wire, port } of engines) {
    if (wire.passage === 'refused') continue;
    const socket = await dial(port);
    if (socket) return { wire, socket };
  }
  return undefined;
}

function dial(port: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const late = setTimeout(() => {
      socket.destroy();
      resolve(undefined);
    }, DIAL_MS);
    socket.once('connect', () => {
      clearTimeout(late);
      socket.pause();
      resolve(socket);
    });
    socket.on('error', () => {
      clearTimeout(late);
      resolve(undefined);
    });
  });
}
