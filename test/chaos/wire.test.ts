/** The proxy of ours does what the chaos run says it does. */

import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { proxyTo, Wire } from '../support/chaos/wire.ts';
import { until } from '../support/process/until.ts';

interface World {
  readonly wire: Wire;
  readonly call: () => Socket;
  /** What the far side has had so far. */
  readonly heard: () => string;
}

/** A far side that says back what it hears. */
async function world(t: ExecutionContext): Promise<World> {
  let heard = '';
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    socket.on('data', (chunk: Buffer) => {
      heard += chunk.toString();
      socket.write(chunk);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const wire = new Wire();
  const door = await proxyTo(wire, (server.address() as { port: number }).port);
  t.teardown(() => {
    wire.close();
    for (const socket of sockets) socket.destroy();
    server.close();
    void door.close();
  });
  const call = (): Socket => {
    const socket = connect(door.port, '127.0.0.1').on('error', () => {});
    sockets.add(socket);
    return socket;
  };
  return { wire, call, heard: () => heard };
}

async function answered(socket: Socket, text: string): Promise<void> {
  let got = '';
  socket.on('data', (chunk: Buffer) => {
    got += chunk.toString();
  });
  socket.write(text);
  await until(`${text} came back`, () => got.includes(text));
}

test('what is open passes both ways', async (t) => {
  const { call, heard } = await world(t);
  await answered(call(), 'hello');
  t.is(heard(), 'hello');
});

test('what is refused is reset, and new connections too', async (t) => {
  const { wire, call } = await world(t);
  const socket = call();
  await answered(socket, 'hello');
  const closed = new Promise((resolve) => socket.once('close', resolve));
  wire.set('refused');
  await closed;
  const [error] = await once(call(), 'error');
  t.is((error as { code?: string }).code, 'ECONNRESET');
});

test('what is silent passes nothing and tells nobody, and goes on when healed', async (t) => {
  const { wire, call, heard } = await world(t);
  const old = call();
  await answered(old, 'one');
  wire.set('silent');
  old.write('two');
  const young = call();
  await once(young, 'connect');
  young.write('three');
  const other = await world(t);
  await answered(other.call(), 'meanwhile');
  t.is(heard(), 'one');
  wire.heal();
  await until('both arrive', () => heard().includes('two') && heard().includes('three'));
});

test('a delay holds up one direction, in order', async (t) => {
  const { wire, call, heard } = await world(t);
  const socket = call();
  await answered(socket, 'a');
  wire.delay('back', 400);
  const before = performance.now();
  const answer = once(socket, 'data');
  let isBack = false;
  void answer.then(() => {
    isBack = true;
  });
  socket.write('b');
  await until('it is heard', () => heard() === 'ab');
  t.false(isBack, 'the way there is not held up');
  const [first] = await answer;
  t.is(String(first), 'b');
  t.true(performance.now() - before >= 399);
  wire.delay('out', 100);
  socket.write('c');
  await until('it is on its way', () => socket.writableLength === 0);
  wire.heal();
  await answered(socket, 'd');
  t.is(heard(), 'abcd');
});
