/** The front of the chaos run gives callers whoever takes connections. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { openFront } from '../support/chaos/front.ts';
import { Wire } from '../support/chaos/wire.ts';

async function engine(t: ExecutionContext, name: string): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer((socket) => {
    socket.on('error', () => {}).end(name);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return { server, port: (server.address() as AddressInfo).port };
}

async function whoAnswers(port: number): Promise<string> {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8');
  let said = '';
  for await (const text of socket) said += text;
  return said;
}

test('callers come to the engines in turn, past one that is gone and one that is cut off', async (t) => {
  const all = [await engine(t, 'one'), await engine(t, 'two'), await engine(t, 'three')];
  const wires = all.map(() => new Wire());
  const front = await openFront(all.map(({ port }, index) => ({ port, wire: wires[index] as Wire })));
  t.teardown(() => void front.close());
  t.deepEqual(await Promise.all([0, 1, 2].map(() => whoAnswers(front.port))), ['one', 'two', 'three']);
  all[0]?.server.close();
  wires[1]?.set('refused');
  t.deepEqual(await Promise.all([0, 1, 2].map(() => whoAnswers(front.port))), ['three', 'three', 'three']);
});

test('where nobody takes connections, callers are reset', async (t) => {
  const gone = await engine(t, 'gone');
  gone.server.close();
  const front = await openFront([{ port: gone.port, wire: new Wire() }]);
  t.teardown(() => void front.close());
  const socket = connect(front.port, '127.0.0.1');
  const [error] = await once(socket, 'error');
  t.is((error as { code?: string }).code, 'ECONNRESET');
});
