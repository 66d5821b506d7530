/**
 * What the machine can do at best with the same guarantee: a bare uWebSockets POST that parses JSON and puts it into LMDB.
 * Same settings of the environment, same group commit (one batch under way, what comes meanwhile is the next), and the same
 * promise: answered when synced. No checks, no keys, no actors, no history.
 */

import { App, type HttpResponse, us_socket_local_port } from 'uWebSockets.js';
import { open } from 'lmdb';

const [file = ''] = process.argv.slice(2);
/** As in `actors/store/lmdb/environment.ts`. */
const root = open<string, number>({
  path: file,
  noSubdir: true,
  overlappingSync: false,
  eventTurnBatching: false,
  mapSize: 64 * 1024 ** 3,
  pageSize: 8_192,
  encoding: 'string',
});

interface Waiting {
  readonly value: string;
  readonly res: HttpResponse;
  gone: boolean;
}

let next = Date.now() * 1_000;
let waiting: Waiting[] = [];
let busy = false;
let planned = false;

function plan(): void {
  if (busy || planned || waiting.length === 0) return;
  planned = true;
  setImmediate(() => {
    planned = false;
    void commit();
  });
}

async function commit(): Promise<void> {
  busy = true;
  const batch = waiting;
  waiting = [];
  await root.batch(() => {
    for (const { value } of batch) root.put(next++, value);
  });
  for (const { res, gone } of batch) {
    if (gone) continue;
    res.cork(() => {
      res.writeStatus('202 Accepted').writeHeader('content-type', 'application/json').end('{"request_status":"Pending"}');
    });
  }
  busy = false;
  plan();
}

App()
  .post('/*', (res) => {
    let body = Buffer.alloc(0);
    const one: Waiting[] = [];
    res.onAborted(() => {
      for (const entry of one) entry.gone = true;
    });
    res.onData((chunk, last) => {
      body = body.length === 0 ? Buffer.from(new Uint8Array(chunk)) : Buffer.concat([body, Buffer.from(new Uint8Array(chunk))]);
      if (!last) return;
      const parsed: unknown = JSON.parse(body.toString('utf8'));
      const entry = { value: JSON.stringify(parsed), res, gone: false };
      one.push(entry);
      waiting.push(entry);
      plan();
    });
  })
  .listen('127.0.0.1', 0, (socket) => {
    process.stdout.write(`${JSON.stringify({ ready: true, port: socket ? us_socket_local_port(socket) : 0 })}\n`);
  });

process.stdin.on('end', () => process.exit(0)).resume();
